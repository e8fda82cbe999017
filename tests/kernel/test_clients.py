"""Programs that run notebooks and cells on any kernel: nbclient, papermill, Jupyter's own commands, a console, two at once."""
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

import nbclient
import nbformat
from harness import FOLDER, HOME, REPOSITORY, Kernel
from installed import NAME, install
from processes import alive, descendants, soon

SCRIPTS = REPOSITORY / "kernel" / "python"


def notebook(*cells):
    """A notebook of code cells: each its source, or a pair of its source and a tag."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": NAME, "display_name": NAME, "language": "rust"}})
    for cell in cells:
        source, *tags = [cell] if isinstance(cell, str) else cell
        made.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags}))
    return made


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install(cls)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=FOLDER)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, made, name="in.ipynb"):
        nbformat.write(made, self.folder / name)
        return str(self.folder / name)

    def read(self, name="out.ipynb"):
        read = nbformat.read(self.folder / name, as_version=4)
        nbformat.validate(read)
        return read

    def command(self, *arguments, said=None):
        """Runs a program of Python's; all that it said."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, input=said, text=True, timeout=600, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout


class Nbclient(Client):
    def test_what_is_saved_of_each_kind_of_output(self):
        made = notebook(
            'println!("out"); eprintln!("err");',
            "let x = 20;",
            "x + 1",
            """channel::display_as("p", &r#"{"text/plain":"before"}"#.parse()?);""",
            """channel::update("p", &r#"{"text/plain":"after"}"#.parse()?); println!("updated");""",
            'println!("gone"); channel::clear(false); println!("stays");',
            ('"zz".parse::<i32>()?;', "raises-exception"),
            "x",
        )
        nbclient.NotebookClient(made, timeout=600, kernel_name=NAME).execute()
        nbformat.validate(made)
        saved = [[output.output_type for output in cell.outputs] for cell in made.cells]
        self.assertEqual([cell.execution_count for cell in made.cells], list(range(1, 9)))
        streams, silent, value, shown, updating, cleared, failed, last = (cell.outputs for cell in made.cells)
        self.assertEqual({output.name: output.text for output in streams}, {"stdout": "out\n", "stderr": "err\n"}, saved)
        self.assertEqual(silent, [])
        self.assertEqual((value[0].data, value[0].execution_count), ({"text/plain": "21"}, 3))
        # Updated under the cell that showed it, from a later one.
        self.assertEqual([(output.output_type, output.data) for output in shown], [("display_data", {"text/plain": "after"})])
        self.assertEqual([output.text for output in updating], ["updated\n"])
        self.assertEqual([output.text for output in cleared], ["stays\n"])
        self.assertEqual([(output.output_type, output.ename) for output in failed], [("error", "ParseIntError")])
        self.assertTrue(all(isinstance(line, str) for line in failed[0].traceback), failed)
        self.assertEqual(last[0].data, {"text/plain": "20"})

    def test_a_failing_cell_ends_the_run(self):
        made = notebook("1", "let q: i32 = true;", "2")
        with self.assertRaises(nbclient.exceptions.CellExecutionError) as raised:
            nbclient.NotebookClient(made, timeout=600, kernel_name=NAME).execute()
        self.assertIn("expected `i32`, found `bool`", str(raised.exception))
        self.assertEqual([output.output_type for output in made.cells[1].outputs], ["error"])
        self.assertEqual((made.cells[2].outputs, made.cells[2].execution_count), ([], None))


class Papermill(Client):
    PARAMETERS = ("let mut batch_size = 64usize;\nlet rate: f64 = 0.5;\nlet who = \"a\";", "parameters")
    SHOWN = 'batch_size += 1;\nlet total: usize = batch_size;\nprintln!("{total} {} {who}", rate * 2.0);'

    def papermill(self, *arguments):
        status, said = self.command(*arguments, self.write(notebook(self.PARAMETERS, self.SHOWN)), "out.ipynb", "--no-progress-bar")
        self.assertEqual(status, 0, said)
        return self.read()

    def test_without_parameters(self):
        out = self.papermill("-m", "papermill")
        self.assertEqual(out.cells[-1].outputs[0].text, "65 1 a\n")

    def test_with_parameters(self):
        out = self.papermill(SCRIPTS / "papermill_rust.py", "-p", "batch_size", "32", "-p", "rate", "2", "-p", "who", 'say "é"')
        injected = out.cells[1]
        self.assertEqual(injected.metadata.tags, ["injected-parameters"])
        lines = ["// Parameters", "let mut batch_size: usize = 32;", "let rate: f64 = 2.0;", 'let who = "say \\"é\\"";']
        self.assertEqual(injected.source.splitlines(), lines)
        self.assertEqual(out.cells[-1].outputs[0].text, '33 4 say "é"\n')

    def test_the_names_of_the_parameters_are_told(self):
        path = self.write(notebook(self.PARAMETERS))
        status, said = self.command(SCRIPTS / "papermill_rust.py", "--help-notebook", path)
        self.assertIn("batch_size: usize (default 64usize)", said)
        self.assertIn("rate: f64 (default 0.5)", said)


