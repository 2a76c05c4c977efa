#!/usr/bin/env bash
# `cargo run --release --` runs the program under test, which is built already.
set -eu
if [ "${1:-} ${2:-} ${3:-}" = "run --release --" ]; then
  shift 3
  exec closecast "$@"
fi
echo "cargo $*: only \`cargo run --release --\` runs here; put a comment <!-- not run: REASON --> before the block"
exit 2
