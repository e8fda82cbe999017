"""Printed text is text: whatever a file says that a cell prints, it shows nothing, asks nothing and ends nothing."""
import queue
import tempfile

from harness import FOLDER, KernelTest

# evcxr's words, and what stands for the library's operations, as a hostile file may hold them.
WORDS = (
    "EVCXR_EXECUTION_COMPLETE\n"
    "EVCXR_PANIC_NOTIFICATION\n"
    "EVCXR_ERROR_OCCURRED\n"
    "EVCXR_VARIABLE_CHANGED_TYPE:kept\n"
    "EVCXR_INPUT_REQUEST:your name\n"
    "EVCXR_INPUT_REQUEST_PASSWORD:your password\n"
    "EVCXR_BEGIN_CONTENT text/html\n<script>alert(1)</script>\nEVCXR_END_CONTENT\n"
    "EVCXR_BEGIN_CONTENT text/plain value\nforged\nEVCXR_END_CONTENT\n"
    "EVCXR_BEGIN_CONTENT text/html\nwithout an end\n"
    '\x01SEVENLINES {"op":"clear"}\n'
    '\x01SEVENLINES  {"op":"update","id":"shown","data":{"text/html":"forged"}}\n'
    '\x01SEVENLINES 00000000000000000000000000000000 {"op":"fail","ename":"Forged","evalue":"forged"}\n'
    '\x01SEVENLINES 00000000000000000000000000000000 {"op":"shows"}\n'
    "EVCXR_EXECUTION_COMPLETE"
)
# Prints the words again and again for so many milliseconds.
THREAD = (
    'let text = std::fs::read_to_string("{file}")?; std::thread::spawn(move || {{ let begun = std::time::Instant::now();'
    ' while begun.elapsed().as_millis() < {time} {{ println!("{{text}}"); std::thread::sleep(std::time::Duration::from_millis(10)); }} }});'
)


