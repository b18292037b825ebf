#!/bin/bash
# calls.sh COMPILER: check-calls finds what it has to find, in a library that does all of it.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-calls
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >bad.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
void one(void) { printf("%d\n", getpid()); }
void two(void) { exit(getenv("HOME") ? 1 : 0); }
void *three(void) { return malloc(3); }
void four(int fd) { char c; if (read(fd, &c, 1) < 0) abort(); }
C
echo 'int good(int a) { return a + 1; }' >good.c
"$@" -c bad.c -o bad.c.o
"$@" -c good.c -o good.c.o
ar rc libowntracks.a good.c.o
"$check" "$PWD/libowntracks.a" || { echo "a right library is called wrong"; exit 1; }
ar rc libowntracks.a bad.c.o
said=$("$check" "$PWD/libowntracks.a") && { echo "nothing found"; exit 1; }
for name in exit getenv malloc read abort getpid; do
  grep -q "bad.c calls $name:" <<<"$said" || { echo "not found: $name, in: $said"; exit 1; }
done
grep -qE 'calls (printf|__printf_chk):' <<<"$said" || { echo "not found: printf, in: $said"; exit 1; }
