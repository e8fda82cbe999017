"""Runs a command where other users can read what this user's own folders would hide from them.

    python3 opened.py PATH ... -- COMMAND ...

A class's server has Rust and sevenlines where everybody can read them; a machine that runs tests may have them in a home
folder that is closed. In a mount namespace of its own (root's, nothing outside of it changes), each closed folder above a PATH
is replaced by an open one in which only those PATHs are.
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def closed_above(path):
    """The topmost folder above `path` that others cannot go through, if any."""
    folders = [*reversed(path.parents)]
    return next((folder for folder in folders if not folder.stat().st_mode & 0o001), None)


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def open_folder(folder, paths):
    held = {path: tempfile.mkdtemp(prefix="opened-") for path in paths}
    for path, place in held.items():
        mount("--bind", path, place)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    for path, place in held.items():
        path.mkdir(parents=True)
        mount("--bind", place, path)
        # Only the mount point: what is mounted at `path` stays.
        subprocess.run(["umount", place], check=True)
        os.rmdir(place)


def main():
    if os.environ.get("SEVENLINES_OPENED") != "1":
        arguments = ["unshare", "--mount", "--propagation", "private", sys.executable, __file__, *sys.argv[1:]]
        os.execvpe("unshare", arguments, os.environ | {"SEVENLINES_OPENED": "1"})
    end = sys.argv.index("--")
    paths = [pathlib.Path(path).resolve() for path in sys.argv[1:end]]
    by_folder = {}
    for path in paths:
        folder = closed_above(path)
        if folder:
            by_folder.setdefault(folder, []).append(path)
    for folder, inside in by_folder.items():
        open_folder(folder, inside)
    command = sys.argv[end + 1:]
    del os.environ["SEVENLINES_OPENED"]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
