"""The binary's kernel as an installed one, for programs that start kernels by name."""
import json
import os
import pathlib
import tempfile
from unittest import mock

from harness import BINARY

NAME = "sevenlines-test"


def install(test_case):
    """Installs the kernel where JUPYTER_PATH names it, until the class of tests ends."""
    folder = tempfile.TemporaryDirectory()
    test_case.addClassCleanup(folder.cleanup)
    spec = pathlib.Path(folder.name, "kernels", NAME, "kernel.json")
    spec.parent.mkdir(parents=True)
    argv = [BINARY, "kernel", "--control_file", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": NAME, "language": "rust", "interrupt_mode": "message"}))
    path = mock.patch.dict(os.environ, JUPYTER_PATH=folder.name)
    path.start()
    test_case.addClassCleanup(path.stop)
