"""The cells' process dies: the error names the cause, the loss and the way back, and the kernel goes on."""
import os

from harness import KernelTest


class Crash(KernelTest):
    def setUp(self):
        self.ok("let kept = vec![1.5];\nlet size = 3;")
        self.ok("use std::collections::BTreeMap;\nfn twice(x: i32) -> i32 { 2 * x }")

    def crashes(self, code, name, *words):
        """The cell fails so, in plain words and without a backtrace; afterwards all but the variables is there."""
        cell = self.fails(code)
        self.assertEqual(cell.error["ename"], name, cell.error)
        for word in (*words, "these variables are lost: ", "kept", "size"):
            self.assertIn(word, cell.error["evalue"])
        self.assertIn("Run All Above", "\n".join(cell.error["traceback"]))
        for noise in ("evcxr", "runtime_hook", "Subprocess", "SIG"):
            self.assertNotIn(noise, "\n".join([cell.text("stderr"), *cell.error["traceback"]]))
        self.assertEqual(self.ok("(twice(2), BTreeMap::<u8, u8>::new().len())").value, "(4, 0)")
        self.assertEqual(self.ok("Tensor::new(&[1f32, 2.], &Device::Cpu)?.dims1()?").value, "2")
        gone = self.fails("size")
        self.assertIn("cannot find value `size`", gone.error["evalue"])
        return cell

    def test_a_stack_overflow(self):
        self.crashes(
            "fn deep(n: u64) -> u64 { let a = [n; 100]; if n == u64::MAX { 0 } else { deep(n + 1) + a[(n % 100) as usize] } }\ndeep(0)",
            "StackOverflow", "a function calls itself without end?",
        )
        # The fresh process tells an overflow too.
        self.ok("let kept = 1;\nlet size = 2;")
        self.crashes(
            "fn deeper(n: u64) -> u64 { let a = [n; 9]; if n == u64::MAX { 0 } else { deeper(n + 1) + a[(n % 9) as usize] } }\ndeeper(0)",
            "StackOverflow",
        )

    def test_a_segmentation_fault(self):
        self.crashes("unsafe { std::ptr::without_provenance_mut::<i32>(64).write_volatile(1) };", "SegmentationFault", "`unsafe`")

    def test_an_illegal_instruction(self):
        if os.uname().machine != "x86_64":
            self.skipTest("the instruction is one of x86-64's")
        self.crashes('unsafe { std::arch::asm!("ud2") };', "IllegalInstruction")

    def test_an_abort(self):
        cell = self.crashes('eprintln!("last words");\nstd::process::abort();', "Aborted")
        self.assertIn("last words", cell.text("stderr"))

    def test_an_allocation_that_fails(self):
        self.crashes("let large: Vec<u8> = Vec::with_capacity(1 << 46);\nprintln!(\"{}\", large.capacity());", "OutOfMemory", "64 TiB")

    def test_a_process_that_the_system_kills(self):
        self.crashes(
            'std::process::Command::new("sh").args(["-c", &format!("kill -9 {}", std::process::id())]).status()?;\n'
            "loop { std::thread::sleep(std::time::Duration::from_millis(50)); }",
            "ProcessKilled", "memory ran out",
        )

    def test_exit_in_a_cell(self):
        self.crashes("std::process::exit(3);", "Exited", "std::process::exit(3)")

    def test_the_way_back_names_the_cells(self):
        cell = self.fails("std::process::abort();")
        self.assertRegex("\n".join(cell.error["traceback"]), r"run cell \d+ again|run cells [\d, ]+ and \d+ again")

    def test_nothing_to_lose(self):
        self.fails("std::process::abort();")
        cell = self.fails("std::process::abort();")
        self.assertIn("no variable is lost", cell.error["evalue"])
