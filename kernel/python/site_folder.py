"""The folder of a site: new pages replace the old ones file by file, and what else the user keeps there (a .git, a CNAME) stays.

A list of the files that we made lies in the folder. Nothing that is not in it is ever overwritten or removed.
"""

import json
import os
from pathlib import Path

import notebook_file

LIST = ".sevenlines-notes.json"


def made(site):
    """The files in the folder that an earlier run made, as relative paths."""
    try:
        names = json.loads((site / LIST).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{site / LIST} is damaged ({error}); name another folder with --out") from error
    safe = lambda name: isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts
    return {name for name in names if safe(name)}


def check(site):
    """Refuses a folder that holds something and was not made by us."""
    if site.exists() and not site.is_dir():
        raise ValueError(f"{site} is a file; name a folder with --out")
    if site.is_dir() and any(site.iterdir()) and not (site / LIST).is_file():
        raise ValueError(f"{site} holds files that are not of these notes; name an empty or a new folder with --out")


def publish(draft, site):
    """Moves the draft's files into the site and removes those that an earlier run made and this one did not."""
    new = {path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file()}
    old = made(site)
    for name in sorted(new - old):
        if (site / name).exists():
            raise ValueError(f"{site / name} is there already and was not made by these notes; move it, or name another folder with --out")
    # Until all is in place the list has both, so that a run that is cut off leaves no file that belongs to nobody.
    write_list(site, old | new)
    for name in sorted(new):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / name, site / name)
    for name in sorted(old - new):
        (site / name).unlink(missing_ok=True)
        remove_empty(site, (site / name).parent)
    write_list(site, new)


def write_list(site, names):
    notebook_file.write_text(site / LIST, json.dumps({"files": sorted(names)}, indent=1) + "\n")


def remove_empty(site, folder):
    while folder != site and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
