# The everyday commands, for `just` (https://just.systems). Each is plain cargo or a script, so just is optional.

# List the commands.
default:
    @just --list

# What a change must pass, cheapest first.
check: fmt-check spelling unused lint docs test

# Everything that CI runs, browser included.
ci:
    CI=true bash .ci/run

# All tests: with nextest where it is installed. It runs many tests at once, so those that measure memory, time or connections follow
# with cargo test, which runs one binary after the other, as do the documentation tests, which nextest does not run.
test:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v cargo-nextest >/dev/null; then
      echo "cargo-nextest is not installed: using cargo test (CONTRIBUTING.md)"
      exec cargo test --workspace
    fi
    measured=(bounds documents memory rehearsals security websocket)
    cargo nextest run --workspace --filterset "not binary(/^($(IFS='|'; echo "${measured[*]}"))$/)"
    cargo test --workspace "${measured[@]/#/--test=}"
    cargo test --workspace --doc

# Spelling, where typos is installed.
spelling:
    @if command -v typos >/dev/null; then typos; else echo "typos is not installed: SPELLING WAS NOT CHECKED (CONTRIBUTING.md)"; fi

# Dependencies that no source uses, where cargo-machete is installed.
unused:
    @if command -v cargo-machete >/dev/null; then cargo machete; else echo "cargo-machete is not installed: UNUSED DEPENDENCIES WERE NOT CHECKED (CONTRIBUTING.md)"; fi

# Make the generated part of the settings reference again.
settings:
    cargo test --workspace --test documents settings_reference_is_current || cp "${CARGO_TARGET_DIR:-target}/tmp/SETTINGS.md" docs/SETTINGS.md

# Make the pictures of the README again (needs chromium and chromedriver).
pictures:
    cargo build --release
    python3 docs/pictures/make.py

# Format the code.
fmt:
    cargo fmt --all

[private]
fmt-check:
    cargo fmt --all --check

# Clippy, warnings are errors; and licences, bans and sources of dependencies.
lint:
    cargo clippy --workspace --all-targets -- -D warnings
    python3 .ci/licences.py

# Build the documentation of every crate, private items left out; warnings are errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The whole job on bundled real prices, then the dashboard.
quickstart *arguments:
    cargo run --release -- quickstart {{ arguments }}

# The API and the dashboard.
serve *arguments:
    cargo run --release -- serve {{ arguments }}

# Time the engine beside PyTorch on the same shapes, in turn, and print the ratios (needs .venv with torch, see CONTRIBUTING.md).
peers *arguments:
    cargo build --release
    .venv/bin/python bench/peers/compare.py {{ arguments }}

# Kill workers and crash the database under a fleet of programs (needs PostgreSQL's programs, and moto's S3 server at CLOSECAST_TEST_S3).
fleet:
    CLOSECAST_TEST_REQUIRE=1 cargo test -p closecast --test fleet -- --test-threads 2

# Throw hostile bytes at every parser for some seconds each (fuzz/README.md).
fuzz *arguments:
    bash .ci/fuzz {{ arguments }}

# Ask the server whatever its OpenAPI document allows and forbids (needs PyPI).
interface:
    bash .ci/interface

# Ask closecast and another service for the same forecasts (needs wrk, .venv with uvicorn, fastapi and torch).
load prices peer *arguments:
    cargo build --release
    python3 bench/load/compare.py --closecast target/release/closecast --peer-python .venv/bin/python --prices {{ prices }} --peer {{ peer }} {{ arguments }}

# Attack a server for a minute in each way of bench/hardening, and measure a polite caller beside it (Linux; root for cgroup and network namespace).
harden *arguments:
    cargo build --release
    python3 bench/hardening/attack.py --closecast target/release/closecast {{ arguments }}

# Keep a server busy with everything at once for half an hour: no error, and memory flat within 5 % (needs .venv with websockets).
soak *arguments:
    cargo build --release
    .venv/bin/python bench/load/soak.py --closecast target/release/closecast {{ arguments }}

# Time the same trainings with one worker and with two of one thread each, and print the ratio.
workers *arguments:
    cargo build --release
    python3 bench/scale/workers.py {{ arguments }}

# Test the engine's NEON kernels without such a processor (needs the Rust target, gcc-aarch64-linux-gnu and qemu-user).
neon:
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
    cargo test --release -p closecast-nn --target aarch64-unknown-linux-gnu

# Time the engine beside its own past (criterion).
bench *arguments:
    cargo bench -p closecast-nn -- {{ arguments }}

# Make the reference values of the tests again (needs .venv, see CONTRIBUTING.md). The bundled sample is made by hand, once.
fixtures:
    #!/usr/bin/env bash
    set -euo pipefail
    python="{{ justfile_directory() }}/.venv/bin/python"
    for script in crates/*/fixtures/*.py; do
      echo "$script"
      (
        cd "$(dirname "$script")"
        script=$(basename "$script")
        # A script says in its first lines, as `python x.py > y`, where its output goes, or writes beside itself.
        target=$(grep --max-count=1 --only-matching --perl-regexp "python $script > \K\S+" "$script" || true)
        if [[ -n "$target" ]]; then
          "$python" "$script" >"$target.new" && mv "$target.new" "$target"
        else
          "$python" "$script"
        fi
      )
    done

# Train the model of all symbols that ships with the program on a folder of daily CSV files, one symbol each; SOURCES says where they come from, with commits.
base data_dir sources *arguments:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    target/release/closecast train --base --data {{ data_dir }} --data-dir "$scratch" \
      --sources {{ quote(sources) }} --artifact-out crates/model/assets/base.safetensors {{ arguments }}
