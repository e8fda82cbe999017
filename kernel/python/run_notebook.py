"""Executes a notebook on a kernel and says how it goes: `sevenlines run` starts this with the virtual environment's Python.

    run_notebook.py NOTEBOOK --out FILE [--html FILE] [--pdf FILE] [--check] [--kernel NAME] [--cwd DIR] [--parameters JSON]
        [--timeout SECONDS] [--times DIR] [--quiet | --json]

Exit status: 0 every cell ran; 1 a cell failed or the kernel did (what ran is kept beside --out, as NAME.failed.ipynb), or with
--check a cell's outputs are not those in NOTEBOOK; 2 the notebook or a parameter cannot be used; 130 stopped by Ctrl-C, 143 by
SIGTERM.
"""

import argparse
import asyncio
import copy
import errno
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import compare
import notebook_file
import page
import parameters
import pdf
import progress
from cell_times import CellTimes
from progress import Progress, is_painted

# Enough for a first start that prepares the kernel's folder on a slow machine.
STARTUP_SECONDS = 900
# How long an interrupted cell may take to stop before the kernel is shut down under it.
GRACE_SECONDS = 15
# A terminal sends Ctrl-C to this process and to `sevenlines run`, which hands it on: one press, two signals.
SAME_PRESS_SECONDS = 0.3


class Runner:
    """Runs one notebook on one kernel of its own."""

    def __init__(self, notebook, kernel, cwd, timeout, progress):
        self.client = NotebookClient(
            notebook,
            kernel_name=kernel,
            timeout=timeout,
            startup_timeout=STARTUP_SECONDS,
            record_timing=False,
            resources={"metadata": {"path": str(cwd)}},
            on_cell_execute=self.cell_execute,
            on_cell_executed=self.cell_executed,
        )
        self.notebook, self.cwd = notebook, cwd
        self.progress = progress
        self.running, self.stopped, self.stopped_at, self.task = None, None, 0.0, None

    def cell_execute(self, cell, cell_index):
        self.running = cell
        self.progress.start_cell(cell.source)

    def cell_executed(self, cell, cell_index, execute_reply):
        failed = execute_reply["content"]["status"] == "error"
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        self.progress.end(*("",) if not failed else ("an error, as its tag allows, after ",) if allowed else ("failed after ", "failed"))
        self.running = None

    async def run(self):
        """Starts the kernel, runs every cell, shuts the kernel down; raises what went wrong."""
        self.task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.stop, number)
        client = self.client
        client.reset_execution_trackers()
        client.km = client.create_kernel_manager()
        # Interrupts are ours to send; the kernel lives in a session of its own, where a terminal's Ctrl-C does not reach it.
        try:
            self.progress.start(f"starting {client.km.kernel_spec.display_name}")
            await client.km.start_kernel(cwd=str(self.cwd))
            await client.async_start_new_kernel_client()
            info = await client.async_wait_for_reply(client.kc.kernel_info())
            self.notebook.metadata["language_info"] = info["content"]["language_info"]
            self.progress.end()
            for index, cell in enumerate(self.notebook.cells):
                await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
                if self.stopped:
                    return
        except DeadKernelError as error:
            raise DeadKernelError(await self.obituary()) from error
        finally:
            await self.shut_down()

    def stop(self, number):
        """First signal: interrupt the cell, or give up where none runs. Second: give up at once."""
        if self.stopped and time.monotonic() - self.stopped_at < SAME_PRESS_SECONDS:
            return
        again, self.stopped, self.stopped_at = self.stopped, number, time.monotonic()
        if again or self.running is None:
            self.task.cancel()
            return
        loop = asyncio.get_running_loop()
        self.interrupting = loop.create_task(self.client.km.interrupt_kernel())
        loop.call_later(GRACE_SECONDS, self.task.cancel)

    async def obituary(self):
        """How the kernel ended, in words."""
        provisioner = self.client.km.provisioner if self.client.km else None
        code = await provisioner.poll() if provisioner else None
        if code is None:
            return "the kernel is gone"
        if code < 0:
            hint = " (the system may have run out of memory)" if code == -signal.SIGKILL else ""
            return f"the kernel was killed by {signal.Signals(-code).name}{hint}"
        return f"the kernel ended by itself with exit status {code}"

    async def shut_down(self):
        client = self.client
        if client.kc is not None:
            client.kc.stop_channels()
        if client.km is not None and client.km.has_kernel:
            await client.km.shutdown_kernel(now=client.kc is None or self.stopped)
        if client.km is not None:
            await client.km.cleanup_resources()


