"""Stop: variables are kept, only a press after the warning ends the process, compiling stops too."""
import threading
import time

from harness import KernelTest

LONG = """
fn long() -> std::result::Result<(), sevenlines::Error> {
    println!("begun");
    for _ in 0..600 {
        sevenlines::interrupt::check_interrupt()?;
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Ok(())
}
"""
DEAF = 'println!("begun"); for _ in 0..1200 { std::thread::sleep(std::time::Duration::from_millis(50)); }'
WARNING = "press stop again to end its process"
AFTER_ALL = "the cell has ended by itself after all, and nothing is lost"


class Stop(KernelTest):
    def pressed(self, code, *texts, presses=1, pause=0.3):
        """Runs a cell that fails; stop is pressed when each of the texts comes, the first time `presses` times."""
        ident = self.kernel.client.execute(code)
        texts, outputs = list(texts), []
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=300)
            if message["parent_header"].get("msg_id") != ident:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            outputs.append(content)
            if texts and texts[0] in content.get("text", ""):
                texts.pop(0)
                for _ in range(presses):
                    self.kernel.press()
                    time.sleep(pause)
                presses = 1
        reply = self.kernel.reply(ident)
        self.assertEqual(reply["status"], "error", outputs)
        self.assertEqual(texts, [], outputs)
        return reply, "".join(content.get("text", "") for content in outputs)

    def test_1_stop_keeps_what_the_very_cell_defined(self):
        self.ok(LONG)
        cell = self.fails(
            'let path = PathBuf::from("a");\nlet batch_size = 64;\nlet mut vgg = vec![1.5];\n'
            "let batches = vgg.len() * batch_size;\nvgg.push(3.0);\nlong()?;\nlet after = 1;",
            stop_after="begun",
        )
        self.assertEqual(cell.error["ename"], "Interrupted")
        self.assertLess(cell.seconds, 25)
        kept = self.ok('println!("{:?} {batch_size} {vgg:?} {batches}", path);')
        self.assertEqual(kept.text(), '"a" 64 [1.5, 3.0] 64\n')
        self.assertIn("after", self.fails("after").error["evalue"])

    def test_2_a_late_stop_does_not_reach_the_next_cell(self):
        self.kernel.press()
        self.assertEqual(self.ok("sevenlines::interrupt::check_interrupt()?; 5").value, "5")

    def test_3_a_stop_after_the_warning_ends_the_process_and_the_kernel_recovers(self):
        self.ok("let lost = 1;")
        reply, text = self.pressed(DEAF, "begun", WARNING)
        self.assertEqual(reply["ename"], "Killed")
        self.assertNotIn(AFTER_ALL, text)
        self.assertIn("lost: ", reply["evalue"])
        self.assertIn("Run All Above", "\n".join(reply["traceback"]))
        self.assertEqual(self.ok("1 + 1").value, "2")
        self.fails("lost")
        # The new process listens to stop as the first did.
        self.ok(LONG)
        cell = self.fails("let again = 2; long()?", stop_after="begun")
        self.assertEqual(cell.error["ename"], "Interrupted")
        self.assertEqual(self.ok("again").value, "2")

    def test_4_stop_while_compiling_keeps_all(self):
        self.ok("let safe = 3;")
        ident = self.kernel.client.execute('println!("ran"); let unsaved = 1;')
        time.sleep(0.05)
        self.kernel.press()
        reply = self.kernel.reply(ident)
        if reply["status"] == "error":
            self.assertEqual(reply["ename"], "Interrupted")
        self.assertEqual(self.ok("safe").value, "3")

    def test_5_a_burst_of_presses_ends_nothing(self):
        """Two presses half a second apart once ended the process, and all variables with it."""
        self.ok(LONG)
        self.ok("let treasure = 4;")
        # This cell listens only after a second.
        slow = "let mine = 5; println!(\"begun\"); std::thread::sleep(std::time::Duration::from_millis(1000)); long()?;"
        reply, text = self.pressed(slow, "begun", presses=3)
        self.assertEqual(reply["ename"], "Interrupted")
        self.assertNotIn(WARNING, text)
        self.assertEqual(self.ok("(treasure, mine)").value, "(4, 5)")

    def test_6_the_warning_says_what_is_at_stake(self):
        """A cell that listens late is warned about, and keeps all if stop is not pressed again."""
        slow = "let late = 6; println!(\"begun\"); std::thread::sleep(std::time::Duration::from_secs(6)); sevenlines::interrupt::check_interrupt()?;"
        cell = self.fails(slow, stop_after="begun")
        self.assertEqual(cell.error["ename"], "Interrupted")
        self.assertIn(WARNING, cell.text("stderr"))
        self.assertIn("all variables", cell.text("stderr"))
        self.assertTrue(cell.text("stderr").endswith(AFTER_ALL + "\n"), "the warning stood beside a cell that had stopped")
        self.assertEqual(self.ok("late").value, "6")

    def test_7_stops_at_any_moment_of_compiling_leave_the_next_cell_alone(self):
        """A compiler left behind would write its result over the next cell's; a late kill would end the next compiler."""
        self.ok("let count = 0;")
        for turn in range(12):
            # Every other cell is compiled twice: evcxr learns from the compiler that `text` is used up.
            after = "drop(text);" if turn % 2 else ""
            ident = self.kernel.client.execute(f"let count = {turn} + 100; let text = vec![count; 3]; {after}")
            timer = threading.Timer(0.08 * turn, self.kernel.press)
            timer.start()
            reply = self.kernel.reply(ident)
            # Sent at once, while that stop may still be at work, or not have come yet.
            next_cell = self.kernel.run(f"println!(\"turn {turn}\"); {turn} + 7")
            timer.join()
            if reply["status"] == "error":
                self.assertEqual(reply["ename"], "Interrupted", reply)
            if next_cell.status == "error":
                self.assertEqual(next_cell.error["ename"], "Interrupted", next_cell.outputs)
            else:
                self.assertEqual((next_cell.text(), next_cell.value), (f"turn {turn}\n", str(turn + 7)))
            self.ok("count")
