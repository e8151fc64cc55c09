#!/usr/bin/env bash
# Run a command with a throw-away PostgreSQL, and leave nothing behind.
#
#     scripts/with_postgres.sh [--durable] COMMAND [ARGUMENT...]
#
# The command finds the database in AUSLOBUNG_DATABASE_URL, and in POSTGRES_CONTROL a command that
# takes `restart` and `-m immediate` (benchmarks/durability.py pulls the plug with it). The server
# listens on this machine only, on a free port, and never waits for a disk: it is for tests. With
# --durable it does wait, as in production. PostgreSQL refuses to run as root, so root hands it to
# the user nobody.
set -euo pipefail

python="$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/python"

fail() { echo "with_postgres: $*" >&2; exit 1; }
speed="-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
if [ "${1:-}" = "--durable" ]; then speed=""; shift; fi
[ $# -gt 0 ] || fail "name the command to run."
[ -x "$python" ] || fail "the set-up is missing: make setup"

bin=""
for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(pg_config --bindir 2>/dev/null || true)"; do
  if [ -x "$candidate/initdb" ]; then bin=$candidate; break; fi
done
if [ -z "$bin" ] && found=$(command -v initdb); then bin=$(dirname "$found"); fi
[ -n "$bin" ] || fail "PostgreSQL is missing (Debian and Ubuntu: apt-get install postgresql)."

folder=$(mktemp -d "${TMPDIR:-/tmp}/auslobung-postgres.XXXXXX")
as=()
started=""
child=""
clean_up() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; fi
  if [ -n "$started" ]; then
    (cd "$folder" && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=nobody --regid="$(id -gn nobody)" --clear-groups)
  chmod 755 "$folder"
  install -d -o nobody -g "$(id -gn nobody)" "$folder/data"
  "${as[@]}" test -x "$folder/data" || fail "the user nobody cannot enter $folder; set TMPDIR to a folder open to all."
else
  mkdir "$folder/data"
fi

# PostgreSQL's own commands must start in a folder that the user nobody may enter.
(cd "$folder" && "${as[@]}" "$bin/initdb" -D "$folder/data" -U auslobung --auth=trust -E UTF8 \
  --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1) || { cat "$folder/initdb.log" >&2; fail "initdb failed."; }

for _ in 1 2 3; do
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories="
  options="$options $speed -c max_connections=200"
  if (cd "$folder" && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" -o "$options" start >/dev/null); then
    started=yes
    break
  fi
done
[ -n "$started" ] || { cat "$folder/data/log" >&2; fail "PostgreSQL did not start."; }
"$bin/createdb" -h 127.0.0.1 -p "$port" -U auslobung auslobung

export AUSLOBUNG_DATABASE_URL="postgresql://auslobung@127.0.0.1:$port/auslobung"
export POSTGRES_CONTROL="env -C $folder ${as[*]} $bin/pg_ctl -w -D $folder/data -l $folder/data/log"
# In the background, so that a signal to this script is handled at once and not after the command.
"$@" &
child=$!
code=0
wait "$child" || code=$?
child=""
exit "$code"