def will_run(cell):
    """Whether executing the notebook sends this cell to the kernel."""
    skipped = "skip-execution" in cell.metadata.get("tags", [])
    return cell.cell_type == "code" and bool(cell.source.strip()) and not skipped


def cell_error(cell, painted):
    """The failed cell's error as text: what it printed last, then the traceback with the error's name and value."""
    lines = []
    for output in cell.outputs if cell else []:
        if output.output_type == "stream":
            lines += notebook_file.collapse(output.text).rstrip("\n").split("\n")[-10:]
    for output in cell.outputs if cell else []:
        if output.output_type == "error":
            traceback = "\n".join(output.traceback)
            plain = notebook_file.strip_ansi(traceback)
            if output.evalue and output.evalue not in plain:
                lines.append(f"{output.ename}: {output.evalue}")
            elif output.ename not in plain:
                lines.append(f"{output.ename}:")
            lines += [traceback] if plain.strip() else []
    text = "\n".join(lines)
    return text if painted else notebook_file.strip_ansi(text)


def failed_path(out):
    """Where the part that ran goes: never over an earlier good result."""
    return out.with_name(out.stem + ".failed.ipynb")


def execute(runner):
    """Runs to the end or the first failure; returns the exit status and what to tell of a failure."""
    progress = runner.progress
    try:
        asyncio.run(runner.run())
    except CellExecutionError as error:
        failed = [c for c in runner.notebook.cells if c.cell_type == "code" and any(o.output_type == "error" for o in c.outputs)]
        text = cell_error(failed[-1] if failed else None, is_painted(sys.stderr)) or f"{error.ename}: {error.evalue}"
        status, message = 1, f"error in cell {progress.number} of {progress.total}:\n{text}"
    except CellTimeoutError:
        progress.end("timed out after ", "failed")
        status, message = 1, f"error: cell {progress.number} of {progress.total} ran longer than {runner.client.timeout} s"
    except (DeadKernelError, RuntimeError, asyncio.CancelledError, OSError) as error:
        progress.end("ended after ", "failed")
        where = f"in cell {progress.number} of {progress.total}" if progress.number else "while it started"
        what = explain(error) if isinstance(error, OSError) else error
        status, message = 1, f"error: {what} {where}"
    else:
        status, message = 0, ""
    if runner.stopped:
        return 128 + runner.stopped, f"stopped in cell {progress.number} of {progress.total}" if progress.number else "stopped"
    return status, message


def options(arguments):
    parser = argparse.ArgumentParser(description="Execute a notebook.", allow_abbrev=False)
    parser.add_argument("notebook", type=Path, help="the notebook to execute")
    parser.add_argument("--out", type=Path, required=True, help="where the executed notebook goes")
    parser.add_argument("--html", type=Path, help="where it goes as a page")
    parser.add_argument("--pdf", type=Path, help="where it goes as a PDF")
    parser.add_argument("--check", action="store_true", help="compare the outputs with those that the notebook has")
    parser.add_argument("--kernel", default="sevenlines", help="the kernelspec's name (default: sevenlines)")
    parser.add_argument("--cwd", type=Path, help="the folder the kernel runs in (default: the notebook's)")
    parser.add_argument("--parameters", default="{}", help='a JSON object: {"batch_size": 64}')
    parser.add_argument("--timeout", type=int, help="seconds that a cell may take (default: no limit)")
    parser.add_argument("--times", type=Path, help="the folder where the cells' times are kept for the next run's estimate")
    progress.add_modes(parser)
    return parser.parse_args(arguments)


