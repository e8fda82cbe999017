"""So that pip mends what an earlier one, killed meanwhile, left half installed: removes the note (.dist-info) of each
package of which a file lacks or is cut short, since pip asks for no more than the note, and prints its name.

The virtual environment's own Python runs this, before pip does.
"""

import shutil
import sysconfig
from importlib.metadata import Distribution
from pathlib import Path


def is_whole(note):
    """Whether all that the package says it has is there; the compiled copies of its modules apart."""
    files = Distribution.at(note).files
    return files is not None and all(is_there(file) for file in files if file.suffix != ".pyc")


def is_there(file):
    path = Path(file.locate())
    return path.is_file() and file.size in (None, path.stat().st_size)


def main():
    packages = Path(sysconfig.get_paths()["purelib"])
    for note in sorted(packages.glob("*.dist-info")):
        if not is_whole(note):
            shutil.rmtree(note)
            print(note.name.split("-")[0])
    # What pip had put aside to bring back if it failed.
    for aside in packages.glob("~*"):
        shutil.rmtree(aside, ignore_errors=True)


if __name__ == "__main__":
    main()
