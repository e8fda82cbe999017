"""Reads notebooks and writes executed ones: compact, and with stable cell ids."""

import json
import os
import re
from pathlib import Path

import nbformat

ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
# What stays of the metadata: all else is times, or how one front end left its windows.
KEPT = ("kernelspec", "language_info", "title", "authors")
KEPT_OF_CELL = ("tags", "name", "slideshow", "format", "raw_mimetype", "editable", "deletable")
KEPT_OF_LANGUAGE = ("name", "file_extension", "mimetype", "pygments_lexer", "codemirror_mode", "version")


def strip_ansi(text):
    """`text` without terminal escapes."""
    return ANSI.sub("", text)


def give_ids(cells):
    """Gives a cell without an id, or with one that an earlier cell has, one from its position."""
    taken, seen = {cell.get("id") for cell in cells}, set()
    for index, cell in enumerate(cells, 1):
        if cell.get("id") is None or cell["id"] in seen:
            name = f"cell-{index}"
            while name in taken:
                name += "-"
            taken.add(name)
            cell["id"] = name
        seen.add(cell["id"])


def read(path):
    """The notebook at `path`; cells without an id get one from their position, so that two runs give the same file."""
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(raw, dict) or "nbformat" not in raw:
        raise ValueError("not a Jupyter notebook (no nbformat in it)")
    if raw["nbformat"] == 4:
        raw["nbformat_minor"] = max(raw.get("nbformat_minor", 0), 5)
        give_ids(raw.get("cells", []))
    return nbformat.reads(json.dumps(raw), as_version=4)


# What moves or colours within a line; other escapes are taken as they are.
MOVES = re.compile(r"\r|\x08|\x1b\[(?P<erase>[0-2]?)K|\x1b\[(?P<color>[0-9;:]*)m|" + ANSI.pattern + r"|[^\x1b\r\x08]|\x1b")


def settle(line):
    """What a terminal shows of a line that was rewritten through carriage returns; colours stay with their characters."""
    if "\r" not in line and "\x08" not in line:
        return line
    cells, at, style, kept = [], 0, "", ""
    for match in MOVES.finditer(line):
        piece = match.group()
        if piece == "\r":
            at = 0
        elif piece == "\x08":
            at = max(at - 1, 0)
        elif match["erase"] is not None:
            erased = {"": range(at, len(cells)), "0": range(at, len(cells)), "1": range(min(at + 1, len(cells)))}
            for index in erased.get(match["erase"], range(len(cells))):
                cells[index] = ("", " ")
        elif match["color"] is not None:
            style = "" if match["color"].strip("0;") == "" else style + piece
        elif piece.startswith("\x1b"):
            kept += piece
        else:
            cells += [("", " ")] * (at + 1 - len(cells))
            cells[at], kept, at = (style, kept + piece), "", at + 1
    while cells and cells[-1] == ("", " ") and line[-1:] != " ":
        cells.pop()
    return painted(cells) + kept


def painted(cells):
    """Characters with their colours, as text."""
    text, style = "", ""
    for wanted, character in cells:
        if wanted != style:
            text += "\x1b[0m" * bool(style) + wanted
            style = wanted
        text += character
    return text + "\x1b[0m" * bool(style)


def collapse(text):
    """Progress lines in their final state only."""
    return "\n".join(settle(line) for line in text.replace("\r\n", "\n").split("\n"))


def compact_outputs(outputs):
    """Merges neighbouring texts of one stream and collapses progress lines; drops what only a live session needs."""
    merged = []
    for output in outputs:
        output.pop("transient", None)
        last = merged[-1] if merged else None
        if last and output["output_type"] == last["output_type"] == "stream" and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            merged.append(output)
    for output in merged:
        if output["output_type"] == "stream":
            output["text"] = collapse(output["text"])
    return merged


def compact(notebook, kernelspec=None):
    """Leaves in the notebook what a reader needs; `kernelspec` (name, display_name, language) replaces the one in it."""
    metadata = notebook["metadata"]
    for key in list(metadata):
        if key not in KEPT:
            del metadata[key]
    keep(metadata.get("language_info", {}), KEPT_OF_LANGUAGE)
    if kernelspec:
        metadata["kernelspec"] = type(notebook)(kernelspec)
    for cell in notebook["cells"]:
        keep(cell["metadata"], KEPT_OF_CELL)
        if cell["cell_type"] == "code":
            cell["outputs"] = compact_outputs(cell["outputs"])
    return notebook


def keep(values, names):
    """Takes from the dictionary all that has another name."""
    for key in set(values) - set(names):
        del values[key]


def as_text(notebook):
    """The notebook as its file holds it."""
    return nbformat.writes(notebook) + "\n"


def write_text(path, text):
    """Writes a file under a temporary name beside `path`, then renames it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            # Renamed before its bytes are on the disk, it could be empty after a loss of power.
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        error.filename = str(path)
        raise


def write(notebook, path):
    """Checks the notebook against the format and writes it."""
    nbformat.validate(notebook)
    write_text(path, as_text(notebook))
