#!/bin/bash
# docs.sh DOCUMENT BIN: runs the ```console blocks of a document, in order, in a folder of its own, and compares what the commands print with what the
# document says they do. A line "$ ..." is a command; the lines behind it, up to the next one, are its output, standard error too. The text of a here
# document belongs to its command.
set -u
document=$(realpath "$1")
PATH=$(realpath "$2"):$PATH
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export ASAN_OPTIONS=${ASAN_OPTIONS-}
command='' wanted='' bad=0 count=0 end=''

run() {
  [ -n "$command" ] || return 0
  local said
  count=$((count + 1))
  eval "$command" >"$folder/.said" 2>&1
  said=$(tr -d '\r' <"$folder/.said"; echo .)
  if [ "${said%.}" != "$wanted" ]; then
    printf 'FAILED: %s\n--- the document says\n%s--- it says\n%s' "$command" "$wanted" "${said%.}"
    bad=1
  fi
  command='' wanted=''
}

inside=''
while IFS= read -r line; do
  case $line in
    '```console') inside=1; continue ;;
    '```') [ -z "$inside" ] || run; inside=''; continue ;;
  esac
  [ -n "$inside" ] || continue
  if [ -n "$end" ]; then
    command+=$'\n'$line
    [ "$line" != "$end" ] || end=''
  elif [[ $line == '$ '* ]]; then
    run
    command=${line#\$ }
    [[ $command != *"<<'END'"* ]] || end=END
  else
    wanted+=$line$'\n'
  fi
done <"$document"
run
[ "$count" -gt 0 ] || { echo "there are no commands in $document"; exit 1; }
[ "$bad" = 0 ] && echo "$count commands do what the document says"
exit "$bad"
