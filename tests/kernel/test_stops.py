"""Stop, many times, at random moments of the seven lines: nothing is ever lost."""
import os
import random
import tempfile
import time
import unittest

from counts import record, tries
from harness import FOLDER, Kernel
from lesson import SEVEN_LINES, copy_set

TIMES = int(os.environ.get("SEVENLINES_STOPS", tries(16, 50)))
SEED = int(os.environ.get("SEVENLINES_SEED_OF_STOPS", 7))
# All that the seven lines make, and what was there before them.
USE = """\
println!("{} {round} {} {batch_size} {} {} {}", before.len(), path.is_dir(), batches.len(), val_batches.len(), vgg.classes().len());
"""


def moment_of(turn, chance):
    """From 0 to 1. Every other one in the second half, where the cell runs; the rest spread evenly, so that few meet the compiler too."""
    if turn % 2:
        return chance.uniform(0.5, 1)
    return ((turn // 2 - 1) % (TIMES // 2) + chance.random()) / (TIMES // 2)


class Stops(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=FOLDER)
        copy_set(cls.folder.name, train=5, valid=2)
        cls.kernel = Kernel(env={"SEVENLINES_DATA": cls.folder.name})

    @classmethod
    def tearDownClass(cls):
        cls.kernel.close()
        cls.folder.cleanup()

    def ok(self, code):
        cell = self.kernel.run(code)
        self.assertEqual(cell.status, "ok", cell.outputs)
        return cell

    def timed(self, round):
        """The seconds that the cell takes where nobody stops it."""
        return self.ok(f"let round = {round};\n{SEVEN_LINES}").seconds

    def press(self):
        """Stop, and its reply: a stop still on its way would hit the next cell."""
        client = self.kernel.client
        request = client.session.msg("interrupt_request", {})
        client.control_channel.send(request)
        while client.get_control_msg(timeout=60)["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            pass

    def stopped(self, turn, delay):
        """Runs the cell and presses stop after `delay` seconds; the reply and the number of sets that were found."""
        ident = self.kernel.client.execute(f"let round = {turn};\n{SEVEN_LINES}")
        time.sleep(delay)
        self.press()
        reply = self.kernel.reply(ident, timeout=300)
        text = ""
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=300)
            if message["parent_header"].get("msg_id") == ident:
                text += message["content"].get("text", "")
                if message["content"].get("execution_state") == "idle":
                    return reply, text.count("Found ")

    def test_nothing_is_lost(self):
        self.ok("let before = vec![1, 2, 3];")
        self.timed(0)
        # As a user would: the second time the compiler has seen the cell.
        duration = self.timed(0)
        moments = random.Random(SEED)
        round, counts = 0, {"before it ran": 0, "while it ran": 0, "in fit": 0, "too late": 0}
        for turn in range(1, 3 * TIMES + 1):
            if turn > TIMES and counts["before it ran"] and counts["in fit"]:
                break
            if turn % TIMES == 1 and turn > 1:
                # The machine became slower or faster meanwhile.
                duration = self.timed(round)
            delay = duration * moment_of(turn, moments)
            reply, found = self.stopped(turn, delay)
            with self.subTest(turn=turn, delay=delay):
                trace = "\n".join(reply.get("traceback", []))
                if reply["status"] == "error":
                    self.assertEqual(reply["ename"], "Interrupted", reply)
                not_run = reply["status"] == "error" and "before the cell ran" in reply["evalue"]
                fitting = "vgg.fit(" in trace
                round = round if not_run else turn
                moment = "before it ran" if not_run else "in fit" if fitting else "while it ran"
                counts["too late" if reply["status"] == "ok" else moment] += 1
                words = self.ok(USE).text().split()
                self.assertEqual(words[:6], ["3", str(round), "true", "64", "10", "4"], reply)
                if fitting or found == 2 and reply["status"] == "ok":
                    self.assertEqual(words[6], "2", reply)
        moments = ", ".join(f"{number} {moment}" for moment, number in counts.items())
        record(self, "kernel: stops at random moments of the seven lines", sum(counts.values()), [], moments)
        self.assertGreater(counts["before it ran"], 0)
        self.assertGreater(counts["in fit"], 0)
        self.assertIn("Epoch 1/1 - ", self.ok("vgg.finetune(&batches)?;\nvgg.fit(&batches, &val_batches, 1)?;").text())
