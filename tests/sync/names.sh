#!/bin/bash
# names.sh: check-names finds the name of a field in code, and not where it is no name of a field.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/lib/{schema,message} "$tree"/tests/sync
cp "$top"/lib/schema/*.def "$tree"/lib/schema
echo 'lib/message tid    something else' >"$tree/tests/sync/names.txt"
cat >"$tree/lib/message/x.c" <<'C'
/* velocity is vel */
const char *a = "about lat and lon", *b = "tid", *c = "latitude";
ot_error_set(error, OT_EINVAL, "lat", 0, "wrong");
C
"$top/scripts/check-names" "$tree" || { echo "right code is called wrong"; exit 1; }
for word in lat _type_ batt inregions vacc; do
  echo "const char *d = \"x\", *e = \"$word\";" >"$tree/lib/message/y.c"
  found=0
  "$top/scripts/check-names" "$tree" >/dev/null || found=1
  [ "$found" = "$([ "$word" = _type_ ] && echo 0 || echo 1)" ] || { echo "wrong about \"$word\""; exit 1; }
done
