"""An attacker on the same machine: raw ZeroMQ and raw bytes against a kernel's ports, beside an honest client."""
import contextlib
import pathlib
import re
import socket
import tempfile
import time
import unittest

import processes
import zmq
from harness import FOLDER, Kernel, KernelTest

CHANNELS = ("shell", "control", "stdin", "iopub", "hb")
REQUESTS = ("shell", "control", "stdin")
DELIMITER = b"<IDS|MSG>"
# What an honest client waits for an answer at most. Hundredths of a second are usual; a machine may pause.
SECONDS = 10
# The kernel writes so many lines in so many seconds, and counts the rest.
LINES, PERIOD = 20, 5


class AttackTest(KernelTest):
    """One kernel for all, whose log is kept, and an honest client."""

    kernel = log = None

    @classmethod
    def setUpClass(cls):
        if AttackTest.kernel is None:
            AttackTest.log = tempfile.NamedTemporaryFile(dir=FOLDER, suffix=".log")
            AttackTest.kernel = Kernel(stderr=cls.log.fileno())
            unittest.addModuleCleanup(cls.kernel.close)
            assert cls.kernel.run("let mut ran = 0; ran").value == "0"

    @classmethod
    def tearDownClass(cls):
        """The kernel lives until the last class has ended."""

    def setUp(self):
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)
        self.session = self.kernel.client.session
        self.slowest = 0

    def port(self, channel):
        return getattr(self.kernel.manager, f"{channel}_port")

    def dealer(self, channel, identity=None):
        """A client of ours, without a key of its own."""
        dealer = self.context.socket(zmq.DEALER)
        dealer.linger = 0
        if identity:
            dealer.identity = identity
        dealer.connect(f"tcp://127.0.0.1:{self.port(channel)}")
        return dealer

    @contextlib.contextmanager
    def connection(self, channel, greet=False):
        with socket.create_connection(("127.0.0.1", self.port(channel)), timeout=30) as stream:
            if greet:
                stream.sendall(greeting())
                stream.sendall(ready(b"SUB" if channel == "iopub" else b"REQ" if channel == "hb" else b"DEALER"))
            yield stream

    def request(self, kind="execute_request", content=None, **header):
        """A message as the honest client would make it: signature, header, parent, metadata, content."""
        made = self.session.msg(kind, {"code": "ran += 1;"} if content is None else content)
        made["header"].update(header)
        return self.session.serialize(made)[1:], made["header"]["msg_id"]

    def signed(self, *parts):
        """Such a message with these parts, signed with the right key."""
        parts = [part if isinstance(part, bytes) else part.encode() for part in parts]
        return [DELIMITER, self.session.sign(parts), *parts]

    def honest(self):
        """The honest client is answered in time, on both channels, and its heartbeat beats."""
        client = self.kernel.client
        for channel in (client.shell_channel, client.control_channel):
            begun = time.monotonic()
            message = self.session.msg("kernel_info_request", {})
            channel.send(message)
            while channel.get_msg(timeout=60)["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                pass
            self.slowest = max(self.slowest, time.monotonic() - begun)
        beat = self.context.socket(zmq.REQ)
        beat.linger = 0
        beat.connect(f"tcp://127.0.0.1:{self.port('hb')}")
        begun = time.monotonic()
        beat.send(b"beat")
        self.assertTrue(beat.poll(60_000), "the heartbeat has stopped")
        self.assertEqual(beat.recv(), b"beat")
        beat.close()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.assertLess(self.slowest, SECONDS)

    def lives(self):
        """A cell runs, a new client is let in, and no cell of the attacker's has run."""
        self.honest()
        self.assertEqual(self.ok("ran").value, "0")
        other = self.kernel.manager.client()
        other.start_channels()
        other.wait_for_ready(timeout=60)
        other.stop_channels()

    def told(self):
        """How many refusals the log tells of, the counted ones too."""
        text = pathlib.Path(self.log.name).read_text()
        return len(re.findall("^sevenlines: ignored on ", text, re.M)) + sum(
            map(int, re.findall(r"^sevenlines: (\d+) more were ignored", text, re.M))
        )

    def telling(self, before, count, channel="shell"):
        """Waits until the log tells of at least so many more; a last one brings out what was counted."""
        time.sleep(PERIOD + 0.1)
        last = self.dealer(channel)
        last.send_multipart([b"the last"])
        self.assertTrue(processes.soon(lambda: self.told() - before > count), (self.told() - before, count))
        return self.told() - before - 1


def greeting():
    return b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)


def ready(kind):
    words = b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind
    return b"\x04" + len(words).to_bytes(1, "big") + words
