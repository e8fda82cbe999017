"""Compares a notebook's saved outputs with those of a fresh run, in everything but what differs by nature.

That is: times, rates, amounts of memory, places on the machine, and the lines that only tell how fast pictures were looked at. A cell
whose drawings show times carries the tag `draws-times`, and all but its drawings is compared; of a cell with nbval's tag
`nbval-ignore-output`, only the kinds of the outputs.
"""

import base64
import difflib
import re

import notebook_file

IGNORED, DRAWS_TIMES = "nbval-ignore-output", "draws-times"
NUMBER = r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
# What differs by nature, and what stands for it.
VARYING = [
    (re.compile(rf"\b{NUMBER} ?(?:images|pictures|files|it|[kMG]B|MiB)/s\b"), "<rate>"),
    (re.compile(rf"\b(?:{NUMBER} ?(?:h|min|minutes?|seconds?|ns|µs|us|ms|s) ?)+(?![\w/])"), "<time> "),
    (re.compile(rf"\b{NUMBER} ?(?:[kKMGT]i?B)\b"), "<memory>"),
    (re.compile(r"(?<![\w<./:])(?:~|/[\w.@+-]+)(?:/[\w.@+-]+)*/([\w.@+-]+)"), r"<place>/\1"),
]
# Progress that stays behind: it is shorter, or missing, where features are known from before.
PROGRESS = re.compile(r"^.*\b(?:looked at|Trained on|sorting:) .*<rate>$")
SVG = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
DATA = re.compile(r"data:([\w./+-]+);base64,[A-Za-z0-9+/=]+")


def normal(text):
    """`text` without what differs by nature."""
    text = notebook_file.collapse(notebook_file.strip_ansi(text))
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line and not PROGRESS.match(line))


def normal_html(html, drawings):
    """HTML as lines, one an element, with its drawings written out, or without them."""
    written = lambda found: "\n" + base64.b64decode(found[1]).decode(errors="replace") + "\n"
    drawn = SVG.sub(written if drawings else "", html)
    return normal(re.sub(r"(?<=>)(?=<)", "\n", drawn))


def faces(output, drawings):
    """[(what it is, its normalised content)] of an output; nothing for progress alone."""
    kind = output["output_type"]
    if kind == "stream":
        return [(output["name"], normal(output["text"]))]
    if kind == "error":
        return [("error", normal(f"{output['ename']}: {output['evalue']}"))]
    found = []
    for mime, value in sorted(output["data"].items()):
        text = value if isinstance(value, str) else repr(value)
        if mime == "text/html":
            found.append((mime, normal_html(text, drawings)))
        elif mime.startswith("text/") or mime == "image/svg+xml":
            found.append((mime, normal(text)))
        else:
            found.append((mime, text))
    return [] if [mime for mime, text in found if text] in ([], ["text/plain"]) and not found[0][1] else found


def outputs(cell, drawings):
    """The outputs of a cell as they are compared; neighbouring texts of one stream as one."""
    merged = []
    for face in (face for output in cell["outputs"] for face in faces(output, drawings)):
        if merged and face[0] == merged[-1][0] and face[0] in ("stdout", "stderr"):
            face = (face[0], "\n".join(filter(None, (merged.pop()[1], face[1]))))
        if face[1] or face[0] not in ("stdout", "stderr"):
            merged.append(face)
    return merged


def difference(old, new):
    """In words, how two cells' outputs differ; empty if they do not."""
    tags = new["metadata"].get("tags", [])
    drawings = DRAWS_TIMES not in tags
    before, after = outputs(old, drawings), outputs(new, drawings)
    kinds = [[mime for mime, _ in faces] for faces in (before, after)]
    if IGNORED in tags:
        kinds = [sorted(set(each)) for each in kinds]
        return "" if kinds[0] == kinds[1] else f"it had {listed(kinds[0])}, and now has {listed(kinds[1])}"
    if kinds[0] != kinds[1]:
        return f"it had {listed(kinds[0])}, and now has {listed(kinds[1])}"
    changed = [(mime, one, other) for (mime, one), (_, other) in zip(before, after) if one != other]
    return "\n".join(told(*each) for each in changed)


def listed(kinds):
    return ", ".join(kinds) or "no output"


def told(mime, one, other):
    """The first lines that differ."""
    if not mime.startswith(("text/", "std", "error", "image/svg")):
        return f"{mime}: another picture"
    lines = list(difflib.unified_diff(one.split("\n"), other.split("\n"), n=0, lineterm=""))[2:]
    shown = [shortened(line) for line in lines if not line.startswith("@@")]
    more = f"\n… and {len(shown) - 6} lines more" if len(shown) > 6 else ""
    return f"{mime}:\n" + "\n".join(shown[:6]) + more


def shortened(line):
    line = DATA.sub(r"data:\1 …", line)
    return line if len(line) <= 160 else line[:159] + "…"


def differing(old, new):
    """(number, first line, difference) of each code cell whose outputs are not those of the fresh run."""
    was = {cell["id"]: cell for cell in old["cells"] if cell["cell_type"] == "code"}
    found = []
    for number, cell in enumerate((cell for cell in new["cells"] if cell["cell_type"] == "code"), 1):
        before = was.get(cell["id"])
        text = difference(before, cell) if before else ""
        if text:
            found.append((number, cell["source"].strip().partition("\n")[0], text))
    return found
