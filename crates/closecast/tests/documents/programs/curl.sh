#!/usr/bin/env bash
# curl that waits for the server, finds it on its free port in place of 8000, and fails on an error status.
set -eu
for _ in $(seq 3000); do
  if [ -s "$STATE/port" ]; then break; fi
  sleep 0.1
done
port=$(cat "$STATE/port")
PATH=${PATH#*:}
exec curl --silent --show-error --fail-with-body --max-time 300 --noproxy '*' "${@//:8000/:$port}"
