"""Measures this project's kernel and evcxr_jupyter's own in one run, cell by cell in turn, so that a busy machine is busy for both.

    peer.py [--rounds N] [--cells N] [--alone] [--folder DIR] [--json FILE]

Needs SEVENLINES_BINARY and SEVENLINES_TEST_FOLDER, as the tests do. Prints a table in Markdown; exit status 1 if a cell failed.
"""
import argparse
import datetime
import json
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

from harness import FOLDER, HOME, REPOSITORY
from latency import CELLS, MEMORY, STEPS, Failed, Measured, ours, stock

SAID = """\
"stock" is evcxr_jupyter's own `main`, started without this project's shims and settings (`sevenlines stock-kernel` has them); its
user loads the library by `:dep`, and so does its first cell. Before the clock runs each kernel is started, so that in a round cells
alone are compiled. That favours stock: its user waits for the library to be compiled in every notebook, unless EVCXR_TMPDIR is set.
While the clock runs, stock's Cargo does not ask the registry either. Where the toolchain has no `rust-src`, stock is shown the standard
library's sources that `sevenlines setup` fetched.
"""
# A cold build of the library on a busy machine.
BUILD_SECONDS = 3600


def attempt(side, what, action):
    """The action's result; a failure is noted, and None."""
    try:
        return action()
    except (Failed, RuntimeError, OSError) as error:
        side.fail(what, error)
        return None


def warm(side, folder):
    """Compiles what is not compiled yet, untimed."""
    print(f"warming up {side.name} (it writes to {folder / side.name}.log) …", end=" ", flush=True, file=sys.stderr)
    begun = time.monotonic()
    kernel = Measured(side, folder, BUILD_SECONDS)
    try:
        for name in side.cells():
            # The cell that shows a number asks a variable that `infer` defines.
            attempt(side, f"warming up, {name}", kernel.infer if name == "value" else lambda: kernel.cell(name, 1))
    finally:
        kernel.close()
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def one_round(sides, folder, cells, numbers):
    """All kernels live side by side, and only one is busy at a time."""
    kernels = []
    try:
        for side in sides:
            kernel = attempt(side, "start", lambda: Measured(side, folder))
            if kernel:
                kernels.append(kernel)
                side.note("info", kernel.info)
                side.note("first", kernel.first)
        for kernel in kernels:
            kernel.side.note("inferred", attempt(kernel.side, "inferred", kernel.infer))
        for _ in range(cells):
            number = next(numbers)
            for name in CELLS:
                for kernel in kernels:
                    if kernel.answers and name in kernel.side.cells():
                        kernel.side.note(name, attempt(kernel.side, name, lambda: kernel.cell(name, number)))
        for kernel in filter(lambda kernel: kernel.answers, kernels):
            for what, value in kernel.memory().items():
                kernel.side.note(what, value)
    finally:
        for kernel in kernels:
            kernel.close()


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "count": len(values)}


def machine():
    """What the figures are of."""
    said = lambda *command: subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY).stdout.strip()
    about = pathlib.Path("/proc/cpuinfo").read_text()
    models = re.findall(r"^model name\s*: (.*)$", about, re.MULTILINE)
    lock = (REPOSITORY / "Cargo.lock").read_text()
    version = lambda name: re.search(rf'name = "{name}"\nversion = "(.*?)"', lock)[1]
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "processor": models[0] if models else platform.processor(),
        "cores": len(models),
        "system": f"{platform.system()} {platform.machine()}",
        "rustc": said("rustc", "--version"),
        "evcxr": version("evcxr"),
        "evcxr_jupyter": version("evcxr_jupyter"),
        "sevenlines": said("git", "describe", "--always", "--dirty"),
    }


def row(what, sides, name, scale, digits):
    found = [summary(side.taken[name]) if side.taken.get(name) else None for side in sides]
    texts = []
    for each in found:
        number = lambda key: f"{each[key] / scale:.{digits}f}"
        texts.append(f"{number('median')} ({number('min')} to {number('max')})" if each else "-")
    first, *others = found
    ratios = [f"{other['median'] / first['median']:.1f}" if first and other else "-" for other in others]
    return "| " + " | ".join([what, *texts, *ratios]) + " |"


def table(sides):
    names = [side.name for side in sides]
    head = ["median (least to most)", *names, *(f"{name} / {names[0]}" for name in names[1:])]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += [row(f"s, {what}", sides, name, 1, 2) for name, what in STEPS.items()]
    lines += [row(f"s, {kind.what}", sides, name, 1, 3) for name, kind in CELLS.items()]
    lines += [row(f"MB, {what}", sides, name, 1e6, 0) for name, what in MEMORY.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="starts of each kernel")
    parser.add_argument("--cells", type=int, default=20, help="cells of each kind in a round")
    parser.add_argument("--alone", action="store_true", help="also the stock kernel without any library")
    parser.add_argument("--folder", type=pathlib.Path, default=HOME / "peer", help="where stock builds; not below a cargo workspace")
    parser.add_argument("--json", type=pathlib.Path, help="also write all figures here")
    options = parser.parse_args()
    sides = [ours(), stock(options.folder), *([stock(options.folder, library=False)] if options.alone else [])]
    for side in sides:
        warm(side, FOLDER)
        if side.env:
            # Another answer of the registry would have the library compiled anew in a round.
            side.env["CARGO_NET_OFFLINE"] = "true"
            warm(side, FOLDER)
    numbers = iter(range(10, 10**9))
    for number in range(options.rounds):
        # Each in turn goes first.
        order = sides if number % 2 == 0 else sides[::-1]
        one_round(order, FOLDER, options.cells, numbers)
        print(f"round {number + 1} of {options.rounds} is done", file=sys.stderr, flush=True)
    about = machine()
    print("; ".join(f"{name} {value}" for name, value in about.items()) + f"; {options.rounds} rounds of {options.cells} cells of a kind\n")
    print(SAID + "\n" + table(sides))
    failures = [{"kernel": side.name, **failure} for side in sides for failure in side.failures]
    for failure in failures:
        print(f"\nFAILED: {failure['kernel']}, {failure['what']}: {failure['why']}")
    if options.json:
        results = {side.name: {what: {**summary(values), "values": values} for what, values in side.taken.items()} for side in sides}
        written = {"about": about, "rounds": options.rounds, "cells": options.cells, "results": results, "failures": failures}
        options.json.write_text(json.dumps(written, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
