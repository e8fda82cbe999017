"""A JupyterHub on this machine, in the hands of a test: its processes, and its users as HTTP clients.

The configuration is the one that docs/elsewhere.md prints for a class, with what only a test needs behind it. As root, and
where a mount namespace can be made, its users are two accounts of the system with nothing of their own on it; else they are
this user twice, with two home folders, which JupyterHub calls a simple local process.
"""
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

import requests
import websocket

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BINARY = pathlib.Path(os.environ["SEVENLINES_BINARY"])
SCRIPTS = pathlib.Path(sys.executable).parent
PASSWORD = secrets.token_hex(16)

TEST_SETTINGS = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.cookie_secret_file = "cookie_secret"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.authenticator_class = "jupyterhub.authenticators.shared.SharedPasswordAuthenticator"
c.SharedPasswordAuthenticator.user_password = {password!r}
c.Authenticator.allowed_users = set({users!r})
c.Spawner.environment["JUPYTER_PATH"] = {jupyter!r}
c.Spawner.environment["PATH"] = {path!r}
c.Spawner.environment.update({variables!r})
import os
from jupyterhub.spawner import LocalProcessSpawner, set_user_setuid

class TestSpawner(LocalProcessSpawner):
    def user_env(self, env):
        return env | {{"USER": self.user.name, "HOME": f"{homes}/{{self.user.name}}"}}

    def make_preexec_fn(self, name):
        become = set_user_setuid(name, chdir=False) if {real} else (lambda: None)
        return lambda: (become(), os.chdir(f"{homes}/{{name}}"))

c.JupyterHub.spawner_class = TestSpawner
if not {real} and os.geteuid() == 0:
    c.Spawner.args.append("--allow-root")