class Commands(Client):
    """What Jupyter itself installs beside its servers."""

    def test_jupyter_run_takes_code_from_its_input(self):
        # It waits 10 s for a cell, which a loaded machine may need for the first one.
        patient = "from jupyter_client import runapp; runapp.OUTPUT_TIMEOUT = 300; runapp.RunApp.launch_instance()"
        status, said = self.command("-c", patient, f"--kernel={NAME}", said='let a = 6;\nprintln!("said {}", a * 7);')
        self.assertEqual(status, 0, said)
        self.assertIn("said 42", said)

    def test_jupyter_execute_and_nbconvert(self):
        path = self.write(notebook("let a = 6;", "a * 7"))
        status, said = self.command("-m", "jupyter", "execute", "--inplace", path)
        self.assertEqual(status, 0, said)
        self.assertEqual(self.read("in.ipynb").cells[1].outputs[0].data, {"text/plain": "42"})
        status, said = self.command("-m", "jupyter", "nbconvert", "--execute", "--to", "html", path, "--output", "out.html")
        self.assertEqual(status, 0, said)
        self.assertIn("42", (self.folder / "out.html").read_text())


class Console(unittest.TestCase):
    """What a terminal client does: lines until they are complete, then a cell; history at the start."""

    def type_in(self, kernel, lines):
        """The cells that come of these lines, each run once the kernel says that it is complete."""
        text, ran = "", []
        for line in lines:
            text += line
            client = kernel.client
            reply = kernel.reply(client.is_complete(text))
            if reply["status"] == "complete":
                ran.append(kernel.run(text, allow_stdin=True))
                text = ""
            else:
                self.assertEqual(reply["status"], "incomplete", text)
                text += "\n" + reply["indent"]
        self.assertEqual(text, "")
        return ran

    def test_a_session_in_a_terminal(self):
        kernel = Kernel()
        self.addCleanup(kernel.close)
        self.assertEqual(kernel.reply(kernel.client.history(hist_access_type="tail", n=1000))["history"], [])
        first, second, third = self.type_in(kernel, ["fn twice(x: i32) -> i32 {", "x * 2", "}", "let a = vec![", "3];", "twice(a[0])"])
        self.assertEqual((first.status, second.status, third.value), ("ok", "ok", "6"))
        code = "twi"
        self.assertIn("twice", "".join(kernel.reply(kernel.client.complete(code, len(code)))["matches"]))
        history = kernel.reply(kernel.client.history(hist_access_type="tail", n=1000))["history"]
        self.assertEqual([code for _, _, code in history][-1], "twice(a[0])")


MEET = """
std::fs::write("{mine}", "")?;
let started = std::time::Instant::now();
while !std::path::Path::new("{theirs}").exists() {{
    if started.elapsed().as_secs() > 240 {{ panic!("the other kernel's cell never ran beside this one"); }}
    std::thread::sleep(std::time::Duration::from_millis(5));
}}
for i in 0..2000 {{ println!("{word} {{i}}"); eprintln!("{word} {{i}}"); }}
let word = "{word}";
"""


class TwoKernels(unittest.TestCase):
    def test_two_kernels_at_once_do_not_meet(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            kernels, cells = {}, {}
            try:
                for word in ("left", "right"):
                    kernels[word] = Kernel(cwd=folder)
                    # On a loaded machine its end takes longer than Jupyter's 5 s, after which it would be killed.
                    kernels[word].manager.shutdown_wait_time = 120
                turns = [
                    threading.Thread(target=self.take, args=(kernels, cells, mine, theirs))
                    for mine, theirs in (("left", "right"), ("right", "left"))
                ]
                for turn in turns:
                    turn.start()
                for turn in turns:
                    turn.join()
                self.assertEqual(set(cells), {"left", "right"})
                for word, (long, value) in cells.items():
                    self.assertEqual(long.status, "ok", long.of("error"))
                    for stream in ("stdout", "stderr"):
                        self.assertEqual(long.text(stream), "".join(f"{word} {i}\n" for i in range(2000)))
                    self.assertEqual(value.value, f'"{word}"', value.outputs)
            finally:
                started = [(kernel, descendants(kernel.pid)) for kernel in kernels.values()]
                for kernel in kernels.values():
                    kernel.close()
            for kernel, processes in started:
                self.assertTrue(processes)
                self.assertTrue(soon(lambda: not any(map(alive, processes))), processes)
                self.assertTrue(soon(lambda: not list((HOME / "kernels").glob(f"{kernel.pid}-*"))))

    @staticmethod
    def take(kernels, cells, mine, theirs):
        long = kernels[mine].run(MEET.format(mine=mine, theirs=theirs, word=mine))
        cells[mine] = (long, kernels[mine].run("word"))
