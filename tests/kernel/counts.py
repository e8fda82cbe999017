"""How often a test of reliability tries something, and what came of it: as
tests/support/counts.rs has it, for the kernel's tests."""
import json
import os
import pathlib
import re

FOLDER = os.environ.get("SEVENLINES_RELIABILITY")


def tries(short, long):
    """`long` if tests/reliability/run.py asks for the counts, else `short`."""
    return long if FOLDER else short


def record(test, what, tried, lost, figures=""):
    """Writes down one line of the table in docs/reliability.md; fails `test` if
    anything was lost."""
    print(f"{what}: tried {tried}, lost {len(lost)}; {figures}", flush=True)
    if FOLDER:
        line = {"what": what, "tried": tried, "survived": tried - len(lost), "lost": len(lost), "figures": figures}
        folder = pathlib.Path(FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (re.sub("[^A-Za-z0-9]", "-", what) + ".json")).write_text(json.dumps(line))
    test.assertEqual(lost, [], f"{what}: {len(lost)} of {tried} lost")
