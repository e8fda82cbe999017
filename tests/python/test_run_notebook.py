"""Tests of kernel/python: `.venv/bin/python -m unittest discover -s tests/python` (needs the locked stack alone).

What a kernel does is tried on the Python kernel that JupyterLab brings along; the Rust kernel has its own tests.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "kernel" / "python"
sys.path.insert(0, str(SCRIPTS))

import nbformat  # noqa: E402

import notebook_file  # noqa: E402
import parameters  # noqa: E402
import run_notebook  # noqa: E402


def notebook(*sources, tags=None):
    """A notebook of code cells; `tags` maps a cell's position to its tags."""
    cells = [
        {"cell_type": "code", "metadata": {"tags": (tags or {}).get(i, [])}, "source": s, "outputs": [], "execution_count": None}
        for i, s in enumerate(sources)
    ]
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


class Scratch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def write(self, *sources, **more):
        path = self.folder / "lesson.ipynb"
        path.write_text(json.dumps(notebook(*sources, **more)))
        return path


class Literals(unittest.TestCase):
    def test_json_values_become_rust_literals(self):
        for value, kind, rust in [
            (64, "", "64"),
            (-3, "", "-3"),
            (3_000_000_000, "", "3000000000i64"),
            (3_000_000_000, "usize", "3000000000"),
            (1, "f64", "1.0"),
            (0.5, "", "0.5"),
            (1e-9, "", "1e-09"),
            (True, "", "true"),
            ("a\"b\\c\nd\u200b", "", '"a\\"b\\\\c\\nd\\u{200b}"'),
            ("é", "", '"é"'),
            ("x", "String", 'String::from("x")'),
            ("x", "PathBuf", 'PathBuf::from("x")'),
            ([1, 2], "Vec<f32>", "vec![1.0, 2.0]"),
        ]:
            with self.subTest(value=value, kind=kind):
                self.assertEqual(parameters.rust_literal(value, kind), rust)

    def test_values_without_a_literal_are_refused_by_name(self):
        for value in (None, {"a": 1}, float("nan")):
            with self.assertRaisesRegex(parameters.ParameterError, "parameter lr"):
                parameters.parameter_lines({"lr": value}, {})
        for name in ("let", "2x", "a b", "_", ""):
            with self.assertRaises(parameters.ParameterError):
                parameters.parameter_lines({name: 1}, {})


class Injection(Scratch):
    CELL = "let batch_size: usize = 64; // a batch\nlet mut lr = 0.01_f32;\nlet name = \"x\";"

    def test_the_cell_follows_the_parameters_and_keeps_their_types(self):
        book = notebook_file.read(self.write("// head", self.CELL, "go()", tags={1: ["parameters"]}))
        unknown = parameters.inject(book, {"batch_size": 8, "lr": 1, "other": "a"})
        self.assertEqual(unknown, ["other"])
        self.assertEqual(book.cells[2].metadata.tags, ["injected-parameters"])
        self.assertEqual(
            book.cells[2].source, '// Parameters\nlet batch_size: usize = 8;\nlet mut lr: f32 = 1.0;\nlet other = "a";'
        )
        self.assertEqual(len(book.cells), 4)
        nbformat.validate(book)

    def test_a_second_injection_replaces_the_first(self):
        book = notebook_file.read(self.write(self.CELL, tags={0: ["parameters"]}))
        parameters.inject(book, {"batch_size": 8})
        parameters.inject(book, {"batch_size": 16})
        self.assertEqual([c.source for c in book.cells[1:]], ["// Parameters\nlet batch_size: usize = 16;"])

    def test_without_a_parameters_cell_it_comes_first(self):
        book = notebook_file.read(self.write("go()"))
        parameters.inject(book, {"n": 2})
        self.assertEqual([c.source for c in book.cells], ["// Parameters\nlet n = 2;", "go()"])

    def test_no_values_change_nothing(self):
        book = notebook_file.read(self.write("go()"))
        self.assertEqual(parameters.inject(book, {}), [])
        self.assertEqual(len(book.cells), 1)


