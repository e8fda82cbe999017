"""Starts a kernel of the built binary and runs cells in it."""
import os
import pathlib
import threading
import time
import unittest

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

BINARY = os.environ["SEVENLINES_BINARY"]
FOLDER = pathlib.Path(os.environ["SEVENLINES_TEST_FOLDER"])
# The user's own, as `sevenlines setup` fills it: weights, pictures, the library prepared for cells.
CACHE = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
HOME = pathlib.Path(os.environ.get("SEVENLINES_HOME") or pathlib.Path(CACHE, "sevenlines"))
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class Manager(KernelManager):
    """A kernel of the binary, without an installed kernelspec."""

    arguments = ["kernel"]

    @property
    def kernel_spec(self):
        argv = [BINARY, *self.arguments, "--control_file", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="test", language="rust", interrupt_mode="message")


class Cell:
    """What one cell answered."""

    def __init__(self, reply, outputs, seconds):
        self.reply, self.outputs, self.seconds = reply, outputs, seconds
        self.status = reply["status"]

    def of(self, kind):
        return [content for _, message, content in self.outputs if message == kind]

    def text(self, name="stdout"):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def value(self):
        results = self.of("execute_result")
        return results[0]["data"].get("text/plain") if results else None

    @property
    def shown(self):
        """The MIME bundles of all that was displayed, the cell's value last."""
        return [content["data"] for kind in ("display_data", "execute_result") for content in self.of(kind)]

    @property
    def error(self):
        errors = self.of("error")
        return errors[0] if errors else None


class Kernel:
    """A running kernel."""

    def __init__(self, arguments=("kernel",), env=None, cwd=None, **process):
        self.manager = Manager()
        self.manager.arguments = list(arguments)
        cwd = cwd or FOLDER
        # Without the features that the user's own notebooks have left: the body must run.
        env = {**os.environ, "SEVENLINES_FEATURES": "off", **(env or {})}
        self.manager.start_kernel(env=env, cwd=str(cwd), **process)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=300)
        self.pid = self.manager.provisioner.pid

    def run(self, code, timeout=300, stop_after=None, presses=1, wait=0, **options):
        """Runs a cell. `stop_after`: text of the output after which, `wait` seconds later, stop is pressed."""
        start = time.time()
        ident = self.client.execute(code, **options)
        outputs = []
        pressed = False
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != ident:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                outputs.append((time.time() - start, kind, content))
            if stop_after and not pressed and stop_after in content.get("text", ""):
                pressed = True
                threading.Thread(target=self.press, args=(presses, wait)).start()
        return Cell(self.reply(ident), outputs, time.time() - start)

    def press(self, times=1, wait=0):
        time.sleep(wait)
        for _ in range(times):
            self.manager.interrupt_kernel()
            time.sleep(0.5)

    def reply(self, ident, timeout=60):
        while True:
            message = self.client.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == ident:
                return message["content"]

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)


class KernelTest(unittest.TestCase):
    """Tests that share one kernel."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        first = cls.kernel.run("1")
        assert first.value == "1", first.outputs

    @classmethod
    def tearDownClass(cls):
        cls.kernel.close()

    def ok(self, code, **options):
        cell = self.kernel.run(code, **options)
        self.assertEqual(cell.status, "ok", cell.outputs)
        return cell

    def fails(self, code, **options):
        cell = self.kernel.run(code, **options)
        self.assertEqual(cell.status, "error", cell.outputs)
        self.assertEqual(len(cell.of("error")), 1, cell.outputs)
        return cell