def prepare(chosen):
    """The notebook with its parameters in place, and the folder to run in; a ValueError or OSError says what is wrong."""
    try:
        notebook = notebook_file.read(chosen.notebook)
    except (ValueError, OSError) as error:
        raise ValueError(f"{chosen.notebook}: {error}") from error
    values = json.loads(chosen.parameters)
    if not isinstance(values, dict):
        raise ValueError("--parameters wants a JSON object")
    for name in parameters.inject(notebook, values):
        if chosen.mode == progress.TEXT:
            print(f"note: the notebook's parameters cell has no `{name}`; it is set all the same", file=sys.stderr)
    cwd = chosen.cwd or chosen.notebook.resolve().parent
    if not cwd.is_dir():
        raise ValueError(f"no folder {cwd} to run in")
    return notebook, cwd


def main(arguments):
    chosen = options(arguments)
    times = CellTimes(chosen.times, chosen.notebook)
    try:
        notebook, cwd = prepare(chosen)
        if chosen.pdf:
            pdf.find()
        said = Progress([cell.source for cell in notebook.cells if will_run(cell)], times, chosen.mode)
        spec = KernelSpecManager().get_kernel_spec(chosen.kernel)
    except NoSuchKernel:
        said.error(f"error: Jupyter has no kernel named {chosen.kernel}; `sevenlines setup` installs it")
        return 1
    except (ValueError, OSError) as error:
        Progress(mode=chosen.mode).error(f"error: {error}")
        return 2
    saved = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    said.announce()
    status, message = execute(Runner(notebook, chosen.kernel, cwd, chosen.timeout, said))
    notebook_file.compact(notebook, {"name": chosen.kernel, "display_name": spec.display_name, "language": spec.language})
    if not status:
        said.close()
        times.write(chosen.notebook)
    try:
        status = write(notebook, chosen, status, message, said)
        return check(saved, notebook, chosen, said) if chosen.check and not status else status
    except ValueError as error:
        said.error(f"error: {error}")
        return 1
    except OSError as error:
        if message:
            said.error(message)
        said.error(f"error: {explain(error)}; what was there before is as it was")
        return status or 1


def explain(error):
    """An OSError as a sentence, with what to do about a full disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"could not write {error.filename}: no space is left on the disk that holds it; free some and try again"
    return str(error)


def write(notebook, chosen, status, message, said):
    """Writes what came of it and says so; returns the exit status."""
    failed = failed_path(chosen.out)
    notebook_file.write(notebook, failed if status else chosen.out)
    if status:
        said.error(f"{message}\nwhat ran is kept in {failed}")
        said.event("file", kind="failed notebook", path=str(failed))
        return status
    failed.unlink(missing_ok=True)
    said.wrote("notebook", chosen.out)
    if chosen.html or chosen.pdf:
        write_pages(notebook, chosen, said)
    return status


def write_pages(notebook, chosen, said):
    """The notebook as a page, and that printed."""
    text, notes = page.render(notebook, chosen.out.stem, chosen.notebook.resolve().parent)
    with tempfile.TemporaryDirectory() as folder:
        html = chosen.html or Path(folder) / "page.html"
        notebook_file.write_text(html, text)
        if chosen.pdf:
            pdf.print_page(html, chosen.pdf)
    for kind, file in (("html", chosen.html), ("pdf", chosen.pdf)):
        if file:
            said.wrote(kind, file)
    for note in notes:
        said.note(note)


def check(saved, notebook, chosen, said):
    """Says which cells' outputs are not those of the fresh run."""
    if "injected-parameters" in {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}:
        said.note("with other parameters than the saved ones, other outputs are to be expected")
    found = compare.differing(saved, notebook)
    for number, first, text in found:
        said.error(f"cell {number} ({first}): {text}")
    if found:
        cells = "1 cell" if len(found) == 1 else f"{len(found)} cells"
        said.error(f"error: {chosen.notebook}: the outputs of {cells} are not those of a fresh run")
        return 1
    print(f"the outputs of {chosen.notebook} are those of a fresh run, apart from times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