class Forging(KernelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(dir=FOLDER)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.file = f"{cls.folder.name}/words"
        with open(cls.file, "w") as file:
            file.write(WORDS)

    def setUp(self):
        self.ok('let kept = vec![1]; channel::display_as("shown", &r#"{"text/plain":"shown"}"#.parse()?);')

    def only_text(self, cell, text):
        """The cell showed this text and nothing else, and the notebook goes on."""
        self.assertEqual({kind for _, kind, _ in cell.outputs} - {"execute_result"}, {"stream"}, cell.outputs)
        self.assertEqual(cell.text(), text)
        with self.assertRaises(queue.Empty):
            self.kernel.client.get_stdin_msg(timeout=0.1)
        after = self.ok("kept.len()")
        self.assertEqual((after.value, len(after.outputs)), ("1", 1), after.outputs)

    def only_the_threads_text(self, cell):
        """A cell may begin and end amid it."""
        for piece in cell.text().split(WORDS + "\n"):
            self.assertIn(piece, WORDS + "\n")

    def test_a_file_that_is_printed(self):
        for end in ("", "\\n"):
            code = f'print!("{{}}{end}", std::fs::read_to_string({self.file!r})?); let mine = 5; mine'.replace("'", '"')
            cell = self.ok(code, allow_stdin=True)
            self.assertEqual(cell.value, "5")
            self.only_text(cell, WORDS + end.replace("\\n", "\n"))
            self.assertEqual(self.ok("mine").value, "5")

    def test_a_file_that_is_printed_in_pieces(self):
        code = (
            f'use std::io::Write; for byte in std::fs::read("{self.file}")? {{ let mut out = std::io::stdout();'
            " out.write_all(&[byte])?; out.flush()?; if byte == b'_' { std::thread::sleep(std::time::Duration::from_millis(2)); } } 5"
        )
        cell = self.ok(code, allow_stdin=True)
        self.assertEqual(cell.value, "5")
        self.only_text(cell, WORDS)

    def test_a_program_that_prints_it(self):
        cell = self.ok(f'std::process::Command::new("cat").arg("{self.file}").status()?.success()', allow_stdin=True)
        self.assertEqual(cell.value, "true")
        self.only_text(cell, WORDS)

    def test_standard_error(self):
        cell = self.ok(f'eprintln!("{{}}", std::fs::read_to_string("{self.file}")?);')
        self.assertEqual((cell.text(), cell.text("stderr")), ("", WORDS + "\n"))

    def test_a_value_that_holds_it(self):
        cell = self.ok(f'struct Raw(String); impl std::fmt::Debug for Raw {{ fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {{ f.write_str(&self.0) }} }}\nRaw(std::fs::read_to_string("{self.file}")?)')
        self.assertEqual([kind for _, kind, _ in cell.outputs], ["execute_result"])
        self.assertEqual(cell.value, WORDS)
        self.assertEqual(self.ok("kept.len()").value, "1")

    def test_an_error_that_holds_it(self):
        cell = self.fails(f'return Err(std::io::Error::other(std::fs::read_to_string("{self.file}")?))?;')
        self.assertEqual([kind for _, kind, _ in cell.outputs], ["error"])
        self.assertEqual(self.ok("kept.len()").value, "1")

    def test_a_cell_is_not_ended_early_and_runs_once(self):
        """A word that a variable is lost used to run the cell again, and one that it has ended to end it."""
        counted = f"{self.folder.name}/counted"
        cell = self.ok(
            f'use std::io::Write; print!("{{}}\\n", std::fs::read_to_string("{self.file}")?);'
            f' writeln!(std::fs::File::options().create(true).append(true).open("{counted}")?, "ran")?;'
            ' std::thread::sleep(std::time::Duration::from_millis(500)); println!("the end"); kept.len()'
        )
        self.assertEqual((cell.value, cell.text()), ("1", WORDS + "\nthe end\n"))
        with open(counted) as file:
            self.assertEqual(file.read(), "ran\n")

    def test_an_earlier_cells_thread_does_not_end_a_later_cell(self):
        self.ok(THREAD.format(file=self.file, time=600_000))
        # It ends the thread.
        self.addCleanup(self.ok, ":restart")
        for number in range(3):
            cell = self.ok(f"std::thread::sleep(std::time::Duration::from_millis(500)); {number}", allow_stdin=True)
            self.assertEqual(cell.value, str(number))
            self.assertGreater(cell.seconds, 0.5)
            self.assertEqual({kind for _, kind, _ in cell.outputs}, {"stream", "execute_result"}, cell.outputs)
            self.only_the_threads_text(cell)

    def test_a_thread_does_not_print_into_a_value_that_shows_itself(self):
        """What another thread printed while one did used to be shown as a display."""
        begin, end = "EVCXR_BEGIN_CONTENT text/html", "EVCXR_END_CONTENT"
        wait = "std::thread::sleep(std::time::Duration::from_millis(100));"
        self.ok(
            "struct Slow(u8);\n"
            f'impl Slow {{ fn evcxr_display(&self) {{ {wait} println!("{begin}"); {wait} println!("<b>{{}}</b>", self.0); {wait} println!("{end}"); {wait} }} }}\n'
            "struct Fails;\nimpl Fails { fn evcxr_display(&self) { panic!(\"not shown\") } }\n"
            f"struct Text;\nimpl std::fmt::Debug for Text {{ fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {{ {wait} f.write_str(\"text\") }} }}"
        )
        self.ok(THREAD.format(file=self.file, time=600_000))
        self.addCleanup(self.ok, ":restart")
        cells = {"Slow(1)": ["<b>1</b>"], "std::thread::spawn(|| Slow(2).evcxr_display()).join().unwrap(); Slow(3)": ["<b>2</b>", "<b>3</b>"], "Fails": [], "Text": ["text"]}
        for code, wanted in cells.items():
            cell = self.kernel.run(code)
            self.assertEqual((cell.error or {}).get("evalue"), "not shown" if code == "Fails" else None)
            self.assertEqual([shown.get("text/html", shown.get("text/plain")) for shown in cell.shown], wanted, cell.outputs)
            self.only_the_threads_text(cell)
        # The thread goes on.
        self.assertIn(WORDS, self.ok("std::thread::sleep(std::time::Duration::from_millis(200));").text())

    def test_nothing_that_a_cell_can_read_is_the_token(self):
        """The token used to be in the environment of the cells and of all that they start."""
        forge = (
            "let mut words: Vec<String> = std::env::vars().flat_map(|(name, value)| [name, value]).collect();"
            ' for file in ["/proc/self/environ", "/proc/self/cmdline", "/proc/self/maps"] {'
            " words.extend(String::from_utf8_lossy(&std::fs::read(file)?).split(['\\0', '=', ' ', '\\n']).map(String::from)); }"
            ' words.extend(std::env::vars().filter_map(|(_, value)| value.starts_with("/dev/fd/").then(|| std::fs::OpenOptions::new().read(true)'
            ".custom_flags(0o4000).open(value).ok()).flatten()).map(|mut file| { let mut text = String::new(); let _ = file.read_to_string(&mut text); text }));"
            ' words.sort(); words.dedup(); for word in &words { println!("\\u{1}SEVENLINES {word} {}", r#"{"op":"fail","ename":"Forged","evalue":"forged"}"#); } words.len() > 50'
        )
        cell = self.ok("use std::io::Read; use std::os::unix::fs::OpenOptionsExt;\n" + forge)
        self.assertEqual(cell.value, "true")
        self.assertGreater(cell.text().count('"Forged"'), 50)
        child = self.ok(
            'let said = std::process::Command::new("env").output()?; String::from_utf8_lossy(&said.stdout).lines()'
            '.filter(|line| line.starts_with("SEVENLINES_CHANNEL")).map(String::from).collect::<Vec<_>>()'
        )
        self.assertRegex(child.value, r'^\["SEVENLINES_CHANNEL=/dev/fd/\d+"\]$')

    def test_values_show_themselves_still(self):
        """evcxr's form of a display counts while a value shows itself: last in a cell, called for, in a function of the user's."""
        self.ok(
            "struct Shown(u8);\n"
            'impl Shown { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\\n<b>{}</b>\\nEVCXR_END_CONTENT", self.0); } }\n'
            "fn show(shown: &Shown) { shown.evcxr_display(); }"
        )
        code = f'Shown(1).evcxr_display(); print!("{{}}", std::fs::read_to_string("{self.file}")?); show(&Shown(2)); Shown(3)'
        cell = self.ok(code)
        self.assertEqual([shown["text/html"] for shown in cell.shown], ["<b>1</b>", "<b>2</b>", "<b>3</b>"])
        self.assertEqual(cell.text(), WORDS)

    def test_a_display_that_takes_the_value_itself_compiles(self):
        cell = self.ok('struct Taken; impl Taken { fn evcxr_display(self) { println!("taken"); } }\nTaken.evcxr_display();')
        self.assertEqual(cell.text(), "taken\n")

    def test_after_a_restart(self):
        self.ok(":restart")
        cell = self.ok(f'let kept = vec![1]; print!("{{}}", std::fs::read_to_string("{self.file}")?); channel::clear(true);', allow_stdin=True)
        # The text may come in several pieces.
        self.assertEqual({kind for _, kind, _ in cell.outputs[:-1]}, {"stream"})
        self.assertEqual(cell.outputs[-1][1], "clear_output")
        self.assertEqual(cell.text(), WORDS)
