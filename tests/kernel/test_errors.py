"""Errors that teach: shown as rustc shows them, in the cell's own lines, with what to write instead."""
import re

from harness import KernelTest

COLOUR = re.compile("\x1b\\[[0-9;]*m")


class Errors(KernelTest):
    def shown(self, code):
        """The error of a cell without its colours."""
        cell = self.fails(code)
        self.assertIn("\x1b[", "".join(cell.error["traceback"]))
        return COLOUR.sub("", "\n".join(cell.error["traceback"]))


class Compiler(Errors):
    def test_several_errors_with_their_labels_on_one_line(self):
        shown = self.shown('let good = 1;\nlet b: i32 = "x";\nlet c = nothing_there + 1;')
        self.assertIn('  2 | let b: i32 = "x";\n    |        ---   ^^^ expected `i32`, found `&str`\n    |        expected due to this\n', shown)
        self.assertIn("  3 | let c = nothing_there + 1;\n    |         ^^^^^^^^^^^^^ not found in this scope", shown)
        self.assertIn("`:explain` in the next cell tells more about E0", shown)
        self.assertIn("E0", self.ok(":explain").value)

    def test_a_suggestion_shows_the_changed_line(self):
        shown = self.shown('let s = String::from("a");\nlet t = s;\nprintln!("{s}");')
        self.assertIn("error[E0382]: borrow of moved value: `s`", shown)
        self.assertIn("  2 | let t = s.clone();", shown)
        self.assertIn("lend it with `&`", shown)

    def test_wide_characters_and_tabs_stay_aligned(self):
        shown = self.shown('if true {\n\tlet t: u8 = "日本"; }')
        self.assertIn('  2 |     let t: u8 = "日本"; }\n    |            --   ^^^^^^ expected `u8`', shown)

    def test_a_span_of_several_lines(self):
        shown = self.shown('let w = if true {\n    1\n} else {\n    "two"\n};')
        self.assertIn("  1 | let w = if true {\n    |         ---------\n", shown)
        self.assertIn("  5 | };\n    | - `if` and `else` have incompatible types", shown)

    def test_an_error_in_code_of_an_earlier_cell_is_shown_there(self):
        self.ok("struct P { x: i32 }\nfn getx(p: &P) -> i32 { p.x }")
        shown = self.shown("struct P { y: f64 }")
        self.assertRegex(shown, r"in code of an earlier cell, \[\d+\]:\n  2 \| fn getx\(p: &P\) -> i32 \{ p.x \}\n    \|  +\^ unknown field")

    def test_warnings_are_not_shown_among_errors(self):
        shown = self.shown("let x2 = 5;\nx2 = 6;\nloop { let unused = 3; break }")
        self.assertIn("error[E0384]", shown)
        self.assertNotIn("unused_", shown)
        self.assertNotIn("never read", shown)

    def test_a_method_of_the_library_is_shown(self):
        shown = self.shown("let w = Vgg16::new().finetune(3);")
        self.assertIn("pub fn finetune(&mut self, batches: &Batches) -> Result<()> {", shown)
        self.assertIn("Vgg16::new()?.finetune(3);", shown)

    def test_the_last_expressions_error_is_in_its_line(self):
        self.assertIn("  1 | 1 + missing\n    |     ^^^^^^^", self.shown("1 + missing"))


