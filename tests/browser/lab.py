"""JupyterLab as `sevenlines lab` starts it, with settings, pictures and a work folder of its own."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BINARY = os.environ.get("SEVENLINES_BINARY", "sevenlines")
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = REPOSITORY / "notebooks"
CACHE = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
HOME = pathlib.Path(os.environ.get("SEVENLINES_HOME") or pathlib.Path(CACHE, "sevenlines"))
STARTUP_SECONDS = 120
GRACE_SECONDS = 20
# What else would lie over the page: a question whether to fetch news, and a tour of what is new.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}


def pictures(folder, train, valid):
    """A folder with this many drawn pictures of each class to train and to validate on."""
    for part, count in (("train", train), ("valid", valid)):
        for kind in ("cats", "dogs"):
            drawn = sorted((HOME / "data" / "drawn" / part / kind).iterdir())[:count]
            assert len(drawn) == count, f"only {len(drawn)} drawn {kind} in {part}; run `sevenlines setup`"
            to = pathlib.Path(folder, part, kind)
            to.mkdir(parents=True)
            for picture in drawn:
                shutil.copy(picture, to)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(folder, theme):
    """The user's settings, as JupyterLab keeps them."""
    chosen = {**SETTINGS, "@jupyterlab/apputils-extension/themes": {"theme": theme}}
    for name, values in chosen.items():
        file = pathlib.Path(folder, f"{name}.jupyterlab-settings")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


class Lab:
    """A running JupyterLab on a copy of the notebooks."""

    def __init__(self, folder, train=30, valid=10, theme="JupyterLab Light", environment=None):
        self.work = pathlib.Path(folder, "work")
        shutil.copytree(NOTEBOOKS, self.work, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        pictures(pathlib.Path(folder, "pictures"), train, valid)
        settings(pathlib.Path(folder, "settings"), theme)
        self.port, self.token = free_port(), secrets.token_hex(16)
        self.log = pathlib.Path(folder, "lab.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                env={**os.environ, **self.environment(folder), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def command(self):
        options = ["--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"]
        options += [f"--IdentityProvider.token={self.token}", "--LabApp.extension_manager=readonly"]
        options += ["--allow-root"] if os.geteuid() == 0 else []
        return [BINARY, "lab", str(self.work), "--", *options]

    def environment(self, folder):
        """Nothing of the user's Jupyter, and no features of pictures seen before: the network must run."""
        names = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        names |= {"LAB_SETTINGS_DIR": "settings", "LAB_WORKSPACES_DIR": "workspaces"}
        own = {f"JUPYTER{'' if name.startswith('LAB_') else '_'}{name}": str(pathlib.Path(folder, to)) for name, to in names.items()}
        return {**own, "SEVENLINES_DATA": str(pathlib.Path(folder, "pictures")), "SEVENLINES_FEATURES": "off"}

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"

    def notebook(self, name):
        """The address of one notebook alone, in a workspace of its own."""
        return self.url(f"lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={self.token}")

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.url(f"api/{path}"), method=method, headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def end_kernels(self):
        for kernel in self.ask("kernels"):
            self.ask(f"kernels/{kernel['id']}", "DELETE")

    def wait(self):
        until = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                self.ask("status")
                return self
            time.sleep(0.2)
        raise AssertionError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def stop(self):
        """Ends it as Ctrl-C twice does; its kernels end with it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(GRACE_SECONDS)


@contextlib.contextmanager
def running(**options):
    """JupyterLab, ready; its folder goes with it."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("SEVENLINES_TEST_FOLDER"), prefix="lab-") as folder:
        lab = Lab(folder, **options)
        try:
            yield lab.wait()
        finally:
            lab.stop()
