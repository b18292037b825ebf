#!/bin/sh
# readme.sh PROGRAM README.md: the program of the README prints what the README says that it prints.
said=$(awk '/^```text$/ { on = 1; next } /^```/ { on = 0 } on' "$2")
printed=$("$1") || { echo "exit code $?"; exit 1; }
[ -n "$said" ] && [ "$printed" = "$said" ] || { printf 'README: %s\nprinted: %s\n' "$said" "$printed"; exit 1; }