class Notebook(Errors):
    def test_a_variable_moved_in_an_earlier_cell(self):
        self.ok("let treasure = vec![1, 2, 3];")
        made = self.kernel.run("1").reply["execution_count"] - 1
        self.ok("fn eat(v: Vec<i32>) -> usize { v.len() }\neat(treasure);")
        shown = self.shown('println!("{treasure:?}");')
        self.assertIn(f"`treasure` was moved in cell [{made + 2}], which used it up: run the cell that makes it [{made}] again", shown)
        self.assertIn("`treasure.clone()` there", shown)

    def test_a_variable_of_a_cell_that_failed(self):
        self.fails('let unmade = 1; let wrong: i32 = "x";')
        self.assertRegex(self.shown("unmade + 1"), r"`unmade` is made in cell \[\d+\], which failed")

    def test_a_closure_is_shown_as_it_can_be_kept(self):
        shown = self.shown("let f = |x: i32| x + 1;")
        suggestion = re.search("write its type: `(.*)`", shown)[1]
        self.ok(suggestion)
        self.assertEqual(self.ok("f(1)").value, "2")
        shown = self.shown("let n = 5; let g = |x: i32, y: f64| x as f64 + y + n as f64;")
        suggestion = re.search("box it, with what it uses: `(.*)`", shown)[1]
        self.ok("let n = 5;\n" + suggestion)
        self.assertEqual(self.ok("g(1, 0.5)").value, "6.5")

    def test_a_borrow_that_cannot_be_kept(self):
        shown = self.shown('let owner = String::from("abc");\nlet part = &owner;')
        self.assertIn("`part` borrows from another one, and a borrow cannot be kept for the next cell", shown)
        self.assertIn("  2 | let part = &owner;", shown)
        for way in ("`.to_owned()`", "`.to_string()`", "`.clone()`", "in braces"):
            self.assertIn(way, shown)

    def test_a_missing_question_mark(self):
        self.assertIn('  1 | let c: i32 = "5".parse::<i32>()?;', self.shown('let c: i32 = "5".parse::<i32>();'))
        self.assertIn('  1 | let n = std::fs::read_to_string("x")?.len();', self.shown('let n = std::fs::read_to_string("x").len();'))
        self.assertIn('.ok_or("what is missing")?', self.shown("let o: i32 = Some(3);"))
        self.assertIn('.ok_or("what is missing")?', self.shown("let o = Some(3)?;"))

    def test_types_without_a_name(self):
        shown = self.shown("let it = vec![1, 2].into_iter().map(|x| x + 1);")
        self.assertIn("  1 | let it = ", shown)
        self.assertIn("`.collect::<Vec<_>>()`", shown)
        self.assertIn("write the type", self.shown("let z = Default::default();"))

    def test_an_ignored_result_is_pointed_out(self):
        cell = self.ok('let a = 1;\nstd::fs::remove_file("nothing-there");\nprintln!("done");')
        self.assertEqual(cell.text(), "done\n")
        self.assertIn("line 2 ignores a Result", COLOUR.sub("", cell.text("stderr")))
        self.assertEqual(self.ok('println!("done");').text("stderr"), "")

    def test_habits_of_other_languages(self):
        for code, words in [
            ("let a = 1\nlet b = 2", "  1 | let a = 1;"),
            ('print("hello")', "println!"),
            ("y = 5;", "  1 | let y = 5;"),
            ("let q = null;", "`None` or `Some(value)`"),
            ("let t = True;", "  1 | let t = true;"),
            ("import numpy as np", "Rust's `import` is `use"),
            ("def f(x):\n    return x", "a function is `fn name"),
            ("for i in range(3):\n    print(i)", "blocks are in braces"),
        ]:
            self.assertIn(words, self.shown(code), code)


class Running(Errors):
    def test_an_error_tells_what_caused_it(self):
        self.ok(
            "#[derive(Debug)] struct Outer(std::num::ParseIntError);\n"
            "impl std::fmt::Display for Outer { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, \"no number\") } }\n"
            "impl std::error::Error for Outer { fn source(&self) -> Option<&(dyn std::error::Error + 'static)> { Some(&self.0) } }\n"
            'fn outer() -> Outer { Outer("x".parse::<i32>().unwrap_err()) }'
        )
        chain = "no number\ncaused by: invalid digit found in string\n"
        for code in (
            "Err::<i32, Outer>(outer())?;",
            "let with_a_variable = 1; Err::<i32, Outer>(outer())?;",
            "Err::<i32, Box<dyn std::error::Error>>(outer().into())?",
            "Err::<i32, Box<dyn std::error::Error + Send + Sync>>(outer().into())?",
        ):
            shown = self.shown(code)
            self.assertIn(chain, shown)
            self.assertNotIn("stack backtrace", shown)
            # The statement, as the user wrote it.
            self.assertIn("  in " + code.split("; ")[-1], shown)

    def test_an_error_without_causes_says_nothing_of_them(self):
        for code in ('Err::<i32, String>("plain".into())?;', '"zz".parse::<i32>()?', 'std::fs::read("nothing")?.len()'):
            self.assertNotIn("caused by", self.shown(code))

    def test_a_panic_shows_the_cells_line(self):
        cell = self.fails("fn third(v: &[i32]) -> i32 {\n    v[3]\n}\nlet q = third(&[1]);")
        self.assertEqual(cell.error["ename"], "panic")
        shown = COLOUR.sub("", "\n".join(cell.error["traceback"]))
        self.assertEqual(shown, "panic: index out of bounds: the len is 1 but the index is 3\n  2 |     v[3]\n    |     ^")
        self.assertEqual(cell.text("stderr"), "")
        self.assertRegex(self.shown("let a = 0;\nthird(&[a]);"), r"an earlier cell, \[\d+\]:\n  2 \|     v\[3\]")
        self.assertIn('  2 | let z = "x".parse::<i32>().unwrap();\n', self.shown('let y = 1;\nlet z = "x".parse::<i32>().unwrap();'))

    def test_a_panic_of_another_thread_is_printed(self):
        cell = self.ok('std::thread::spawn(|| { panic!("elsewhere") }).join().is_err()')
        self.assertEqual(cell.value, "true")
        self.assertIn("elsewhere", cell.text("stderr"))

    def test_a_backtrace_is_shown_only_when_asked_for(self):
        self.ok('unsafe { std::env::set_var("RUST_BACKTRACE", "1") };')
        self.assertIn("rust_begin_unwind", self.fails('panic!("asked")').text("stderr"))
        self.ok('unsafe { std::env::remove_var("RUST_BACKTRACE") };')
        self.assertEqual(self.fails('panic!("not asked")').text("stderr"), "")
