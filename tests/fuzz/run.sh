#!/usr/bin/env bash
# Fuzzes each target (or those named) for so many seconds:
#   tests/fuzz/run.sh 300 picture side_channel
# It begins with the committed seeds and with what was found before, keeps what it learns in
# target/fuzz, and fails at the first finding, whose file it names.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml | grep -v sevenlines)

command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
# Instrumentation is a nightly matter; this allows it to the compiler that is here.
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/fuzz}
# Each input becomes a file; in memory where that can be.
[ -d /dev/shm ] && export TMPDIR=/dev/shm

for target in "${targets[@]}"; do
    corpus=$CARGO_TARGET_DIR/corpus/$target
    artifacts=$CARGO_TARGET_DIR/artifacts/$target
    mkdir -p "$corpus" "$artifacts"
    # Those that go through the library need all of it compiled.
    features=(--no-default-features)
    grep -q 'sevenlines::fuzzing' "targets/$target.rs" && features=()
    also=()
    [ -d "../reliability/found/$target" ] && also=("$PWD/../reliability/found/$target")
    cargo fuzz run --fuzz-dir . --sanitizer none "${features[@]}" "$target" "$corpus" "$PWD/seeds/$target" "${also[@]}" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=40000 \
        -print_final_stats=1 -artifact_prefix="$artifacts/"
done
