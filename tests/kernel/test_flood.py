"""A cell that floods its output: all of it arrives, the kernel answers meanwhile, stop works, memory is bounded."""
import time

import processes
from harness import KernelTest

LINES = 1_000_000
WARNING = "press stop again to end its process"
FLOOD = f'for i in 0..{LINES} {{ println!("line {{i}}"); }}'
LISTENING = 'let mut i = 0u64; loop { println!("line {i}"); i += 1; sevenlines::interrupt::check_interrupt()?; }'
ENDLESS = 'let mut i = 0u64; loop { println!("line {i}"); i += 1; }'
# Room for what is under way; the flood is 12 MB of text, which must not pile up many times over on its way.
GROWTH = 100e6


class Flood(KernelTest):
    def ask(self):
        """The seconds that kernel_info takes."""
        begun = time.monotonic()
        self.kernel.reply(self.kernel.client.kernel_info())
        return time.monotonic() - begun

    def begin(self, code):
        """Starts a cell and waits for its first output."""
        ident = self.kernel.client.execute(code)
        return ident, next(content for kind, content in self.messages(ident) if kind == "stream")

    def messages(self, ident):
        """The cell's messages until it is idle."""
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != ident:
                continue
            if message["content"].get("execution_state") == "idle":
                return
            yield message["msg_type"], message["content"]

    def test_a_million_lines_arrive_whole_in_few_messages(self):
        begun = time.monotonic()
        ident, first = self.begin(FLOOD)
        # The compiler has ended by now: what is watched are the kernel and its cells' process.
        before, peak = processes.resident(self.kernel.pid), processes.Peak(self.kernel.pid, every=0.05)
        streams = [first, *(content for kind, content in self.messages(ident) if kind == "stream")]
        grown, seconds = peak.end() - before, time.monotonic() - begun
        self.assertEqual(self.kernel.reply(ident)["status"], "ok")
        print(f"{LINES} lines in {seconds:.1f} s, {len(streams)} messages, {grown / 1e6:.0f} MB more at most")
        self.assertEqual("".join(stream["text"] for stream in streams), "".join(f"line {i}\n" for i in range(LINES)))
        self.assertLess(len(streams), 5000)
        self.assertLess(seconds, 120)
        self.assertLess(grown, GROWTH)

    def test_the_kernel_answers_during_a_flood(self):
        ident, _ = self.begin(LISTENING)
        waits, received = [], 0
        for kind, content in self.messages(ident):
            received += content["text"].count("\n") if kind == "stream" else 0
            if len(waits) < 5 and received > len(waits) * LINES // 10:
                # The flood has no end of its own: behind it, no answer would come.
                waits.append(self.ask())
                if len(waits) == 5:
                    self.kernel.press()
        self.assertEqual(len(waits), 5)
        self.assertEqual(self.kernel.reply(ident)["ename"], "Interrupted")
        print("kernel_info during a flood:", " ".join(f"{wait:.3f}" for wait in waits), "s")
        self.assertLess(max(waits), 10)

    def test_stop_ends_a_flood(self):
        """A loop that listens to stop, as the library's do, ends at once; what was printed comes first."""
        ident, _ = self.begin(LISTENING)
        begun = time.monotonic()
        self.kernel.press()
        last = list(self.messages(ident))[-1]
        seconds = time.monotonic() - begun
        reply = self.kernel.reply(ident)
        print(f"a flood stopped in {seconds:.1f} s")
        self.assertEqual((reply["status"], reply["ename"], last[0]), ("error", "Interrupted", "error"))
        self.assertLess(seconds, 30)
        self.assertEqual(self.ok("1 + 1").value, "2")

    def test_stop_twice_ends_a_flood_that_does_not_listen(self):
        ident, _ = self.begin(ENDLESS)
        begun = time.monotonic()
        self.kernel.press()
        warned = False
        for kind, content in self.messages(ident):
            self.assertLess(time.monotonic() - begun, 60, "the warning did not come, or the second press ended nothing")
            if not warned and kind == "stream" and content["name"] == "stderr" and WARNING in content["text"]:
                warned = True
                self.kernel.press()
        self.assertTrue(warned)
        seconds = time.monotonic() - begun
        print(f"a deaf flood ended in {seconds:.1f} s")
        self.assertEqual(self.kernel.reply(ident)["status"], "error")
        self.assertLess(seconds, 30)
        self.assertEqual(self.ok("1 + 1").value, "2")
