"""Makes notebooks fit for git: `sevenlines clean` starts this with the virtual environment's Python.

    clean.py [--check] [--outputs] [--quiet | --json] PATH…

Each PATH is a notebook or a folder of them. Exit status: 0 all are clean now; 1 with --check, some are not; 2 one cannot be used.
"""

import argparse
import copy
import sys
from pathlib import Path

import notebook_file
import notes
import progress
from progress import Progress


def cleaned(notebook, strip):
    """A clean copy; with `strip` without outputs."""
    clean = notebook_file.compact(copy.deepcopy(notebook))
    for cell in clean["cells"]:
        if strip and cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return clean


def changes(raw, old, new):
    """In words, what cleaning changes; `raw` is the file's text."""
    if raw == notebook_file.as_text(new):
        return []
    said = lost(old["metadata"], new["metadata"], "the notebook's metadata")
    said += lost(old["metadata"].get("language_info", {}), new["metadata"].get("language_info", {}), "its language_info")
    for number, (before, after) in enumerate(zip(old["cells"], new["cells"]), 1):
        said += lost(before["metadata"], after["metadata"], f"cell {number}'s metadata")
        if before.get("outputs") != after.get("outputs"):
            said.append(f"cell {number}'s outputs")
        elif before.get("execution_count") != after.get("execution_count"):
            said.append(f"cell {number}'s execution count")
    return said or ["the cells' ids, or how the file is laid out"]


def lost(before, after, where):
    gone = sorted(set(before) - set(after))
    return [f"{where} ({', '.join(gone)})"] if gone else []


def one(path, chosen, said):
    """Cleans one notebook; returns whether it was not clean."""
    raw = path.read_text(encoding="utf-8")
    old = notebook_file.read(path)
    new = cleaned(old, chosen.outputs)
    changed = changes(raw, old, new)
    if changed and not chosen.check:
        notebook_file.write(new, path)
    if changed:
        text = f"{'would change' if chosen.check else 'cleaned'} {path}: {'; '.join(changed)}"
        said.result(text, notebook=str(path), changes=changed, cleaned=not chosen.check)
    return bool(changed)


def options(arguments):
    parser = argparse.ArgumentParser(description="Clean notebooks.", allow_abbrev=False)
    parser.add_argument("paths", type=Path, nargs="+", help="notebooks, or folders of them")
    parser.add_argument("--check", action="store_true", help="change nothing, say what would be")
    parser.add_argument("--outputs", action="store_true", help="also take out all outputs")
    progress.add_modes(parser)
    return parser.parse_args(arguments)


def main(arguments):
    chosen = options(arguments)
    said = Progress(mode=chosen.mode)
    status, unclean, number = 0, 0, 0
    for path in (file for given in chosen.paths for file in (notes.walk(given) if given.is_dir() else [given])):
        number += 1
        try:
            unclean += one(path, chosen, said)
        except (ValueError, OSError) as error:
            said.error(f"error: {path}: {error}")
            status = 2
    if not status and not number:
        said.error(f"error: there is no notebook in {', '.join(map(str, chosen.paths))}")
        return 2
    if chosen.check and unclean:
        said.error(f"error: {unclean} of {number} notebooks are not clean; `sevenlines clean` cleans them")
        return status or 1
    if not status and chosen.mode == progress.TEXT:
        print(f"{number - unclean} of {number} notebooks were clean already", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
