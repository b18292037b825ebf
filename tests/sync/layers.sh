#!/bin/bash
# layers.sh: check-layers finds what it has to find: each wrong #include, put into a small tree alone, is told; a right tree is not.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-layers
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bench,examples/tools,include/owntracks/sys} "$tree"/lib/{base,codec,schema,topic,message,store,engine}
plant() { # FILE INCLUDE
  printf '#include %s\n' "$2" >"$tree/$1"
}
plant lib/base/buf.c '"base.h"'
plant lib/base/os_posix.c '<unistd.h>'
plant lib/codec/scan.c '"base/base.h"'
plant lib/message/decode.c '"codec/codec.h"'
plant lib/store/store.c '<owntracks/sys/store_backend.h>'
plant lib/store/store_sqlite.c '<sqlite3.h>'
plant lib/store/store_sqlite_put.c '"store_sqlite.h"'
plant lib/engine/engine.c '"store/store.h"'
plant include/owntracks/message.h '<owntracks/topic.h>'
plant examples/tools/cat.c '<owntracks/store.h>'
"$check" "$tree" || { echo "a right tree is called wrong"; exit 1; }
missed=0
while read -r file include; do
  plant "$file" "$include"
  ! "$check" "$tree" >/dev/null || { echo "not found: $file includes $include"; missed=1; }
  rm "$tree/$file"
done <<'ROWS'
lib/base/x.c "codec/codec.h"
lib/base/x.c <unistd.h>
lib/base/x.c <owntracks/store.h>
lib/codec/x.c "../message/message.h"
lib/schema/x.c "codec/codec.h"
lib/topic/x.c "schema/table.h"
lib/message/x.c "store/store.h"
lib/message/x.c <owntracks/sys/store_backend.h>
lib/message/x.c <jansson.h>
lib/store/store_x.c "base/base.h"
lib/store/store_x.c "store.h"
lib/store/x.c "store_sqlite.h"
lib/engine/x.c <sqlite3.h>
lib/topic/x.c <sys/types.h>
include/owntracks/topic.h <owntracks/store.h>
include/owntracks/policy.h <owntracks/sys/store_backend.h>
include/owntracks/x.h <unistd.h>
include/owntracks/x.h "status.h"
examples/tools/x.c "base/base.h"
ROWS
exit $missed
