#!/bin/bash
# check.sh WHAT BUILD STAGE: one test of the installed library; see CMakeLists.txt.
set -euo pipefail
what=$1 build=$2 stage=$3
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CC=${CC:-cc}
export CMAKE_GENERATOR=Ninja
strict=(-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -O1)

# The installed pkg-config files, wherever the library folder is called lib, lib64 or lib/<triplet>.
libdir() { dirname "$(find "$stage" -name libowntracks.so.0)"; }
export_paths() {
  PKG_CONFIG_PATH=$(libdir)/pkgconfig
  LD_LIBRARY_PATH=$(libdir)
  export PKG_CONFIG_PATH LD_LIBRARY_PATH
}
project() { # SOURCE [OPTIONS...]: configures and builds a project against the stage alone
  local source=$1
  shift
  cmake -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$stage" "$@" >"$work/log" 2>&1 &&
    cmake --build "$work/build" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
needs() { readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p'; }

[ "$what" = stage ] || export_paths
case $what in
  stage)
    rm -rf "$stage" "$stage.first"
    cmake --install "$build" --prefix "$stage.first" >/dev/null
    mv "$stage.first" "$stage"
    ! grep -rl "$stage.first" "$stage/include" "$stage"/lib*/ || { echo "these remember where they were installed"; exit 1; }
    ;;
  find_package | find_package_static)
    [ "$what" = find_package ] && suffix= || suffix=_static
    project "$here/consumer" -DSUFFIX="$suffix"
    "$work/build/consumer" "$work/tracks.db"
    if [ "$suffix" ]; then
      ! needs "$work/build/consumer" | grep owntracks || { echo "not static"; exit 1; }
    else
      needs "$work/build/consumer" | grep -qx libowntracks.so.0
      needs "$work/build/consumer" | grep -qx libowntracks-sqlite.so.0
    fi
    ;;
  pkgconfig)
    # shellcheck disable=SC2046
    $CC "${strict[@]}" "$here/consumer/consumer.c" -o "$work/consumer" $(pkg-config --cflags --libs libowntracks-sqlite libowntracks-mosquitto)
    "$work/consumer" "$work/tracks.db"
    ! needs "$work/consumer" | grep -E 'sqlite3|libmosquitto\.' || { echo "libraries of the backends leak into the consumer"; exit 1; }
    ;;
  pkgconfig_static)
    libs=$(pkg-config --static --libs libowntracks-sqlite libowntracks-mosquitto | sed -E 's/-l(owntracks[a-z-]*)/-l:lib\1.a/g')
    # shellcheck disable=SC2046,SC2086
    $CC "${strict[@]}" "$here/consumer/consumer.c" -o "$work/consumer" $(pkg-config --cflags libowntracks-sqlite libowntracks-mosquitto) $libs
    "$work/consumer" "$work/tracks.db"
    ! needs "$work/consumer" | grep owntracks || { echo "not static"; exit 1; }
    ;;
  core | core_static) # the program of the README, as the README says; it needs libc and the core
    "$top/scripts/doc-code" "$top/README.md" >"$work/hello.c"
    [ "$what" = core ] && libs=$(pkg-config --libs libowntracks) || libs=$(pkg-config --static --libs libowntracks | sed 's/-lowntracks/-l:libowntracks.a/')
    # shellcheck disable=SC2046,SC2086
    $CC "${strict[@]}" "$work/hello.c" -o "$work/hello" $(pkg-config --cflags libowntracks) $libs
    "$work/hello" | grep -q jane
    ! needs "$work/hello" | grep -vE '^(libowntracks\.so\.0|libc\.so\.6|libm\.so\.6)$' || { echo "more than libc is needed"; exit 1; }
    [ "$what" = core ] || ! needs "$work/hello" | grep owntracks || { echo "not static"; exit 1; }
    ;;
  missing_component)
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(x C)' 'find_package(owntracks COMPONENTS core teleport REQUIRED)' >"$work/CMakeLists.txt"
    ! cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$stage" >"$work/log" 2>&1 || { echo "a component that is not there was found"; exit 1; }
    grep -q 'without the component "teleport"' <(tr -s '\n ' ' ' <"$work/log") || { cat "$work/log"; exit 1; }
    sed -i 's/core teleport REQUIRED/core OPTIONAL_COMPONENTS teleport/' "$work/CMakeLists.txt"
    printf '%s\n' 'if(NOT owntracks_FOUND OR owntracks_teleport_FOUND OR NOT TARGET owntracks::core)' 'message(FATAL_ERROR "optional")' 'endif()' >>"$work/CMakeLists.txt"
    cmake -S "$work" -B "$work/build2" -DCMAKE_PREFIX_PATH="$stage" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    ;;
  version)
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(x C)' 'find_package(owntracks 99.0 REQUIRED)' >"$work/CMakeLists.txt"
    ! cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$stage" >"$work/log" 2>&1 || { echo "version 99 was found"; exit 1; }
    grep -q 'compatible with requested version' <(tr -s '\n ' ' ' <"$work/log") || { cat "$work/log"; exit 1; }
    # One version everywhere: header, package, pkg-config, file name, SONAME.
    version=$(pkg-config --modversion libowntracks)
    [ -e "$(libdir)/libowntracks.so.$version" ]
    [ "$(sed -nE 's/^#define OT_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+).*/\2/p' "$stage/include/owntracks/version.h" | paste -sd.)" = "$version" ]
    for library in "$(libdir)"/libowntracks*.so; do
      readelf -d "$library" | grep -q "SONAME.*\[$(basename "$library").0\]" || { echo "$library has another SONAME"; exit 1; }
    done
    # The core needs libc alone.
    ! needs "$(libdir)/libowntracks.so" | grep -vE '^(libc|libm|ld-linux.*)\.so\.[0-9]+$' || { echo "the core needs more than libc"; exit 1; }
    ;;
  store | transport) # backends of this tree, compiled unchanged against the installed headers, used by a program of another project
    case $what in store) stem=store_memory ;; transport) stem=transport_loopback ;; esac
    cp "$top/lib/$what/$stem"*.[ch] "$here/backend/$what.c" "$work"
    # shellcheck disable=SC2046
    (cd "$work" && $CC "${strict[@]}" ./*.c -o program $(pkg-config --cflags --libs libowntracks))
    "$work/program"
    ;;
  examples)
    project "$top/examples"
    find "$work/build" -maxdepth 3 -type f -perm -u+x -name 'ot-*' | grep -q . || { echo "no program was built"; exit 1; }
    for program in $(find "$work/build" -maxdepth 3 -type f -perm -u+x -name 'ot-*'); do
      "$program" --version
    done
    ;;
  *) exit 2 ;;
esac
