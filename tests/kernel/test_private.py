"""What a kernel opens and writes is this user's alone: ports, key, folders, whatever the umask is."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import processes
from harness import BINARY, FOLDER, HOME, Kernel
from jupyter_client import connect


def listening(pid):
    """The addresses on which a process and all below it listen."""
    inodes = set()
    for process in processes.tree(pid):
        for descriptor in pathlib.Path(f"/proc/{process}/fd").glob("*"):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(descriptor))
    found = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                address, port = fields[1].split(":")
                found.append((address, int(port, 16)))
    return sorted(found)


def mode(path):
    return os.stat(path).st_mode & 0o777


class Private(unittest.TestCase):
    """A kernel that is started with no umask at all."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=FOLDER)
        cls.addClassCleanup(cls.folder.cleanup)
        kernels = HOME / "kernels"
        if kernels.is_dir():
            kernels.chmod(0o777)
        cls.kernel = Kernel(cwd=cls.folder.name, preexec_fn=lambda: os.umask(0))
        cls.addClassCleanup(cls.kernel.close)
        assert cls.kernel.run("1").value == "1"

    def test_it_listens_on_five_ports_of_this_machine_alone(self):
        manager = self.kernel.manager
        ports = [manager.shell_port, manager.iopub_port, manager.stdin_port, manager.control_port, manager.hb_port]
        self.assertEqual(listening(self.kernel.pid), sorted(("0100007F", port) for port in ports))

    def test_its_folders_are_closed(self):
        self.assertEqual(mode(HOME / "kernels"), 0o700)
        own = [*(HOME / "kernels").glob(f"{self.kernel.pid}-*"), HOME / "kernels" / f"sockets-{self.kernel.pid}"]
        self.assertEqual(len(own), 2)
        for folder in own:
            self.assertEqual(mode(folder), 0o700, folder)
        # Nothing of the kernel's lies where others could have laid it first.
        shared = f"{tempfile.gettempdir()}/"
        for process in processes.tree(self.kernel.pid):
            for descriptor in pathlib.Path(f"/proc/{process}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    file = os.readlink(descriptor)
                    inherited = int(descriptor.name) < 3 or file.startswith((str(HOME), str(FOLDER)))
                    self.assertFalse(file.startswith(shared) and not inherited, file)

    def test_the_users_own_files_keep_the_umask(self):
        cell = self.kernel.run('std::fs::write("mine.txt", "")?;')
        self.assertEqual(cell.status, "ok", cell.outputs)
        self.assertEqual(mode(pathlib.Path(self.folder.name, "mine.txt")), 0o666)

    def test_no_secret_is_in_an_environment_or_on_a_command_line(self):
        key = self.kernel.client.session.key
        for process in processes.tree(self.kernel.pid):
            for name in ("environ", "cmdline"):
                text = pathlib.Path(f"/proc/{process}/{name}").read_bytes()
                self.assertNotIn(key, text)
                self.assertNotIn(b"SEVENLINES_CHANNEL", text)


class Connection(unittest.TestCase):
    """Connection files that the kernel refuses."""

    def start(self, home=None, file_mode=0o600, **changes):
        """Starts a kernel with a connection file that is changed so; its end, or None if it runs, and what it said."""
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            path, info = connect.write_connection_file(os.path.join(folder, "connection.json"), key=b"key")
            info = {**json.loads(pathlib.Path(path).read_text()), **changes}
            pathlib.Path(path).write_text(json.dumps(info))
            os.chmod(path, file_mode)
            env = {**os.environ, "SEVENLINES_HOME": str(home or HOME)}
            process = subprocess.Popen([BINARY, "kernel", "--control_file", path], env=env, stderr=subprocess.PIPE, text=True, cwd=folder)
            try:
                processes.soon(lambda: process.poll() is not None or listening(process.pid), seconds=20)
                status, open_ports = process.poll(), len(listening(process.pid)) if process.poll() is None else 0
            finally:
                process.send_signal(signal.SIGTERM)
                said = process.communicate(timeout=60)[1]
            return status, open_ports, said

    def test_other_addresses_and_no_key_are_refused(self):
        for change, why in (
            ({"ip": "0.0.0.0"}, "listens on 127.0.0.1 alone"),
            ({"ip": "192.0.2.1"}, "listens on 127.0.0.1 alone"),
            ({"ip": "::"}, "listens on 127.0.0.1 alone"),
            ({"key": ""}, "has no key"),
            ({"transport": "ipc", "ip": "kernel"}, "knows tcp alone"),
            ({"signature_scheme": "hmac-md5"}, "knows hmac-sha256 alone"),
        ):
            status, ports, said = self.start(**change)
            self.assertEqual((status, ports), (1, 0), (change, said))
            self.assertIn(why, said)

    def test_one_that_others_can_read_is_told(self):
        status, ports, said = self.start(file_mode=0o644)
        self.assertEqual((status, ports), (None, 5), said)
        self.assertIn("other users may read", said)
        self.assertNotIn("other users may read", self.start()[2])

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a folder to another user")
    def test_a_work_folder_of_another_user_is_refused(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as home:
            os.mkdir(f"{home}/kernels")
            os.chown(f"{home}/kernels", 12345, 12345)
            status, ports, said = self.start(home=home)
            self.assertEqual((status, ports), (1, 0), said)
            self.assertIn("belongs to another user", said)
            os.rmdir(f"{home}/kernels")
            os.symlink(tempfile.gettempdir(), f"{home}/kernels")
            status, ports, said = self.start(home=home)
            self.assertEqual((status, ports), (1, 0), said)


class Lab(unittest.TestCase):
    def test_jupyterlab_listens_on_this_machine_and_asks_for_a_token(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            # As a user has it who has configured nothing.
            env = {**os.environ, "JUPYTER_CONFIG_DIR": f"{folder}/config", "JUPYTER_RUNTIME_DIR": f"{folder}/runtime"}
            server = subprocess.Popen(
                [BINARY, "lab", folder, "--", "--no-browser", "--ServerApp.port=0", "--allow-root"],
                env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )
            try:
                files = pathlib.Path(folder, "runtime")
                self.assertTrue(processes.soon(lambda: any(files.glob("jpserver-*.json")), seconds=120))
                (about,) = files.glob("jpserver-*.json")
                self.assertEqual(mode(about), 0o600)
                info = json.loads(about.read_text())
                self.assertGreaterEqual(len(info["token"]), 40)
                for address, _ in listening(server.pid):
                    self.assertIn(address, ("0100007F", "00000000000000000000000001000000"))
                url = f"http://127.0.0.1:{info['port']}/api/contents"
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(url, timeout=60)
                self.assertEqual(refused.exception.code, 403)
                with urllib.request.urlopen(f"{url}?token={info['token']}", timeout=60) as answer:
                    self.assertEqual(answer.status, 200)
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(timeout=60)
