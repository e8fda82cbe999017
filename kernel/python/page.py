"""A notebook as one HTML page that asks the network for nothing: nbconvert makes the cells, the templates beside this file the rest.

The page's own policy forbids its reader's browser to load anything or to run a script other than ours, whatever a notebook holds.
"""

import base64
import hashlib
import logging
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

import elements

TEMPLATES = Path(__file__).resolve().parent / "templates"
# A page above this is slow to open and to mail.
LARGEST = 2_000_000
# Pygments' styles that keep a contrast of at least 4.5 to 1 on the grounds of notes.css.
LIGHT_CODE, DARK_CODE = "xcode", "github-dark"
# Attributes and rules by which a page asks for another file; a link that one clicks is none.
REQUESTS = re.compile(
    r"<(?!a\b)[a-z][^<>]*?\b(?:src|href|data|poster)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|url\(\s*[\"']?((?:https?:)?//[^\"')]+)"
    r"|@import\s+[\"']((?:https?:)?//[^\"']+)"
    r"|\bimport\(\s*[\"'](https?://[^\"']+)",
    re.IGNORECASE,
)


@dataclass
class Heading:
    level: int
    id: str
    text: str


@dataclass
class Content:
    """What a notebook has to say, before it is put into a frame."""

    cells: str
    title: str
    summary: str
    state: str
    headings: list = field(default_factory=list)
    picture: dict | None = None
    notes: list = field(default_factory=list)


def runs(cell):
    """Whether executing the notebook sends this cell to the kernel."""
    skipped = "skip-execution" in cell["metadata"].get("tags", [])
    return cell["cell_type"] == "code" and bool(cell["source"].strip()) and not skipped


def state(notebook):
    """What a reader must know of how the notebook was executed; empty if all of it was, in order, without a failure."""
    cells = [cell for cell in notebook["cells"] if runs(cell)]
    counts = [cell.get("execution_count") for cell in cells]
    for number, cell in enumerate(cells, 1):
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        if errors and "raises-exception" not in cell["metadata"].get("tags", []):
            return f"code cell {number} of {len(cells)} failed ({errors[0]['ename']}) when this notebook was executed."
    missing = counts.count(None)
    if missing == len(cells) and cells:
        return "this notebook has not been executed, so it shows no results."
    if missing:
        return f"{missing} of the {len(cells)} code cells have not been executed."
    if counts != sorted(counts):
        return "the cells were not executed from top to bottom, so running them in order may give something else."
    return ""


def cells(notebook, name, folder):
    """The cells as HTML; pictures that the prose names are looked for in `folder` and put in."""
    from jinja2 import FileSystemLoader

    from formulas import Exporter

    exporter = Exporter(extra_loaders=[FileSystemLoader(TEMPLATES)], template_file="cells.html.j2", anchor_link_text="#")
    exporter.embed_images = True
    # It would warn of pictures without alternative text, which get one in `elements`.
    exporter.log = logging.getLogger("sevenlines.nbconvert")
    exporter.log.setLevel(logging.ERROR)
    body, _ = exporter.from_notebook_node(colourable(notebook), resources={"metadata": {"name": name, "path": str(folder)}})
    return body


def colourable(notebook):
    """The notebook with the language of its code in it, which one that was never executed may lack."""
    language = notebook["metadata"].get("kernelspec", {}).get("language", "rust")
    if notebook["metadata"].get("language_info"):
        return notebook
    known = type(notebook)({**notebook["metadata"], "language_info": {"name": language}})
    return type(notebook)({**notebook, "metadata": known})


def content(notebook, name, folder):
    """Reads the notebook once and takes from it all that a page, or the index of a site, shows."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(cells(notebook, name, folder), "html.parser")
    notes = elements.complete(soup)
    headings = [Heading(*heading) for heading in elements.headings(soup)]
    title = headings[0].text if headings else name
    summary = elements.summary(soup)
    return Content(str(soup).strip(), title, summary, state(notebook), headings[1:], elements.first_picture(soup), notes)


@cache
def style():
    """The style sheet, with Pygments' colours for both grounds."""
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name, nobackground=True).get_style_defs(".highlight") for name in (LIGHT_CODE, DARK_CODE))
    ansi = "\n".join(ansi_rules())
    rules = f"{(TEMPLATES / 'notes.css').read_text(encoding='utf-8')}\n{light}\n{ansi}"
    return f"{rules}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def ansi_rules():
    """nbconvert's names of a terminal's colours, in the palette of notes.css."""
    for color in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"):
        yield f".ansi-{color}-fg, .ansi-{color}-intense-fg {{ color: var(--{color}); }}"
        yield f".ansi-{color}-bg, .ansi-{color}-intense-bg {{ background: var(--{color}); color: var(--ground); }}"
    yield ".ansi-bold { font-weight: 700; } .ansi-underline { text-decoration: underline; }"
    yield ".ansi-default-inverse-fg { color: var(--ground); } .ansi-default-inverse-bg { background: var(--ink); }"


@cache
def script():
    return (TEMPLATES / "notes.js").read_text(encoding="utf-8")


@cache
def policy():
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def framed(template, **values):
    """A whole page out of one of the templates."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    environment.filters["urlencode"] = quote
    return environment.get_template(template).render(policy=policy(), style=style(), script=script(), **values)


def page(found, site=None):
    """The page of a notebook's content; `site` has its neighbours and the index, if it is one of several."""
    values = {"title": found.title, "summary": found.summary, "headings": found.headings, "state": found.state, "cells": found.cells}
    return framed("page.html.j2", site=site, **values)


def render(notebook, name, folder):
    """The notebook as a page that stands alone, and what its author should know about that."""
    found = content(notebook, name, folder)
    text = page(found)
    return text, found.notes + complaints(text)


def complaints(text):
    """What is wrong with a page as a whole."""
    said = [f"{address} is not loaded when the page is opened" for address in requests(text)]
    size = len(text.encode())
    if size > LARGEST:
        said.append(f"the page has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f} MB; show fewer or smaller pictures, or divide it")
    return said


def requests(text):
    """The addresses that a browser would ask the network for when it opens the page, if the page let it."""
    return sorted({next(filter(None, found)) for found in REQUESTS.findall(text)})
