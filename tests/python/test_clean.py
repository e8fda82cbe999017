"""Tests of clean notebooks, and of the comparison of saved outputs with fresh ones."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "kernel" / "python"
sys.path.insert(0, str(SCRIPTS))

import nbformat  # noqa: E402

import clean  # noqa: E402
import compare  # noqa: E402
import notebook_file  # noqa: E402


class Clean(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = Path(scratch.name) / "lesson.ipynb"
        cell = {"cell_type": "code", "id": "same", "execution_count": 7, "source": "go()"}
        cell["metadata"] = {"tags": ["parameters"], "scrolled": True, "execution": {"iopub.status.busy": "now"}}
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("1 %", "\r2 %\n")]
        metadata = {"title": "t", "widgets": {}, "language_info": {"name": "rust", "nbconvert_exporter": "x"}}
        book = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [cell, dict(cell, metadata={})]}
        self.path.write_text(json.dumps(book))

    def clean(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = clean.main([*arguments, str(self.path)])
        return status, out.getvalue(), err.getvalue()

    def test_what_a_reader_needs_stays(self):
        self.assertEqual(self.clean()[0], 0)
        book = notebook_file.read(self.path)
        self.assertEqual(book.metadata, {"title": "t", "language_info": {"name": "rust"}})
        self.assertEqual([cell.metadata for cell in book.cells], [{"tags": ["parameters"]}, {}])
        self.assertEqual([cell.id for cell in book.cells], ["same", "cell-2"])
        self.assertEqual([output.text for output in book.cells[0].outputs], ["2 %\n"])
        self.assertEqual(book.cells[0].execution_count, 7)

    def test_a_second_time_changes_nothing(self):
        self.clean()
        once = self.path.read_bytes()
        self.assertEqual(self.clean("--check")[0], 0)
        self.clean()
        self.assertEqual(self.path.read_bytes(), once)

    def test_check_names_what_would_change_and_changes_nothing(self):
        before = self.path.read_bytes()
        status, out, err = self.clean("--check")
        self.assertEqual((status, self.path.read_bytes()), (1, before))
        for said in ("would change", "the notebook's metadata (widgets)", "its language_info (nbconvert_exporter)"):
            self.assertIn(said, out)
        self.assertIn("cell 1's metadata (execution, scrolled); cell 1's outputs", out)
        self.assertIn("1 of 1 notebooks are not clean", err)

    def test_outputs_go_when_asked(self):
        self.clean("--outputs")
        book = notebook_file.read(self.path)
        self.assertEqual([(cell.outputs, cell.execution_count) for cell in book.cells], [([], None)] * 2)
        self.assertEqual(self.clean("--check", "--outputs")[0], 0)

    def test_what_is_no_notebook_is_left_alone(self):
        self.path.write_text("no json")
        status, _, err = self.clean()
        self.assertEqual((status, self.path.read_text()), (2, "no json"))
        self.assertIn("lesson.ipynb", err)


def cell(*outputs, tags=()):
    made = nbformat.v4.new_code_cell("fit()\nmore", id="a", outputs=list(outputs))
    made.metadata.tags = list(tags)
    return made


def said(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def shown(html, text):
    return nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": text})


def drawing(svg):
    data = compare.base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" alt="losses">'


class Compare(unittest.TestCase):
    def same(self, one, other, tags=()):
        return compare.difference(cell(*one), cell(*other, tags=tags)) == ""

    def test_times_rates_memory_and_places_may_differ(self):
        for one, other in [
            ("Epoch 1/1 - 14.1s - loss: 0.2", "Epoch 1/1 - 2 min 3 s - loss: 0.2"),
            ("Epoch 1/1 - 1.2ms - acc: 1.0000", "Epoch 1/1 - 0.9s - acc: 1.0000"),
            ("sorted at 29.7 images/s", "sorted at 3 images/s"),
            ("peak 571 MB", "peak 0.6 GB"),
            ("in ~/.cache/sevenlines/data/drawn", "in /home/ann/.cache/sevenlines/data/drawn"),
            ("a\nVGG16 looked at 100 images: 29.7 images/s", "a"),
        ]:
            self.assertTrue(self.same([said(one)], [said(other)]), (one, other))

    def test_results_may_not(self):
        for one, other in [
            ("Epoch 1/1 - 14.1s - loss: 0.2862", "Epoch 1/1 - 14.1s - loss: 0.2863"),
            ("Found 300 images", "Found 301 images"),
            ("12932 bytes", "12980 bytes"),
            ("in ~/data/drawn", "in ~/data/photos"),
            ("3 of 4 right", "4 of 4 right"),
        ]:
            self.assertFalse(self.same([said(one)], [said(other)]), (one, other))

    def test_drawings_are_read(self):
        one, other = drawing("<svg><rect width='3'/></svg>"), drawing("<svg><rect width='4'/></svg>")
        self.assertTrue(self.same([shown(one, "t")], [shown(one, "t")]))
        self.assertFalse(self.same([shown(one, "t")], [shown(other, "t")]))
        self.assertTrue(self.same([shown(one, "t")], [shown(other, "t")], tags=["draws-times"]))
        self.assertFalse(self.same([shown(one, "loss 1")], [shown(other, "loss 2")], tags=["draws-times"]))

    def test_of_an_ignored_cell_the_kinds_are_compared(self):
        self.assertTrue(self.same([said("1")], [said("2")], tags=["nbval-ignore-output"]))
        self.assertFalse(self.same([said("1")], [shown("1", "1")], tags=["nbval-ignore-output"]))

    def test_the_cell_and_the_lines_are_named(self):
        old = nbformat.v4.new_notebook(cells=[cell(said("loss: 0.1\nacc: 1"))])
        new = nbformat.v4.new_notebook(cells=[cell(said("loss: 0.2\nacc: 1"))])
        self.assertEqual(compare.differing(old, new), [(1, "fit()", "stdout:\n-loss: 0.1\n+loss: 0.2")])
        gone = nbformat.v4.new_notebook(cells=[cell()])
        self.assertEqual(compare.differing(old, gone), [(1, "fit()", "it had stdout, and now has no output")])


if __name__ == "__main__":
    unittest.main()
