#!/bin/bash
# run.sh: scripts/run does what it says: within two minutes a family of four has positions; TERM ends everything in order; the database is whole, and what the
# simulator's ledger says is in it; nothing of it runs on.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill -TERM "${pid-}" 2>/dev/null || true; rm -rf "$work"' EXIT
OT_RUN_DIR=$work/family setsid scripts/run >"$work/said" 2>&1 &
pid=$!
people() { build/run/bin/ot-cat --store "sqlite:$work/family/tracks.db" --format jsonl last 2>/dev/null | wc -l; }
enough=
for ((n = 0; n < 1200; n++)); do
  kill -0 "$pid" 2>/dev/null || { cat "$work/said"; echo "scripts/run ended by itself"; exit 1; }
  if grep -q '^== Running' "$work/said" && [ "$(people)" -ge 4 ]; then
    enough=yes
    break
  fi
  sleep 0.1
done
[ "$enough" ] || { cat "$work/said" "$work"/family/*.log; echo "no four positions within two minutes"; exit 1; }
kill -TERM "$pid"
wait "$pid" || { cat "$work/said"; echo "scripts/run ended with $?"; exit 1; }
pid=
cat "$work/said"
grep -q 'The database is whole' "$work/said"
build/run/bin/ot-sim check --store "sqlite:$work/family/tracks.db" --ledger "$work"/family/ledger.*
! grep -la -- "${work%?}[${work: -1}]/family" /proc/[0-9]*/cmdline 2>/dev/null || { echo "these run on"; exit 1; }
