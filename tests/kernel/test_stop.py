"""Stop: variables are kept, a second stop ends the process, compiling stops too."""
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


class Stop(KernelTest):
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

    def test_3_a_second_stop_ends_the_process_and_the_kernel_recovers(self):
        self.ok("let lost = 1;")
        cell = self.fails(
            'println!("begun"); loop { std::thread::sleep(std::time::Duration::from_millis(50)); }',
            stop_after="begun",
            presses=2,
        )
        self.assertEqual(cell.error["ename"], "Killed")
        self.assertIn("lost", cell.error["evalue"])
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
