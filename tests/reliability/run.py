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
    "library": "cargo test --release -p sevenlines --test reliability -- --test-threads=1 --nocapture",
    "command": "cargo test --release -p sevenlines-kernel --test reliability_commands -- --test-threads=1 --nocapture",
    "kernel": "cargo test --release -p sevenlines-kernel --test kernel reliability -- --nocapture",
    "supply": "python3 tests/supply/check.py",
    "fuzz": "python3 tests/fuzz/run.py",
}


def run(part, command, minutes):
    """Runs a part; whether it passed. Its counts lie in a folder of its own."""
    folder = COUNTS / part
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = {**os.environ, "SEVENLINES_RELIABILITY": str(folder), "SEVENLINES_FUZZ_MINUTES": str(minutes)}
    print(f"\n== {part}: {command}", flush=True)
    started = time.monotonic()
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
