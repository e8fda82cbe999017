#!/usr/bin/env python3
"""Runs the tests of reliability as often as docs/reliability.md says, and prints its
table: what was tried, how often, what survived. With --write the table in the document
is replaced.

    python3 tests/reliability/run.py                      # everything
    python3 tests/reliability/run.py --only kernel        # one part
    python3 tests/reliability/run.py --minutes 1          # of fuzzing, for each target

Needs Rust and Python alone; what else it needs (cargo-fuzz, cargo-deny) it installs
from the Rust registry, with their own lock files.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/reliability.md"
COUNTS = REPOSITORY / "target/reliability"
BEGIN, END = "<!-- counts: run.py writes from here -->", "<!-- to here -->"

# A part's name, what it is about, and its command.
PARTS = {
    "library": "cargo test --release --workspace --test reliability -- --test-threads=1 --nocapture",
    "command": "cargo test --release --workspace --test reliability_commands -- --test-threads=1 --nocapture",
    "kernel": "cargo test --release --workspace --test kernel reliability:: -- --test-threads=1 --nocapture",
    "notebooks": ".venv/bin/python -m unittest tests/python/test_crash.py",
    "supply": "python3 tests/supply/check.py",
    "fuzz": "tests/fuzz/run.sh",
}
FUZZED = ["side_channel", "onnx", "opcodes", "picture", "weights", "head", "pickle", "array"]


def fuzz(target, command, minutes, folder):
    """Fuzzes one target; its counts are libFuzzer's own."""
    arguments = [command, str(int(60 * minutes)), target]
    fuzzing = subprocess.run(arguments, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    numbers = dict(re.findall(r"^stat::(\w+): +(\d+)", fuzzing.stderr, re.MULTILINE))
    tried = int(numbers.get("number_of_executed_units", 0))
    passed = fuzzing.returncode == 0 and tried > 0
    if not passed:
        print(fuzzing.stderr[-4000:], flush=True)
    figures = f"{60 * minutes:.0f} s, peak {numbers.get('peak_rss_mb', '?')} MB"
    line = {"what": f"fuzzing: {target}", "tried": tried, "lost": int(not passed), "figures": figures}
    (folder / f"{target}.json").write_text(json.dumps({**line, "survived": tried - line["lost"]}))
    return passed


def run(part, command, minutes):
    """Runs a part; whether it passed. Its counts lie in a folder of its own."""
    folder = COUNTS / part
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"\n== {part}: {command}", flush=True)
    started = time.monotonic()
    if part == "fuzz":
        passed = all([fuzz(target, command, minutes, folder) for target in FUZZED])
    else:
        environment = {**os.environ, "SEVENLINES_RELIABILITY": str(folder)}
        passed = subprocess.run(command.split(), cwd=REPOSITORY, env=environment).returncode == 0
    print(f"== {part}: {'passed' if passed else 'FAILED'} after {time.monotonic() - started:.0f} s", flush=True)
    return passed


def table():
    """What all parts that have run have counted."""
    lines = ["| what | tried | survived | lost | measured | part |", "|---|---|---|---|---|---|"]
    for part in PARTS:
        counts = [json.loads(file.read_text()) for file in (COUNTS / part).glob("*.json")]
        for line in sorted(counts, key=lambda line: line["what"]):
            cells = [line["what"], f"{line['tried']:,}", f"{line['survived']:,}", line["lost"], line["figures"], part]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def write(counts):
    """Replaces the document's table, by way of a temporary file."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    after = rest.split(END)[1]
    part = DOCUMENT.with_suffix(".part")
    part.write_text(f"{before}{BEGIN}\n\n{counts}\n\n{END}{after}")
    part.replace(DOCUMENT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=5, help="how long to fuzz each target (5)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    options = parser.parse_args()
    failed = [part for part in options.only if not run(part, PARTS[part], options.minutes)]
    counts = table()
    print(f"\n{counts}")
    if options.write and not failed:
        write(counts)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