class Compact(Scratch):
    def test_progress_lines_keep_their_last_state(self):
        for text, shown in [
            ("a\rb\n", "b\n"),
            ("12345\rab\n", "ab345\n"),
            ("10 %\r\n20 %\r30 %\r", "10 %\n30 %"),
            ("long line\r\x1b[2Kend\n", "end\n"),
            ("long line\r\x1b[Kend\n", "end\n"),
            ("abcdef\rxy\x1b[K\n", "xy\n"),
            ("9 %\x08\x08\x0810 %\n", "10 %\n"),
            ("50 %\r      \rdone\n", "done\n"),
            ("\rstep 1\rstep 2", "step 2"),
            ("plain\n", "plain\n"),
        ]:
            self.assertEqual(notebook_file.collapse(text), shown)

    def test_colours_stay_with_their_characters(self):
        red, green, plain = "\x1b[31m", "\x1b[1;32m", "\x1b[0m"
        for text, shown in [
            (f"{red}50 %{plain}\r{green}100 %{plain}\n", f"{green}100 %{plain}\n"),
            (f"abcdef\r{red}xy{plain}", f"{red}xy{plain}cdef"),
            (f"{red}abcd{plain}\rxy", f"xy{red}cd{plain}"),
            (f"{green}one line{plain}, never rewritten\n", f"{green}one line{plain}, never rewritten\n"),
            (f"1\r{red}a{green}b{plain}c", f"{red}a{plain}{red}{green}b{plain}c"),
            ("x\r\x1b]8;;http://a\x07link", "\x1b]8;;http://a\x07link"),
        ]:
            self.assertEqual(notebook_file.collapse(text), shown)

    def test_a_long_rewritten_line_collapses_fast(self):
        began = time.monotonic()
        text = "".join(f"\r{i} of 20000 files and some more words" for i in range(20_001))
        self.assertEqual(notebook_file.collapse(text), "20000 of 20000 files and some more words")
        self.assertLess(time.monotonic() - began, 30)

    def test_neighbouring_texts_merge_before_they_collapse(self):
        outputs = [stream("stdout", "1 %"), stream("stdout", "\r2 %\n"), stream("stderr", "w"), stream("stdout", "x")]
        self.assertEqual(
            [(o.name, o.text) for o in notebook_file.compact_outputs(outputs)], [("stdout", "2 %\n"), ("stderr", "w"), ("stdout", "x")]
        )

    def test_metadata_is_minimal_and_ids_are_stable(self):
        path = self.write("1", "2")
        book = notebook_file.read(path)
        self.assertEqual([c.id for c in book.cells], ["cell-1", "cell-2"])
        book.metadata.update(papermill={"a": 1}, title="t")
        book.cells[0].metadata.update(execution={"iopub.status.busy": "now"})
        spec = {"name": "sevenlines", "display_name": "Rust (sevenlines)", "language": "rust"}
        notebook_file.compact(book, spec)
        self.assertEqual(book.metadata, {"title": "t", "kernelspec": spec})
        self.assertNotIn("execution", book.cells[0].metadata)
        notebook_file.write(book, path)
        self.assertEqual(notebook_file.read(path), book)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["lesson.ipynb"])


class Run(Scratch):
    """The program as `sevenlines run` starts it."""

    def start(self, *sources, extra=(), **more):
        self.out = self.folder / "out" / "lesson.ipynb"
        command = [sys.executable, SCRIPTS / "run_notebook.py", self.write(*sources, **more), "--out", self.out, "--kernel", "python3"]
        return subprocess.Popen([*command, *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_it(self, *sources, **more):
        process = self.start(*sources, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def test_a_good_notebook(self):
        page = self.folder / "out" / "lesson.html"
        code, out, err = self.run_it("# one\nx = 1", "", "print('a'); print(x + 1)", extra=["--html", page])
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"\[1/2\] # one … \d+\.\d s\n\[2/2\] print\('a'\); print\(x \+ 1\) … \d+\.\d s\n")
        book = nbformat.read(self.out, as_version=4)
        self.assertEqual(book.cells[2].outputs[0].text, "a\n2\n")
        self.assertEqual(book.metadata.kernelspec.name, "python3")
        self.assertIn("lesson", page.read_text())
        self.assertEqual(sorted(p.name for p in self.out.parent.iterdir()), ["lesson.html", "lesson.ipynb"])

    def test_a_failing_cell(self):
        code, out, err = self.run_it("x = 1", "print('before'); 1 / 0", "x = 3")
        self.assertEqual(code, 1)
        self.assertIn("error in cell 2 of 3:\nbefore\n", err)
        self.assertIn("ZeroDivisionError: division by zero", err)
        self.assertNotIn("\x1b", err)
        self.assertNotIn("[3/3]", out)
        self.assertFalse(self.out.exists())
        kept = nbformat.read(run_notebook.failed_path(self.out), as_version=4)
        self.assertEqual(kept.cells[1].outputs[-1].ename, "ZeroDivisionError")
        self.assertIn(str(run_notebook.failed_path(self.out)), err)

    def test_an_expected_error_is_no_failure(self):
        code, out, err = self.run_it("1 / 0", "x = 2", tags={0: ["raises-exception"]})
        self.assertEqual(code, 0, err)
        self.assertIn("[2/2] x = 2", out)

    def test_a_dead_kernel(self):
        code, _, err = self.run_it("import os", "os.kill(os.getpid(), 9)")
        self.assertEqual(code, 1)
        self.assertIn("the kernel was killed by SIGKILL", err)
        self.assertIn("in cell 2 of 2", err)

    def test_a_cell_that_takes_too_long(self):
        code, _, err = self.run_it("import time; time.sleep(60)", extra=["--timeout", "2"])
        self.assertEqual(code, 1)
        self.assertIn("ran longer than 2 s", err)

    def test_ctrl_c_stops_the_cell_and_the_kernel(self):
        began = self.folder / "began"
        process = self.start("import time, os, pathlib\npathlib.Path('began').write_text(str(os.getpid()))\ntime.sleep(60)", "x = 2")
        while not (began.exists() and began.read_text()):
            time.sleep(0.1)
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("stopped in cell 1 of 2", err)
        self.assertNotIn("[2/2]", out)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(began.read_text()), 0)

    def test_what_cannot_be_used(self):
        self.assertEqual(self.run_it("x", extra=["--parameters", "[1]"])[0], 2)
        self.assertEqual(self.run_it("x", extra=["--parameters", '{"a b": 1}'])[0], 2)
        code, _, err = self.run_it("x", extra=["--kernel", "no-such-kernel"])
        self.assertEqual(code, 1)
        self.assertIn("`sevenlines setup` installs it", err)


if __name__ == "__main__":
    unittest.main()
