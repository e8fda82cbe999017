"""What cells print, show, fail with and keep."""
from harness import KernelTest


class Output(KernelTest):
    def test_output_is_live_and_in_order(self):
        cell = self.ok(
            'for i in 0..3 { println!("out {i}"); std::thread::sleep(std::time::Duration::from_millis(500));'
            ' eprintln!("err {i}"); std::thread::sleep(std::time::Duration::from_millis(500)); }'
        )
        streams = []
        for content in cell.of("stream"):
            if streams and streams[-1][0] == content["name"]:
                # Standard error is not buffered: one line may come as two messages.
                streams[-1] = (content["name"], streams[-1][1] + content["text"])
            else:
                streams.append((content["name"], content["text"]))
        wanted = [pair for i in range(3) for pair in (("stdout", f"out {i}\n"), ("stderr", f"err {i}\n"))]
        self.assertEqual(streams, wanted)
        times = [time for time, kind, _ in cell.outputs if kind == "stream"]
        self.assertGreater(times[-1] - times[0], 1)

    def test_a_progress_line_shows_before_it_ends(self):
        cell = self.ok(
            "use std::io::Write; for i in 0..3 {"
            ' print!("\\r{i}/3"); std::io::stdout().flush()?;'
            " std::thread::sleep(std::time::Duration::from_millis(700)); }"
        )
        self.assertEqual([c["text"] for c in cell.of("stream")], ["\r0/3", "\r1/3", "\r2/3"])

    def test_text_without_an_end_belongs_to_its_cell(self):
        self.assertEqual(self.ok('print!("abc")').text(), "abc")
        self.assertEqual(self.ok('println!("d")').text(), "d\n")

    def test_several_displays_in_one_cell(self):
        cell = self.ok(
            "struct Bold(i32); impl Bold { fn evcxr_display(&self) { println!("
            '"EVCXR_BEGIN_CONTENT text/html\\n<b>{}</b>\\nEVCXR_END_CONTENT", self.0); } } Bold(1).evcxr_display(); Bold(2).evcxr_display();'
            ' println!("between"); Bold(3)'
        )
        shown = [c["data"]["text/html"] for c in cell.of("display_data")]
        self.assertEqual(shown, ["<b>1</b>", "<b>2</b>", "<b>3</b>"])
        kinds = [kind for _, kind, _ in cell.outputs]
        self.assertEqual(kinds, ["display_data", "display_data", "stream", "display_data"])

    def test_a_million_lines_arrive_whole(self):
        cell = self.ok('for i in 0..1_000_000 { println!("{i}"); }')
        self.assertEqual(len(cell.text()), 6_888_890)
        self.assertTrue(cell.text().endswith("\n999999\n"))
        self.assertLess(len(cell.of("stream")), 5000)

    def test_a_statement_shows_nothing_and_a_value_shows(self):
        self.assertIsNone(self.ok("let silent = 1;").value)
        self.assertEqual(self.ok("silent + 1").value, "2")
        self.assertEqual(self.ok("()").outputs, [])


class Types(KernelTest):
    def test_common_types_are_inferred(self):
        self.ok('let v = vec![1, 2]; let o = Some(1); let s = String::from("a");')
        self.assertEqual(self.ok("(v, o, s)").value, '([1, 2], Some(1), "a")')

    def test_the_library_is_loaded(self):
        self.ok("let t = Tensor::new(&[1f32, 2.], &Device::Cpu)?;")
        self.assertEqual(self.ok("t.to_vec1::<f32>()?").value, "[1.0, 2.0]")

    def test_training_goes_across_cells(self):
        """Each cell with its own copy of candle's counter would give a wrong gradient, or none."""
        self.ok("use candle_core::Var; let w = Var::new(&[2f32, 3.], &Device::Cpu)?;")
        self.ok("let loss = w.sqr()?.sum_all()?;")
        self.ok("let grads = loss.backward()?;")
        self.assertEqual(self.ok("grads.get(&w).unwrap().to_vec1::<f32>()?").value, "[4.0, 6.0]")


class Failing(KernelTest):
    def test_a_question_mark_fails_and_keeps_the_cells_variables(self):
        self.ok("let kept = 1;")
        cell = self.fails('let a = 5; let mut b = vec![kept]; b.push(a); let c: i32 = "zz".parse()?; let d = 3;')
        self.assertEqual(cell.error["ename"], "ParseIntError")
        self.assertIn("invalid digit", cell.error["evalue"])
        self.assertIn('"zz".parse()?', cell.error["traceback"][1])
        self.assertEqual(self.ok("(a, &b, kept)").value, "(5, [1, 5], 1)")
        self.assertIn("cannot find value `d`", self.fails("d").error["evalue"])

    def test_a_failing_last_expression_fails(self):
        cell = self.fails('let before = 7; "zz".parse::<i32>()?')
        self.assertEqual(cell.error["ename"], "ParseIntError")
        self.assertEqual(self.ok("before").value, "7")

    def test_a_variable_about_to_be_replaced_keeps_its_old_value(self):
        self.ok("let turn = vec![1, 2];")
        self.fails('let turn = if turn.len() == 2 { "x".parse::<i32>()?; vec![0] } else { vec![3] };')
        self.assertEqual(self.ok("turn").value, "[1, 2]")

    def test_a_panic_fails_with_its_text_and_older_variables_stay(self):
        self.ok("let older = 1;")
        cell = self.fails('let newer = 2; panic!("boo {}", newer);')
        self.assertEqual((cell.error["ename"], cell.error["evalue"]), ("panic", "boo 2"))
        self.assertEqual(self.ok("older").value, "1")

    def test_a_compile_error_points_at_the_users_text(self):
        cell = self.fails('let fine = 1;\nlet x: i32 = "a";')
        self.assertEqual(cell.error["ename"], "compile error E0308")
        text = "\n".join(cell.error["traceback"])
        self.assertIn('let x: i32 = "a";', text)
        self.assertIn("expected `i32`, found `&str`", text)
        self.assertIn("  2 | ", text)
        self.assertIn("\x1b[", text)

    def test_a_compile_error_in_a_line_with_a_question_mark(self):
        cell = self.fails('let a1 = 1; let b1: u8 = "1".parse::<i32>()?;')
        self.assertEqual(cell.error["ename"], "compile error E0308")
        self.assertIn("expected `u8`, found `i32`", "\n".join(cell.error["traceback"]))

    def test_a_crash_is_told_and_the_kernel_goes_on(self):
        self.ok("let gone = 1;")
        cell = self.fails('eprintln!("last words"); std::process::abort();')
        self.assertIn("gone", cell.error["evalue"])
        self.assertIn("last words", cell.text("stderr"))
        self.assertEqual(self.ok("1 + 1").value, "2")