"""


def documented(heading):
    """The first block of Python below a heading of docs/elsewhere.md."""
    text = (REPOSITORY / "docs/elsewhere.md").read_text()
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def sysroot():
    command = ["rustc", "--print", "sysroot"]
    return pathlib.Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def cargo_registry():
    return pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo") / "registry"


def opened(*more):
    """How to start a command so that every user can read Rust, the repository and Python."""
    paths = [sysroot(), cargo_registry(), REPOSITORY, pathlib.Path(sys.executable).resolve().parent.parent, *more]
    paths = [str(path) for path in paths if path.exists()]
    return [sys.executable, str(HERE / "opened.py"), *paths, "--"]


def accounts():
    """Two accounts of the system that run nothing, or the reason why the test goes without."""
    if os.geteuid() != 0:
        return None, "this is not root, who alone starts processes for others"
    made = subprocess.run([*opened(), "true"], capture_output=True, text=True)
    if made.returncode != 0:
        return None, f"no mount namespace can be made: {made.stderr.strip()[-200:]}"
    busy = {uid for uid in (owner(pid) for pid in numbers()) if uid is not None}
    idle = [entry.pw_name for entry in pwd.getpwall() if 0 < entry.pw_uid < 60_000 and entry.pw_uid not in busy]
    return (idle[:2], None) if len(idle) >= 2 else (None, "the system has no two accounts that run nothing")


def numbers():
    return [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def owner(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


class Hub:
    """A running JupyterHub with its proxy."""

    def __init__(self, folder, prefix, users, real, variables):
        self.folder, self.users, self.real = pathlib.Path(folder), users, real
        self.homes = self.folder / "homes"
        for user in users:
            home = self.homes / user
            home.mkdir(parents=True)
            home.chmod(0o700)
            if real:
                entry = pwd.getpwnam(user)
                os.chown(home, entry.pw_uid, entry.pw_gid)
        port, hub_port, proxy_port = free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        settings = documented("JupyterHub on one machine") + TEST_SETTINGS.format(
            port=port, hub_port=hub_port, proxy_port=proxy_port, password=PASSWORD, users=users, homes=self.homes,
            real=real, jupyter=str(prefix / "share/jupyter"), variables=variables,
            path=os.pathsep.join([str(SCRIPTS), "/usr/local/bin", "/usr/bin", "/bin"]))
        (self.folder / "jupyterhub_config.py").write_text(settings)
        start = opened(self.folder, prefix) if real else []
        self.log = self.folder / "hub.log"
        environment = os.environ | {"PATH": os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*start, str(SCRIPTS / "jupyterhub"), "-f", "jupyterhub_config.py"],
                cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        self.wait_for(self.answers, 60, "the hub answers")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the hub ended:\n{self.log.read_text()[-4000:]}")
        try:
            return requests.get(f"{self.url}/hub/health", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def wait_for(self, what, seconds, name):
        began = time.monotonic()
        while not what():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"not within {seconds} s: {name}\n{self.log.read_text()[-4000:]}")
            time.sleep(0.2)

    def processes(self, user):
        """A user's processes: the account's, or those with that home folder."""
        if self.real:
            uid = pwd.getpwnam(user).pw_uid
            return [pid for pid in numbers() if owner(pid) == uid]
        home = f"HOME={self.homes / user}".encode()
        return [pid for pid in numbers() if home in environ(pid).split(b"\0")]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            # The session is this test's own: whatever is left in it is the hub's or the proxy's.
            left = [pid for pid in numbers() if session(pid) == self.process.pid and pid != self.process.pid]
            for pid in left:
                os.kill(pid, signal.SIGKILL)
        assert not left, f"the hub left processes behind: {left}"


def environ(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def session(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return None


class User:
    """Somebody with a browser: logs in, and then asks the hub and the own server as its pages do."""

    def __init__(self, hub, name):
        self.hub, self.name, self.session = hub, name, requests.Session()
        self.server = f"{hub.url}/user/{name}"
        login = f"{hub.url}/hub/login"
        self.session.get(login, timeout=30).raise_for_status()
        form = {"username": name, "password": PASSWORD, "_xsrf": self.session.cookies.get("_xsrf", path="/hub/")}
        answer = self.session.post(login, data=form, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, f"{name} cannot log in: {answer.status_code}"
        xsrf = {"X-XSRFToken": self.session.cookies.get("_xsrf", path="/hub/"), "Referer": login}
        made = self.session.post(f"{hub.url}/hub/api/users/{name}/tokens", headers=xsrf, json={}, timeout=30)
        made.raise_for_status()
        self.headers = {"Authorization": f"token {made.json()['token']}"}

    def ask(self, method, url, **options):
        return requests.request(method, url, headers=self.headers, timeout=60, **options)

    def start(self):
        answer = self.ask("POST", f"{self.hub.url}/hub/api/users/{self.name}/server")
        assert answer.status_code in (201, 202), f"{answer.text}\n{self.hub.log.read_text()[-4000:]}"
        ready = lambda: self.ask("GET", f"{self.hub.url}/hub/api/users/{self.name}").json()["servers"].get("", {}).get("ready")
        self.hub.wait_for(ready, 60, f"{self.name}'s server")

    def stop(self):
        answer = self.ask("DELETE", f"{self.hub.url}/hub/api/users/{self.name}/server")
        assert answer.status_code in (202, 204), answer.text

    def kernel(self, name="sevenlines"):
        answer = self.ask("POST", f"{self.server}/api/kernels", json={"name": name})
        assert answer.status_code == 201, answer.text
        return Kernel(self, answer.json()["id"])


class Kernel:
    """A kernel on a user's server, over the websocket that a notebook's page uses."""

    def __init__(self, user, ident):
        url = f"{user.server}/api/kernels/{ident}/channels".replace("http://", "ws://")
        header = [f"{name}: {value}" for name, value in user.headers.items()]
        self.socket = websocket.create_connection(url, header=header, timeout=120)
        self.session = uuid.uuid4().hex

    def run(self, code):
        """The MIME bundles and the text that a cell showed; an error is the test's."""
        ident = uuid.uuid4().hex
        header = {"msg_id": ident, "username": "", "session": self.session, "msg_type": "execute_request", "version": "5.3",
                  "date": "2026-01-01T00:00:00Z"}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        self.socket.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content,
                                     "channel": "shell", "buffers": []}))
        text, shown, replied = "", [], None
        while True:
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != ident:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text += content["text"]
            elif kind in ("display_data", "execute_result"):
                shown.append(content["data"])
            elif kind == "execute_reply":
                replied = content
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while replied is None:
            message = json.loads(self.socket.recv())
            if message["msg_type"] == "execute_reply" and message["parent_header"].get("msg_id") == ident:
                replied = message["content"]
        assert replied["status"] == "ok", replied
        return text, shown

    def close(self):
        self.socket.close()


def take_prepared(home, folder):
    """The library for cells, weights and pictures, as `home` has them."""
    (folder / "cells").mkdir(parents=True)
    # One a checkout; which one is this checkout's, its name alone tells.
    for ready in home.glob("cells/*/ready"):
        take(ready.parent, folder / "cells" / ready.parent.name)
    for name in ("weights", "data", "rust-src"):
        if (home / name).is_dir():
            take(home / name, folder / name)


def prepare(folder, prefix, home, real):
    """As an administrator does, but with what this user's own setup has compiled and fetched already."""
    take_prepared(home, folder)
    # As a strict umask leaves them: others must be let in.
    for place in [*folder.iterdir(), *folder.glob("cells/*")]:
        place.chmod(0o700)
    start = opened(folder, prefix) if real else []
    path = os.pathsep.join([str(sysroot() / "bin"), os.environ["PATH"]])
    environment = os.environ | {"SEVENLINES_HOME": str(folder), "CONDA_PREFIX": str(prefix), "PATH": path}
    return subprocess.run([*start, str(BINARY), "setup", "--sys-prefix", "--shared", "--offline"],
                          env=environment, capture_output=True, text=True)


def take(source, target):
    """Copies a folder, by hard links where these can be had."""
    if subprocess.run(["cp", "-al", source, target], stderr=subprocess.DEVNULL).returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", source, target], check=True)
