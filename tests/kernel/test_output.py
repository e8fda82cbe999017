"""Outputs of 100 MB: every byte arrives, in bounded memory, stop works meanwhile and the next cell after."""
import base64
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import processes
from counts import record, tries
from growth import Peak
from harness import FOLDER, KernelTest

SIZE = tries(10_000_000, 100_000_000)
SEED = 7
# Text passes in pieces, so how much there is of it does not matter; a display and a value have to be whole in memory,
# some times over, in each of the three processes that they pass.
TEXT_MEMORY = 30e6
WHOLE_MEMORY = 20e6 + 6 * SIZE
DIGITS = "0123456789" * 1000
PIECES = SIZE // len(DIGITS)


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Output(KernelTest):
    def whole(self, what, code, wanted, read, memory):
        """Runs the cell; all of `wanted` must be what `read` finds in it."""
        peak = Peak(self.kernel)
        begun = time.monotonic()
        cell = self.ok(code.replace("AMOUNT", str(PIECES)))
        seconds, grown = time.monotonic() - begun, peak.end()
        found = read(cell)
        lost = [] if digest(found) == digest(wanted) else [f"{len(found)} of {len(wanted)} characters are there, or they are others"]
        if grown > memory:
            lost.append(f"{grown / 1e6:.0f} MB of memory")
        if self.ok("1 + 1").value != "2":
            lost.append("the next cell does not work")
        figures = f"{SIZE / 1e6:.0f} MB in {seconds:.1f} s, {grown / 1e6:.0f} MB more memory at most"
        record(self, f"output: {what}", 1, lost, figures)

    def test_lines(self):
        line = DIGITS[:99] + "\n"
        self.whole(
            "lines", f'for _ in 0..AMOUNT * {len(DIGITS) // 100} {{ println!("{line[:-1]}"); }}',
            line * (SIZE // 100), lambda cell: cell.text(), TEXT_MEMORY,
        )

    def test_a_line_without_an_end(self):
        self.whole(
            "one line without an end", f'let digits = "0123456789".repeat(1000);\nfor _ in 0..AMOUNT {{ print!("{{digits}}"); }}',
            DIGITS * PIECES, lambda cell: cell.text(), TEXT_MEMORY,
        )

    def test_standard_error(self):
        self.whole(
            "standard error", f'let digits = "0123456789".repeat(1000);\nfor _ in 0..AMOUNT {{ eprint!("{{digits}}"); }}',
            DIGITS * PIECES, lambda cell: cell.text("stderr"), TEXT_MEMORY,
        )

    def test_a_display(self):
        self.whole(
            "one display of HTML", 'sevenlines::show::html(&"<b>456789".repeat(AMOUNT * 1000), "digits");',
            "<b>456789" * (PIECES * 1000), lambda cell: cell.shown[0]["text/html"], WHOLE_MEMORY,
        )

    def test_a_picture(self):
        wanted = base64.b64encode(bytes(range(250)) * (PIECES * 30)).decode()
        self.whole(
            "one PNG", 'let bytes: Vec<u8> = (0..250).cycle().take(AMOUNT * 7500).collect();\nsevenlines::show::png(&bytes, "bytes");',
            # In base64 it is a third longer.
            wanted, lambda cell: cell.shown[0]["image/png"], WHOLE_MEMORY * 4 // 3,
        )

    def test_a_value(self):
        self.whole(
            "one value", "vec![12345678; AMOUNT * 1000]",
            "[" + ", ".join(["12345678"] * (PIECES * 1000)) + "]", lambda cell: cell.value, WHOLE_MEMORY,
        )

    def test_a_value_that_shows_itself(self):
        self.ok('struct Large(usize);\nimpl Large { fn evcxr_display(&self) { sevenlines::show::value(&"<i>456789".repeat(self.0), "large"); } }')
        self.whole(
            "one value that shows HTML", "Large(AMOUNT * 1000)",
            "<i>456789" * (PIECES * 1000), lambda cell: cell.shown[0]["text/html"], WHOLE_MEMORY,
        )

    def test_bytes_that_are_no_text(self):
        """Every byte there is, broken UTF-8, and beginnings of what the kernel looks for in the output."""
        choose = random.Random(SEED)
        parts = [b"\x01", b"\x01SEVENLINES ", b"EVCXR_", b"EVCXR_EXECUTION_COMPLETE?", b"\0", b"\x1b[31m", b"\r", "é🦀".encode()]
        block = b"".join(choose.choice(parts) + choose.randbytes(choose.randrange(2000)) for _ in range(1000))
        data = (block * (SIZE // len(block) + 1))[: SIZE] + b"\n"
        with tempfile.NamedTemporaryFile(dir=FOLDER) as file:
            file.write(data)
            file.flush()
            self.whole(
                "bytes that are no text",
                f'use std::io::{{Read, Write}};\nlet mut file = std::fs::File::open("{file.name}")?.take(AMOUNT * 20_000);\n'
                "let mut bytes = Vec::new();\nfile.read_to_end(&mut bytes)?;\nstd::io::stdout().write_all(&bytes)?;",
                data.decode("utf-8", "replace"), lambda cell: cell.text(), TEXT_MEMORY + 2 * SIZE,
            )

    def test_stop_meanwhile(self):
        """Between two pieces of each kind of output."""
        lost, figures = [], []
        for what, piece in (
            ("lines", 'println!("{digits}");'), ("one line", 'print!("{digits}");'), ("standard error", 'eprint!("{digits}");'),
            ("displays", 'println!("x"); sevenlines::show::html(&digits.repeat(1000), "digits");'),
        ):
            code = f'let digits = "0123456789".repeat(1000);\nprintln!("begun"); loop {{ check_interrupt()?; {piece} }}'
            cell = self.kernel.run(code, stop_after="begun", wait=2)
            waited = cell.seconds - next(at for at, kind, _ in cell.outputs if kind == "stream") - 2
            if (cell.status, cell.error and cell.error["ename"]) != ("error", "Interrupted") or self.ok("1 + 1").value != "2":
                lost.append(f"{what}: {cell.status} {cell.error}")
            if waited > 15:
                lost.append(f"{what}: {waited:.1f} s until it stopped")
            figures.append(f"{what} {waited:.1f} s")
        record(self, "output: stop in the middle", len(figures), lost, "until the cell ends: " + ", ".join(figures))

    def test_a_client_that_does_not_read(self):
        """It holds up nobody for long, and what is kept for it is bounded."""
        other = self.sleeping_client()
        peak = Peak(self.kernel)
        cell = self.ok(f'let digits = "0123456789".repeat(1000);\nfor _ in 0..{3 * PIECES} {{ println!("{{digits}}"); }}')
        grown = peak.end()
        lost = [] if digest(cell.text()) == digest((DIGITS + "\n") * (3 * PIECES)) else ["the other client has not got all"]
        # It gets what was kept, and then what is new again.
        other.send_signal(signal.SIGCONT)
        if not processes.soon(lambda: self.ok('println!("awake");') and "awake" in "".join(other.said)):
            lost.append("it has lost its connection")
        figures = f"{3 * SIZE / 1e6:.0f} MB in {cell.seconds:.1f} s, {grown / 1e6:.0f} MB more memory at most"
        record(self, "output: a client that does not read", 1, lost, figures)

    def sleeping_client(self):
        code = (
            "import sys, zmq\n"
            "socket = zmq.Context().socket(zmq.SUB); socket.setsockopt(zmq.RCVHWM, 10)\n"
            "socket.connect(sys.argv[1]); socket.subscribe(b''); socket.recv_multipart(); print('there', flush=True)\n"
            "while True:\n"
            "    if b'awake' in b''.join(socket.recv_multipart()): print('awake', flush=True)\n"
        )
        address = f"tcp://{self.kernel.manager.ip}:{self.kernel.manager.iopub_port}"
        other = subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.communicate)
        self.addCleanup(other.kill)
        other.said = []
        threading.Thread(target=lambda: other.said.extend(other.stdout), daemon=True).start()
        self.assertTrue(processes.soon(lambda: self.ok("()") and other.said))
        other.send_signal(signal.SIGSTOP)
        return other


if __name__ == "__main__":
    unittest.main()
