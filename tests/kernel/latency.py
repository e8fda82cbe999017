"""How long a kernel takes: for its start, its first values, and cells of several kinds; for this project's kernel and its peer alike."""
import json
import os
import pathlib
import queue
import sys
import time

import processes
from harness import BINARY, HOME, REPOSITORY, Kernel
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

DEP = f"""\
:dep sevenlines = {{ path = "{REPOSITORY / "lib"}", default-features = false }}
use sevenlines::prelude::*;"""
SECONDS = 300


def shows(*words):
    return lambda cell: all(word in json.dumps(cell.shown) for word in words)


class Kind:
    """A kind of cell: its code, different for each number so that no cache answers, and what it must show."""

    def __init__(self, what, code, is_right, library=False):
        self.what, self.code, self.is_right, self.library = what, code, is_right, library


CELLS = {
    "let": Kind("`let x = 1;`", lambda n: f"let x{n % 5} = {n};", lambda cell: cell.outputs == []),
    "print": Kind('`println!("hi");`', lambda n: f'println!("hi {n}");', lambda cell: cell.text().startswith("hi ")),
    "value": Kind("`x + 1`, shown", lambda n: f"first.len() + {n}", lambda cell: str(cell.value).isdigit()),
    "debug": Kind("`vec![1, 2]`, shown", lambda n: f"vec![{n}, 2]", lambda cell: str(cell.value).endswith(", 2]")),
    "library": Kind(
        "`Tensor::zeros(…)?;`", lambda n: f"Tensor::zeros((2, {n}), DType::F32, &Device::Cpu)?;", lambda cell: cell.outputs == [], True
    ),
    "plot": Kind(
        "a bar chart, shown",
        lambda n: f'bar_chart(&["cats", "dogs"].map(String::from), &[{n}.0, 5.0], "how many")?',
        shows("<img", "image/svg"),
        True,
    ),
}
STEPS = {
    "info": "kernel_info answered, after the process starts",
    "first": "`1` shown, after the process starts, the library loaded",
    "inferred": "the first inferred `let`: `let first = vec![1, 2, 3];`",
}
MEMORY = {"rss": "at rest, resident", "pss": "at rest, shared pages divided", "peak": "at most, resident, with compilers"}


class Failed(Exception):
    """A kernel did not do what is measured."""


class Side:
    """One of the kernels that are compared: how it starts, and what it took."""

    def __init__(self, name, argv, env=None, before=None, library=True):
        self.name, self.argv, self.env, self.before, self.library = name, argv, env, before, library
        self.taken, self.failures = {}, []

    def note(self, what, value):
        if value is not None:
            self.taken.setdefault(what, []).append(value)

    def fail(self, what, why):
        self.failures.append({"what": what, "why": str(why)})
        print(f"FAILED: {self.name}, {what}: {why}", file=sys.stderr, flush=True)

    def cells(self):
        return {name: kind for name, kind in CELLS.items() if self.library or not kind.library}


def ours():
    return Side("sevenlines", [BINARY, "kernel", "--control_file", "{connection_file}"])


def stock(folder, library=True):
    """evcxr_jupyter's own `main`, in its user's plain environment. It builds in `folder`, which is kept."""
    built = pathlib.Path(folder, "stock" if library else "alone")
    built.mkdir(parents=True, exist_ok=True)
    program = str(pathlib.Path(BINARY).with_name("sevenlines-stock"))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SEVENLINES_", "EVCXR_"))}
    env["EVCXR_TMPDIR"] = str(built)
    sources = HOME / "rust-src" / "library"
    if "RUST_SRC_PATH" not in env and sources.is_dir():
        env["RUST_SRC_PATH"] = str(sources)
    argv = [program, "--control_file", "{connection_file}"]
    return Side("stock", argv, env, DEP) if library else Side("stock alone", argv, env, library=False)


class Manager(KernelManager):
    """Starts a whole command line."""

    argv = ()

    @property
    def kernel_spec(self):
        return KernelSpec(argv=list(self.argv), display_name="measured", language="rust", interrupt_mode="message")


class Measured(Kernel):
    """A kernel that is timed from the start of its process: `info` and `first` are the seconds of `STEPS`."""

    def __init__(self, side, folder, timeout=SECONDS):
        begun = time.monotonic()
        self.side, self.answers = side, True
        self.manager = Manager()
        self.manager.argv = side.argv
        self.manager.shutdown_wait_time = 60
        with open(pathlib.Path(folder, f"{side.name}.log"), "ab") as log:
            self.manager.start_kernel(env=side.env or dict(os.environ), cwd=str(folder), stdout=log, stderr=log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.pid = self.manager.provisioner.pid
        try:
            self.reply(self.client.kernel_info(), timeout=SECONDS)
            self.info = time.monotonic() - begun
            self.hear()
            if side.before:
                self.checked(side.before, lambda cell: True, timeout)
            self.checked("1", lambda cell: cell.value == "1", timeout)
            self.first = time.monotonic() - begun
        except BaseException:
            self.close()
            raise
        self.peak = processes.Peak(self.pid)

    def hear(self):
        """Asks until the kernel's broadcasts arrive: a subscription takes a moment."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self.client.kernel_info()
            try:
                self.client.get_iopub_msg(timeout=0.05)
                return
            except queue.Empty:
                continue
        raise Failed("no broadcast of the kernel arrives")

    def checked(self, code, is_right, timeout=SECONDS):
        """The cell's seconds; it must do what it is there for."""
        try:
            cell = self.run(code, timeout=timeout)
        except queue.Empty:
            self.answers = False
            raise Failed(f"no answer to {code!r} in {timeout} s") from None
        if cell.status != "ok" or not is_right(cell):
            raise Failed(f"{code!r} answered {cell.status}: {str(cell.outputs)[:500]}")
        return cell.seconds

    def infer(self):
        return self.checked("let first = vec![1, 2, 3];", lambda cell: cell.outputs == [])

    def cell(self, name, number):
        return self.checked(CELLS[name].code(number), CELLS[name].is_right)

    def memory(self):
        """Bytes, as `MEMORY` names them; ends the watching."""
        return {"rss": processes.resident(self.pid), "pss": processes.proportional(self.pid), "peak": self.peak.end()}
