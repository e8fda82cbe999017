"""Makes a small static site of executed notebooks: `sevenlines notes` starts this with the virtual environment's Python.

    notes.py PATH… --out SITE [--title TEXT] [--pdf] [--quiet | --json]

Each PATH is a notebook or a folder of them. Exit status: 0 the site is there; 2 something cannot be used, and nothing was changed.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, unquote, urlsplit

import notebook_file
import page
import pdf
import progress
import site_folder
from progress import Progress

INDEX = "index.html"


def collect(paths, site):
    """{name in the site, without its ending: the notebook's path}, in the order given; within a folder by name."""
    found = {}
    for path in paths:
        listed = walk(path, site) if path.is_dir() else [path]
        if not listed:
            raise ValueError(f"there is no notebook in {path}")
        for file in listed:
            name = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
            other = found.setdefault(name, file)
            if other.resolve() != file.resolve():
                raise ValueError(f"{other} and {file} would both become {name}.html; rename one of them")
    if "index" in found:
        raise ValueError(f"{found['index']} would become index.html, which lists the notebooks; rename it")
    return found


def walk(folder, site=None):
    """The notebooks below a folder, without hidden folders and the folder of the site."""
    apart = site.resolve() if site else None
    found = []
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and (Path(at) / name).resolve() != apart]
        found += [Path(at) / name for name in files if name.endswith(".ipynb") and not name.startswith(".")]
    return sorted(found, key=lambda path: natural(path.relative_to(folder)))


def natural(path):
    """Sorts lesson2 before lesson10."""
    return [[int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name)] for name in path.parts]


def read(path):
    try:
        return notebook_file.read(path)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: {error}") from error


def link(name, at, ending=".html"):
    """The address of the site's page `name`, seen from the page `at`."""
    return quote(os.path.relpath(name + ending, Path(at).parent.as_posix()))


def make(paths, title, site, with_pdf):
    """Renders everything into a draft and then puts it into the folder `site`; returns what to tell the author."""
    notebooks = collect(paths, site)
    if with_pdf:
        pdf.find()
    site_folder.check(site)
    contents = {name: page.content(read(file), file.stem, file.resolve().parent) for name, file in notebooks.items()}
    site.parent.mkdir(parents=True, exist_ok=True)
    said = []
    with tempfile.TemporaryDirectory(prefix=".notes-", dir=site.parent) as draft:
        for name in notebooks:
            text, notes = one_page(name, notebooks, contents, title, with_pdf)
            said += [f"{name}.html: {note}" for note in notes]
            notebook_file.write_text(Path(draft) / f"{name}.html", text)
            notebook_file.write_text(Path(draft) / f"{name}.ipynb", notebooks[name].read_text(encoding="utf-8"))
            if with_pdf:
                pdf.print_page(Path(draft) / f"{name}.html", Path(draft) / f"{name}.pdf")
        notebook_file.write_text(Path(draft) / INDEX, index(contents, title))
        site_folder.publish(Path(draft), site)
    return len(notebooks), said


def one_page(name, notebooks, contents, title, with_pdf):
    """A page with the way to its neighbours, and what its author should know about it."""
    names = list(notebooks)
    at = names.index(name)
    neighbour = lambda other: SimpleNamespace(title=contents[other].title, link=link(other, name))
    found = contents[name]
    found.cells, lost = with_links(found.cells, name, notebooks)
    around = SimpleNamespace(
        title=title,
        index=link("index", name),
        before=neighbour(names[at - 1]) if at else None,
        after=neighbour(names[at + 1]) if at + 1 < len(names) else None,
        notebook=link(name, name, ".ipynb"),
        pdf=link(name, name, ".pdf") if with_pdf else None,
    )
    text = page.page(found, around)
    state = [found.state] if found.state else []
    return text, state + found.notes + lost + page.complaints(text)


def with_links(cells, name, notebooks):
    """Links to other notebooks lead to their pages; those to files that are not in the site become their text."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(cells, "html.parser")
    pages = {file.resolve(): other for other, file in notebooks.items()}
    lost = []
    for anchor in soup.find_all("a", href=True):
        target = urlsplit(anchor["href"])
        if target.scheme or target.netloc or not target.path:
            continue
        other = pages.get((notebooks[name].parent / unquote(target.path)).resolve())
        if other is None:
            lost.append(f"the link to {target.path} is only its text, since that file is not in the site")
            anchor.unwrap()
        else:
            anchor["href"] = link(other, name) + (f"#{target.fragment}" if target.fragment else "")
    return str(soup), lost


def index(contents, title):
    entries = [
        SimpleNamespace(link=quote(f"{name}.html"), title=found.title, summary=found.summary, state=found.state, picture=found.picture)
        for name, found in contents.items()
    ]
    return page.framed("index.html.j2", title=title, entries=entries)


def options(arguments):
    parser = argparse.ArgumentParser(description="Make a site of notebooks.", allow_abbrev=False)
    parser.add_argument("paths", type=Path, nargs="+", help="notebooks, or folders of them")
    parser.add_argument("--out", type=Path, required=True, help="the site's folder")
    parser.add_argument("--title", default="Course notes", help="what stands above the list of notebooks")
    parser.add_argument("--pdf", action="store_true", help="also print each page as a PDF")
    progress.add_modes(parser)
    return parser.parse_args(arguments)


def main(arguments):
    chosen = options(arguments)
    said = Progress(mode=chosen.mode)
    try:
        number, remarks = make(chosen.paths, chosen.title, chosen.out, chosen.pdf)
    except (ValueError, OSError) as error:
        said.error(f"error: {error}")
        return 2
    for remark in remarks:
        said.note(remark)
    index = chosen.out / INDEX
    said.result(f"wrote {number} {'page' if number == 1 else 'pages'}, open {index}", pages=number, index=str(index))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
