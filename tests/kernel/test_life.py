"""Kernels begin and end: several at once, restarted, stopped by signals, killed; nothing is left of them."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import processes
from harness import HOME, Kernel

BUSY = (
    'let child = std::process::Command::new("sleep").arg("600").spawn()?; println!("begun {}", child.id());'
    " loop { std::hint::spin_loop(); }"
)


def below(kernel):
    """All processes that descend from a kernel's."""
    return set(processes.descendants(kernel.pid))


def itself(kernel):
    return {(kernel.pid, processes.born(kernel.pid))}


def folders(kernel):
    return list(pathlib.Path(HOME, "kernels").glob(f"{kernel.pid}-*"))


class Life(unittest.TestCase):
    def start(self, **options):
        kernel = Kernel(**options)
        self.addCleanup(self.end, kernel)
        # It says that it is ready while its Rust is still starting.
        first = kernel.run("1")
        self.assertEqual(first.value, "1", first.outputs)
        return kernel

    def end(self, kernel):
        kernel.client.stop_channels()
        if kernel.manager.has_kernel:
            kernel.manager.shutdown_kernel(now=True)

    def begin(self, kernel, code, word="begun"):
        """Starts a cell and waits for its first words."""
        ident = kernel.client.execute(code)
        while True:
            message = kernel.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") == ident and word in message["content"].get("text", ""):
                return ident

    def nothing_is_left(self, running, work):
        self.assertTrue(running and work)
        left = lambda: list(filter(processes.alive, running))
        self.assertTrue(processes.soon(lambda: not left()), left())
        self.assertTrue(processes.soon(lambda: not any(folder.exists() for folder in work)), work)

    def test_two_at_once_keep_apart(self):
        one, two = self.start(), self.start()
        self.assertEqual(len(folders(one) + folders(two)), 2)
        # Both compile and run at the same time, under the same names.
        idents = [
            (kernel, kernel.client.execute(f"fn f() -> i32 {{ {n} }} let x = f(); std::thread::sleep(std::time::Duration::from_secs(1)); println!(\"{{x}}\");"))
            for kernel, n in ((one, 1), (two, 2))
        ]
        for kernel, ident in idents:
            self.assertEqual(kernel.reply(ident, timeout=120)["status"], "ok")
        self.assertEqual([one.run("f() + x").value, two.run("f() + x").value], ["2", "4"])
        one.close()
        self.assertEqual(two.run("x").value, "2")

    def test_a_restart_begins_anew(self):
        kernel = self.start()
        self.assertEqual(kernel.run("let old = 1;").status, "ok")
        running, work = below(kernel), folders(kernel)
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=60)
        self.nothing_is_left(running, work)
        self.assertEqual(kernel.run("old").status, "error")
        cell = kernel.run("2")
        self.assertEqual((cell.value, cell.reply["execution_count"]), ("2", 2), cell.outputs)

    def test_sigint_stops_the_cell(self):
        kernel = self.start()
        self.assertEqual(kernel.run("let kept = 3;").status, "ok")
        code = 'println!("begun"); loop { sevenlines::interrupt::check_interrupt()?; std::thread::sleep(std::time::Duration::from_millis(20)); }'
        ident = self.begin(kernel, code)
        os.kill(kernel.pid, signal.SIGINT)
        self.assertEqual(kernel.reply(ident)["ename"], "Interrupted")
        # jupyter_client sends it to the whole process group.
        ident = self.begin(kernel, code)
        os.killpg(os.getpgid(kernel.pid), signal.SIGINT)
        self.assertEqual(kernel.reply(ident)["ename"], "Interrupted")
        self.assertEqual(kernel.run("kept").value, "3")

    def test_shutdown_while_a_cell_runs(self):
        kernel = self.start()
        self.begin(kernel, BUSY)
        running, work = below(kernel), folders(kernel)
        self.assertGreaterEqual(len(running), 3)
        kernel.close()
        self.nothing_is_left(running, work)

    def test_shutdown_while_a_cell_compiles(self):
        kernel = self.start()
        before = below(kernel)
        kernel.client.execute('println!("{}", (0..9).map(|i| format!("{i}")).collect::<Vec<_>>().join("-"));')
        processes.soon(lambda: below(kernel) - before)
        running, work = below(kernel), folders(kernel)
        kernel.close()
        self.nothing_is_left(running, work)

    def test_a_second_request_to_end_does_not_cut_off_the_first(self):
        """Jupyter sends SIGTERM after a shutdown that takes long; the folder used to stay."""
        kernel = self.start()
        running, work = below(kernel) | itself(kernel), folders(kernel)
        control = kernel.manager.client()
        control.start_channels(shell=False, iopub=False, stdin=False, hb=False)
        control.shutdown()
        self.assertTrue(processes.soon(lambda: control.control_channel.msg_ready()))
        for _ in range(20):
            try:
                os.kill(kernel.pid, signal.SIGTERM)
            except ProcessLookupError:
                break
            time.sleep(0.02)
        control.stop_channels()
        self.nothing_is_left(running, work)

    def test_hangup_ends_all(self):
        kernel = self.start()
        self.begin(kernel, BUSY)
        running, work = below(kernel) | itself(kernel), folders(kernel)
        os.kill(kernel.pid, signal.SIGHUP)
        self.nothing_is_left(running, work)

    def test_a_killed_kernel_leaves_nothing_of_a_busy_cell(self):
        kernel = self.start()
        self.begin(kernel, BUSY)
        running, work = below(kernel), folders(kernel)
        self.assertGreaterEqual(len(running), 3)
        os.kill(kernel.pid, signal.SIGKILL)
        self.nothing_is_left(running, work)

    def test_a_kernel_that_jupyter_kills_leaves_nothing(self):
        """Jupyter kills the kernel's whole process group."""
        kernel = self.start()
        self.begin(kernel, BUSY)
        running, work = below(kernel), folders(kernel)
        kernel.manager.shutdown_kernel(now=True)
        self.nothing_is_left(running, work)

    def test_a_killed_kernel_leaves_nothing_of_a_compilation(self):
        kernel = self.start()
        before = below(kernel)
        self.assertTrue(before)
        # So long that it is still being compiled when the kernel is killed.
        items = "\n".join(f'println!("{{:?}}", ({n}..9).map(|i| format!("{{i}}")).collect::<Vec<_>>());' for n in range(400))
        kernel.client.execute(items)
        self.assertTrue(processes.soon(lambda: below(kernel) - before))
        time.sleep(0.5)
        running, work = below(kernel), folders(kernel)
        os.kill(kernel.pid, signal.SIGKILL)
        self.nothing_is_left(running, work)

    def test_quit_ends_the_kernel(self):
        kernel = self.start()
        running, work = below(kernel) | itself(kernel), folders(kernel)
        cell = kernel.run(":quit")
        self.assertEqual(cell.reply["payload"], [{"source": "ask_exit", "keepkernel": False}])
        self.nothing_is_left(running, work)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        assert cls.kernel.run("1").value == "1"

    @classmethod
    def tearDownClass(cls):
        cls.kernel.close()

    def test_text_of_a_thread_comes_under_its_cell(self):
        client = self.kernel.client
        ident = client.execute(
            'std::thread::spawn(|| for i in 0..2 { std::thread::sleep(std::time::Duration::from_secs(1)); println!("late {i}"); });'
        )
        self.assertEqual(self.kernel.reply(ident)["status"], "ok")
        text = ""
        while "late 1\n" not in text:
            message = client.get_iopub_msg(timeout=60)
            if "late" in message["content"].get("text", ""):
                self.assertEqual(message["parent_header"]["msg_id"], ident)
                text += message["content"]["text"]
        self.assertEqual(text, "late 0\nlate 1\n")
        self.assertEqual(self.kernel.run("1").value, "1")

    def test_it_listens_on_this_machine_alone(self):
        manager = self.kernel.manager
        ports = {manager.shell_port, manager.iopub_port, manager.stdin_port, manager.control_port, manager.hb_port}
        found = {}
        for table in ("tcp", "tcp6"):
            for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
                address, port = line.split()[1].split(":")
                if line.split()[3] == "0A" and int(port, 16) in ports:
                    found[int(port, 16)] = address
        self.assertEqual(found, dict.fromkeys(ports, "0100007F"))

    def another_client(self):
        """A process that listens to the output, once it does."""
        code = (
            "import sys, zmq\n"
            "socket = zmq.Context().socket(zmq.SUB); socket.setsockopt(zmq.RCVHWM, 10)\n"
            "socket.connect(sys.argv[1]); socket.subscribe(b''); print(len(socket.recv_multipart()), flush=True)\n"
            "while True: socket.recv_multipart()\n"
        )
        address = f"tcp://{self.kernel.manager.ip}:{self.kernel.manager.iopub_port}"
        other = subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE)
        self.addCleanup(other.communicate)
        self.addCleanup(other.kill)
        os.set_blocking(other.stdout.fileno(), False)
        self.assertTrue(processes.soon(lambda: self.kernel.run("()") and other.stdout.read(1)))
        return other

    FLOOD = 'for i in 0..200_000 {{ println!("{{i}} {}"); }}'.format("x" * 100)

    def test_a_client_that_dies_does_not_hold_up_the_others(self):
        other = self.another_client()
        ident = self.kernel.client.execute(self.FLOOD)
        length = 0
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != ident:
                continue
            if message["msg_type"] == "stream":
                length += len(message["content"]["text"])
                if other.poll() is None:
                    other.kill()
            if message["content"].get("execution_state") == "idle":
                break
        self.assertEqual(length, sum(len(str(i)) + 102 for i in range(200_000)))
        self.assertEqual(self.kernel.reply(ident)["status"], "ok")

    def test_a_client_that_sleeps_does_not_block_the_kernel(self):
        other = self.another_client()
        other.send_signal(signal.SIGSTOP)
        ident = self.kernel.client.execute(self.FLOOD)
        self.assertEqual(self.kernel.reply(ident, timeout=120)["status"], "ok")
        other.kill()
        self.assertTrue(processes.soon(lambda: other.poll() is not None))


if __name__ == "__main__":
    unittest.main()
