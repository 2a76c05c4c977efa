#!/usr/bin/env bash
# The program under test. Servers and workers go to the background: a server on a free port, which it notes for `curl`.
set -eu

# No such database or bucket exists: a file and a folder stand in.
case "${DATABASE_URL:-}" in *db.example.org*) unset DATABASE_URL CLOSECAST_ARTIFACTS_URL ;; esac

start() {
  local log=$STATE/$1.log
  "$PROGRAM" "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >>"$STATE/pids"
  for _ in $(seq 3000); do
    if grep -q "$ready" "$log"; then
      if [ "$1" != worker ]; then
        sed -n 's|.*http://[^ ]*:\([0-9]*\)/.*|\1|p' "$log" >"$STATE/port.new"
        mv "$STATE/port.new" "$STATE/port"
      fi
      return 0
    fi
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat "$log"
  return 1
}

case "${1:-} $*" in
  "serve "* | "quickstart "*)
    case "$*" in *--no-serve*) exec "$PROGRAM" "$@" ;; esac
    rm -f "$STATE/port"
    ready="Serving on"
    start "$@" --port 0
    ;;
  "worker "*)
    ready="waiting for jobs"
    start "$@"
    ;;
  *) exec "$PROGRAM" "$@" ;;
esac
