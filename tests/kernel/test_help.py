"""Help, completion and the commands of a cell."""
import re

from harness import KernelTest


class Asking(KernelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = cls.kernel.run(
            "let numbers = vec![1, 2]; let maybe: std::result::Result<i32, std::fmt::Error> = Ok(7);\n"
            "/// Twice as much.\nfn double(x: i32) -> i32 { x * 2 }"
        )
        assert first.status == "ok", first.outputs

    def ask(self, kind, content):
        client = self.kernel.client
        message = client.session.msg(kind, content)
        client.shell_channel.send(message)
        return self.kernel.reply(message["header"]["msg_id"])

    def inspect(self, code, level=0):
        """`|` is the cursor."""
        content = {"code": code.replace("|", ""), "cursor_pos": code.index("|"), "detail_level": level}
        return self.ask("inspect_request", content)

    def complete(self, code):
        reply = self.ask("complete_request", {"code": code.replace("|", ""), "cursor_pos": code.index("|")})
        self.assertEqual(reply["status"], "ok")
        typed = reply["metadata"].get("_jupyter_types_experimental", [])
        self.assertEqual([item["text"] for item in typed], reply["matches"])
        self.assertEqual(len(set(reply["matches"])), len(reply["matches"]), "a match is there twice")
        for item in typed:
            self.assertEqual((item["start"], item["end"]), (reply["cursor_start"], reply["cursor_end"]))
        return reply, typed


class Inspection(Asking):
    def describes(self, code, *words):
        reply = self.inspect(code)
        self.assertTrue(reply["found"], code)
        for word in words:
            self.assertIn(word, reply["data"]["text/plain"], code)
        self.assertIn("<pre>", reply["data"]["text/html"])

    def test_a_name_is_described_wherever_the_cursor_touches_it(self):
        for code in ("|double(1)", "dou|ble(1)", "double|(1)", "let é = 1; dou|ble(é)"):
            self.describes(code, "fn double(x: i32) -> i32", "Twice as much")

    def test_a_call_is_described_from_within(self):
        for code in ("double(|", "double(|1)", "double(1, |)", 'double(1, "a|")', "println!(\"{}\", double(2|))"):
            self.describes(code, "fn double")
        self.describes("numbers.push(|", "fn push", "value: T")

    def test_a_variable_shows_its_type(self):
        self.describes("num|bers", "numbers: Vec<i32>")
        self.describes('println!("{}", num|bers', "numbers: Vec<i32>")
        self.describes("let local = 5u8; loc|al", "u8")

    def test_methods_and_the_librarys_types(self):
        self.describes("numbers.le|n()", "fn len(&self) -> usize")
        self.describes("Vgg1|6::new()", "enum Vgg16")
        self.describes("let mut vgg = Vgg16::new()?; vgg.f|it(", "fn fit", "nb_epoch")
        self.describes("fit|", "fn fit")
        self.describes("Vgg16::fi|t", "fn fit", "nb_epoch")
        self.assertNotIn("# fn main", self.inspect("Vgg16|", 1)["data"]["text/html"])

    def test_headings_stand_apart_in_plain_text(self):
        lines = self.inspect("std::fs::read|")["data"]["text/plain"].splitlines()
        self.assertIn("Errors", lines)

    def test_what_is_not_known_is_not_found(self):
        for code in ("nosuchname|", '"numbers|"', "// numbers|", "|", "1 |"):
            reply = self.inspect(code)
            self.assertEqual((reply["status"], reply["found"], reply["data"]), ("ok", False, {}), code)


class Questions(Asking):
    def page(self, code):
        cell = self.ok(code)
        self.assertEqual(cell.outputs, [])
        [payload] = cell.reply["payload"]
        self.assertEqual((payload["source"], payload["start"]), ("page", 0))
        return payload["data"]

    def test_a_name_with_a_question_mark_opens_the_pager(self):
        for code in ("double?", "?double", "?? double", " double?\n"):
            self.assertIn("Twice as much", self.page(code)["text/plain"])
        self.assertIn("numbers: Vec<i32>", self.page("numbers?")["text/plain"])
        self.assertIn("fn len", self.page("numbers.len?")["text/plain"])
        self.assertIn("text/html", self.page("?Vgg16"))

    def test_a_question_mark_of_rust_stays_rust(self):
        self.assertEqual(self.ok("maybe?").value, "7")
        self.assertEqual(self.ok('"5".parse::<i32>()?').value, "5")
        self.ok("struct Pair { left: std::result::Result<i32, std::fmt::Error> }\nlet pair = Pair { left: Ok(3) };")
        self.assertEqual(self.ok("pair.left?").value, "3")

    def test_an_unknown_name_is_said_to_be_unknown(self):
        self.assertIn("nosuchname", self.fails("?nosuchname").error["evalue"])
        self.assertIn("cannot find value", self.fails("nosuchname?").error["evalue"])


class Completion(Asking):
    def test_a_function_has_a_kind_and_a_signature(self):
        _, typed = self.complete("Learner::f|")
        [fit] = [item for item in typed if item["text"] == "fit"]
        self.assertEqual((fit["type"], fit["signature"]), ("function", "(batches, val_batches, nb_epoch)"))
        _, typed = self.complete("num|")
        self.assertEqual([(item["text"], item["type"]) for item in typed], [("numbers", "instance")])

    def test_ones_own_names_and_the_library_come_first(self):
        self.ok("let drawn = 1;")
        matches = self.complete("d|")[0]["matches"]
        self.assertEqual(matches[0], "drawn")
        self.assertLess(matches.index("dogs_vs_cats"), matches.index("drop"))
        self.assertLess(matches.index("double"), matches.index("drop"))

    def test_methods_within_calls_and_unfinished_macros(self):
        """rust-analyzer panics on the first and sees nothing in the second."""
        self.assertIn("numbers", self.complete("double(num|")[0]["matches"])
        reply, _ = self.complete('let é = 1; println!("{}", numbers.le|')
        self.assertIn("len", reply["matches"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (34, 36))

    def test_paths_of_the_library(self):
        self.assertIn("prelude", self.complete("use sevenlines::p|")[0]["matches"])
        self.assertIn("Vgg16", self.complete("use sevenlines::prelude::V|")[0]["matches"])

    def test_nothing_within_strings_and_comments(self):
        for code in ('let s = "num|', 'let s = "num|";', "// num|", "/* num| */"):
            self.assertEqual(self.complete(code)[0]["matches"], [], code)

    def test_commands_and_their_arguments(self):
        reply, typed = self.complete(":v|")
        self.assertEqual(reply["matches"], [":vars", ":version"])
        self.assertEqual({item["type"] for item in typed}, {"magic"})
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (0, 2))
        matches = self.complete("// é\n:|\n1")[0]["matches"]
        self.assertTrue({":help", ":time", ":dep", ":explain"} <= set(matches), matches)
        reply, _ = self.complete(":doc num|")
        self.assertEqual((reply["matches"], reply["cursor_start"]), (["numbers"], 5))
        self.assertEqual(self.complete(":time num|")[0]["matches"], ["numbers"])


class Commands(Asking):
    def shown_by(self, code):
        [shown] = self.ok(code).shown
        return shown

    def test_help_lists_ours_before_evcxrs(self):
        lines = self.shown_by(":help")["text/plain"].splitlines()
        names = [line.split()[0] for line in lines]
        self.assertEqual(len(names), len(set(names)))
        self.assertLess(names.index(":time"), names.index(":dep"))
        self.assertIn(":explain", names)

    def test_vars_is_a_table(self):
        shown = self.shown_by(":vars")
        self.assertRegex(shown["text/plain"], r"(?m)^numbers +Vec<i32>$")
        self.assertIn("<td", shown["text/html"])
        self.assertIn("Vec&lt;i32&gt;", shown["text/html"])

    def test_doc_says_what_inspection_says(self):
        self.assertEqual(self.shown_by(":doc double"), self.inspect("double|")["data"])
        self.assertIn("nosuchname", self.fails(":doc nosuchname").error["evalue"])

    def test_version_names_all_four(self):
        text = self.shown_by(":version")["text/plain"]
        for name in ("sevenlines", "rustc", "evcxr", "candle"):
            self.assertRegex(text, rf"(?m)^{name} +\d+\.\d+")

    def test_time_says_how_long(self):
        cell = self.ok(":time\nstd::thread::sleep(std::time::Duration::from_millis(300)); 5")
        times = re.fullmatch(r"compiled (\d+\.\d\d) s, ran (\d+\.\d\d) s\n", cell.text())
        self.assertTrue(times, cell.text())
        self.assertGreaterEqual(float(times[2]), 0.3)
        self.assertEqual(cell.value, "5")
        self.assertEqual(self.ok(":time 1 + 1").value, "2")
        # The error points at the user's own text.
        traceback = self.fails(":time let x: i32 = 'a';").error["traceback"]
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in traceback]
        self.assertIn(":time let x: i32 = 'a';", lines[1])
        self.assertEqual(lines[2].index("^"), lines[1].index("'a'"))

    def test_evcxrs_commands_go_on_working(self):
        self.assertTrue(self.ok(":last_compile_dir").value.strip().startswith("/"))
        self.fails("let x: i32 = 'a';")
        self.assertIn("Expected type", self.ok(":explain").value)
        self.assertIn("Unrecognised", self.fails(":nosuch").error["evalue"])
        self.assertIn("hello", self.ok("!echo hello").value)
        self.assertIn("Timing: true", self.ok(":timing").value)
        self.assertRegex(self.ok("1;").text(), "^compiled .* ran ")
        self.ok(":timing")

    def test_commands_and_rust_in_one_cell(self):
        cell = self.ok("// both\n:vars\n\nnumbers.len()")
        self.assertEqual((len(cell.of("display_data")), cell.value), (1, "2"))

    def test_a_last_let_without_its_semicolon_keeps_the_variable(self):
        self.ok("let kept = 5 // five")
        self.assertEqual(self.ok("kept").value, "5")


class Clearing(KernelTest):
    def test_clear_forgets_all_and_loads_the_library(self):
        self.ok("let gone = 1; fn lost() {}")
        self.assertIn("forgotten", self.ok(":clear").shown[0]["text/plain"])
        self.fails("gone")
        self.fails("lost()")
        self.assertEqual(self.ok("Tensor::new(&[1f32], &Device::Cpu)?.to_vec1::<f32>()?").value, "[1.0]")
        self.assertEqual(self.ok("sevenlines::interrupt::check_interrupt()?; 5").value, "5")

    def test_restart_keeps_functions_and_listens_to_stop(self):
        self.ok("let gone = 1; fn kept() -> i32 { 3 }")
        self.ok(":restart")
        self.assertEqual(self.ok("kept()").value, "3")
        self.fails("gone")
        cell = self.fails(
            'println!("begun"); loop { sevenlines::interrupt::check_interrupt()?; std::thread::sleep(std::time::Duration::from_millis(20)); }',
            stop_after="begun",
        )
        self.assertEqual(cell.error["ename"], "Interrupted")
