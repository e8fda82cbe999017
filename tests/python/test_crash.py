"""Executed notebooks and the environment after a kill, and on a full disk: `.venv/bin/python -m unittest discover -s tests/python`."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "kernel" / "python"
sys.path[:0] = [str(SCRIPTS), str(ROOT / "tests" / "kernel")]

import notebook_file  # noqa: E402
from counts import record, tries  # noqa: E402

# Writes two texts in turn, over and over.
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
import notebook_file
print("begin", flush=True)
while True:
    for letter in "ab":
        notebook_file.write_text(sys.argv[2], letter * 2_000_000)
"""


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class Killed(Scratch):
    def test_an_executed_notebook_is_the_old_one_or_the_new_one(self):
        path = self.folder / "out.ipynb"
        notebook_file.write_text(path, "a" * 2_000_000)
        moments, lost, left, kills = random.Random(7), [], 0, tries(5, 50)
        for number in range(kills):
            child = subprocess.Popen([sys.executable, "-c", WRITER, str(SCRIPTS), str(path)], stdout=subprocess.PIPE)
            self.assertEqual(child.stdout.readline(), b"begin\n")
            wait = moments.uniform(0, 0.1)
            time.sleep(wait)
            child.kill()
            child.wait()
            child.stdout.close()
            text = path.read_text()
            if text not in ("a" * 2_000_000, "b" * 2_000_000):
                lost.append(f"kill {number} after {wait:.3f} s: {len(text)} characters")
            left += len(list(self.folder.iterdir())) - 1
            if len(list(self.folder.iterdir())) > 2:
                lost.append(f"kill {number}: {os.listdir(self.folder)} pile up")
        notebook_file.write_text(path, "the next one")
        self.assertEqual([file.name for file in self.folder.iterdir()], ["out.ipynb"])
        record(self, "killed: writing an executed notebook", kills, lost, f"{left} left an unfinished file")

    def test_packages_that_were_installed_by_half_are_found(self):
        venv = self.folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        (packages,) = venv.glob("lib/python*/site-packages")
        for name, text, recorded in [("whole", "x = 1\n", 6), ("cut", "x", 6), ("gone", None, 6), ("unrecorded", "x", None)]:
            note = packages / f"{name}-1.0.dist-info"
            note.mkdir()
            (note / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            if text is not None:
                (packages / f"{name}.py").write_text(text)
            if recorded:
                lines = f"{name}.py,sha256=0,{recorded}\n__pycache__/{name}.pyc,,\n{note.name}/METADATA,,\n{note.name}/RECORD,,\n"
                (note / "RECORD").write_text(lines)
        (packages / "~hole").mkdir()
        script = (SCRIPTS / "half_installed.py").read_text()
        done = subprocess.run([venv / "bin/python", "-I", "-c", script], check=True, capture_output=True, text=True)
        self.assertEqual(done.stdout.split(), ["cut", "gone", "unrecorded"])
        self.assertEqual(sorted(path.name for path in packages.glob("*.dist-info")), ["whole-1.0.dist-info"])
        self.assertFalse((packages / "~hole").exists())


class Full(Scratch):
    def test_a_full_disk_is_told_and_the_earlier_notebook_stays(self):
        flags = next((f for f in ("-m", "-rm") if subprocess.run(["unshare", f, "true"], capture_output=True).returncode == 0), None)
        if flags is None:
            self.skipTest("SKIPPED: this system gives no mount namespace")
        cell = {"cell_type": "code", "metadata": {}, "source": "print('x' * 300_000)", "outputs": [], "execution_count": None}
        source = self.folder / "source.ipynb"
        source.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}))
        small = self.folder / "small"
        small.mkdir()
        script = """
            mount -t tmpfs -o size=64k tmpfs "$1"; printf earlier > "$1/out.ipynb"
            "$2" "$3" "$4" --out "$1/out.ipynb" --html "$1/out.html" --kernel python3; echo "first $?"
            cat "$1/out.ipynb"; ls -A "$1"; mount -o remount,size=8m "$1"
            "$2" "$3" "$4" --out "$1/out.ipynb" --html "$1/out.html" --kernel python3; echo "second $?"; ls -A "$1"
        """
        arguments = ["sh", small, sys.executable, SCRIPTS / "run_notebook.py", source]
        run = subprocess.run(["unshare", flags, "sh", "-c", script, *arguments], capture_output=True, text=True)
        lost = []
        first, _, second = run.stdout.partition("first 1\n")
        if not second.startswith("earlierout.ipynb\n") or "second 0\nout.html\nout.ipynb\n" not in second:
            lost.append(f"{run.stdout}\n{run.stderr}")
        message = f"could not write {small}/out.ipynb: no space is left on the disk that holds it"
        if message not in run.stderr or "Traceback" in run.stderr:
            lost.append(run.stderr)
        record(self, "full disk: writing an executed notebook", 1, lost)


if __name__ == "__main__":
    unittest.main()
