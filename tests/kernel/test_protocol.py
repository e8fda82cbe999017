"""Jupyter's messages."""
import pathlib

from harness import HOME, Kernel, KernelTest
from processes import alive, born, descendants, soon


class Protocol(KernelTest):
    def ask(self, kind, content):
        client = self.kernel.client
        message = client.session.msg(kind, content)
        client.shell_channel.send(message)
        return self.kernel.reply(message["header"]["msg_id"])

    def test_kernel_info(self):
        info = self.ask("kernel_info_request", {})
        self.assertEqual((info["status"], info["language_info"]["name"]), ("ok", "rust"))

    def exchange(self, kind, content, channel="shell"):
        """The reply to a request, and what the kernel publishes meanwhile."""
        client = self.kernel.client
        message = client.session.msg(kind, content)
        socket = client.shell_channel if channel == "shell" else client.control_channel
        socket.send(message)
        published = []
        while ("status", {"execution_state": "idle"}) not in published:
            answer = client.get_iopub_msg(timeout=60)
            if answer["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                published.append((answer["msg_type"], answer["content"]))
        self.assertEqual(published[0], ("status", {"execution_state": "busy"}))
        return message["header"]["msg_id"], published[1:-1]

    def answered(self, kind, content, channel="shell"):
        ident, _ = self.exchange(kind, content, channel)
        get = self.kernel.client.get_shell_msg if channel == "shell" else self.kernel.client.get_control_msg
        while True:
            answer = get(timeout=60)
            if answer["parent_header"].get("msg_id") == ident:
                self.assertEqual(answer["msg_type"], kind.replace("request", "reply"))
                return answer["content"]

    def test_each_request_is_answered_on_either_channel(self):
        requests = {
            "kernel_info_request": {},
            "comm_info_request": {},
            "is_complete_request": {"code": "1"},
            "complete_request": {"code": "1", "cursor_pos": 1},
            "inspect_request": {"code": "1", "cursor_pos": 1, "detail_level": 0},
            "history_request": {"hist_access_type": "tail", "n": 1, "output": False, "raw": True},
            "interrupt_request": {},
            "execute_request": {
                "code": "1", "silent": False, "store_history": True, "user_expressions": {},
                "allow_stdin": False, "stop_on_error": True,
            },
        }
        for channel in ("shell", "control"):
            for kind, content in requests.items():
                self.assertEqual(self.answered(kind, content, channel).get("status", "ok"), "complete" if kind == "is_complete_request" else "ok", kind)

    def test_an_unknown_request_gets_an_error(self):
        """It used to get no reply, and the client waited for ever."""
        for channel in ("shell", "control"):
            reply = self.answered("no_such_request", {"a": 1}, channel)
            self.assertEqual((reply["status"], reply["ename"], reply["traceback"]), ("error", "UnknownRequest", []))
            self.assertIn("no_such_request", reply["evalue"])
        # What is no request wants no reply.
        self.assertEqual(self.exchange("no_such_message", {})[1], [])
        self.assertEqual(self.ok("10").value, "10")

    def test_a_request_may_leave_out_what_has_a_default(self):
        """It used to get no reply, and the client waited for ever."""
        for channel in ("shell", "control"):
            executed = self.answered("execute_request", {"code": "let spare = vec![1];"}, channel)
            self.assertEqual(executed["status"], "ok")
            completed = self.answered("complete_request", {"code": "spare.le"}, channel)
            self.assertIn("len", [match.partition("(")[0] for match in completed["matches"]])
            inspected = self.answered("inspect_request", {"code": "spare", "cursor_pos": None}, channel)
            self.assertTrue(inspected["found"], inspected)
            for content in (
                {"hist_access_type": "tail"},
                {"hist_access_type": "range"},
                {"hist_access_type": "range", "session": None, "start": 1, "stop": None},
                {"hist_access_type": "search", "pattern": "let spare*"},
                {"hist_access_type": "search", "n": 1},
            ):
                reply = self.answered("history_request", content, channel)
                self.assertEqual(reply["history"][-1][2], "let spare = vec![1];", content)
        closed = self.exchange("comm_open", {"comm_id": "c2"})[1]
        self.assertEqual(closed, [("comm_close", {"comm_id": "c2", "data": {}})])

    def test_a_silent_cell_is_not_remembered(self):
        self.answered("execute_request", {"code": "let unheard = 1;", "silent": True})
        search = {"hist_access_type": "search", "pattern": "let unheard*"}
        self.assertEqual(self.answered("history_request", search)["history"], [])

    def test_history_as_jupyter_client_asks_for_it(self):
        self.ok("let asked_for = 1;")
        for content in (
            {"hist_access_type": "search", "pattern": "let asked_for*"},
            {"hist_access_type": "range"},
            {"hist_access_type": "tail"},
        ):
            reply = self.kernel.client.history(reply=True, timeout=60, **content)["content"]
            self.assertEqual(reply["history"][-1][2], "let asked_for = 1;", content)

    def test_a_request_that_cannot_be_read_is_told_why(self):
        """It used to get no reply, and the client waited for ever."""
        for channel in ("shell", "control"):
            for kind, content, why in (
                ("execute_request", {}, "missing field `code`"),
                ("execute_request", {"code": 5}, "expected a string"),
                ("complete_request", {"cursor_pos": 1}, "missing field `code`"),
                ("inspect_request", {}, "missing field `code`"),
                ("is_complete_request", {}, "missing field `code`"),
                ("history_request", {"n": 1}, "missing field `hist_access_type`"),
                ("history_request", {"hist_access_type": "all"}, "unknown variant `all`"),
                ("shutdown_request", {"restart": "no"}, "expected a boolean"),
            ):
                reply = self.answered(kind, content, channel)
                self.assertEqual((reply["status"], reply["ename"], reply["traceback"]), ("error", "InvalidRequest", []))
                self.assertIn(f"this {kind} cannot be read: ", reply["evalue"])
                self.assertIn(why, reply["evalue"])
        # What is no request wants no reply.
        self.assertEqual(self.exchange("comm_msg", {})[1], [])
        self.assertEqual(self.ok("11").value, "11")

    def test_deprecated_and_debug_requests(self):
        manager = self.kernel.manager
        ports = self.answered("connect_request", {})
        self.assertEqual((ports["shell_port"], ports["iopub_port"]), (manager.shell_port, manager.iopub_port))
        debug = self.answered("debug_request", {"type": "request", "seq": 7, "command": "initialize"}, "control")
        self.assertEqual((debug["type"], debug["request_seq"], debug["success"]), ("response", 7, False))
        self.assertIn("no debugger", debug["message"])

    def test_comms(self):
        self.assertEqual(self.answered("comm_info_request", {"target_name": "x"}), {"status": "ok", "comms": {}})
        _, published = self.exchange("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
        self.assertEqual(published, [("comm_close", {"comm_id": "c1", "data": {}})])
        for kind in ("comm_msg", "comm_close"):
            self.assertEqual(self.exchange(kind, {"comm_id": "c1", "data": {}})[1], [])

    def test_completion_counts_characters(self):
        self.ok("let numbers = vec![1, 2];")
        code = 'let é = "🦀"; numbers.le'
        reply = self.ask("complete_request", {"code": code, "cursor_pos": len(code)})
        self.assertTrue(any(match.startswith("len") for match in reply["matches"]), reply)
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (len(code) - 2, len(code)))

    def test_inspection(self):
        reply = self.ask("inspect_request", {"code": "Vec::<i32>::new()", "cursor_pos": 13, "detail_level": 0})
        self.assertTrue(reply["found"], reply)
        self.assertIn("new", reply["data"]["text/plain"])

    def test_is_complete(self):
        for code, status, indent in [
            ("let a = 1;", "complete", ""),
            ("for i in 0..2 {", "incomplete", "    "),
            ("let a =", "incomplete", ""),
            ("f(", "incomplete", "    "),
            ("f())", "invalid", ""),
            ("f(]", "invalid", ""),
            ("let = 5;", "invalid", ""),
            ("'\\", "invalid", ""),
            (":time f(1)", "complete", ""),
            ("numbers?", "complete", ""),
        ]:
            reply = self.ask("is_complete_request", {"code": code})
            self.assertEqual((reply["status"], reply["indent"]), (status, indent), code)

    def test_history_and_silence(self):
        self.ok("let remembered = 1;")
        count = self.ok("2").reply["execution_count"]
        silent = self.ok("3", silent=True)
        self.assertEqual(silent.outputs, [])
        unstored = self.ok("4", store_history=False)
        self.assertEqual(unstored.value, "4")
        self.assertEqual(self.ok("5").reply["execution_count"], count + 1)
        tail = self.ask("history_request", {"hist_access_type": "tail", "n": 2, "output": False, "raw": True})
        self.assertEqual([entry[2] for entry in tail["history"]], ["2", "5"])

    def history(self, **content):
        reply = self.ask("history_request", {"raw": True, "output": False, **content})
        self.assertEqual(reply["status"], "ok")
        return reply["history"]

    def test_history_of_all_three_kinds(self):
        first = self.ok("let told = 41;").reply["execution_count"]
        self.ok("told + 1")
        self.ok("told + 1")
        wanted = [[0, first, "let told = 41;"], [0, first + 1, "told + 1"], [0, first + 2, "told + 1"]]
        self.assertEqual(self.history(hist_access_type="tail", n=3), wanted)
        self.assertEqual(self.history(hist_access_type="range", session=0, start=first, stop=first + 3), wanted)
        search = {"hist_access_type": "search", "pattern": "*told*", "n": 10, "unique": True}
        self.assertEqual([entry[2] for entry in self.history(**search)], ["let told = 41;", "told + 1"])
        with_output = self.history(hist_access_type="tail", n=3, output=True)
        self.assertEqual([entry[2] for entry in with_output], [["let told = 41;", ""], ["told + 1", "42"], ["told + 1", "42"]])

    def test_cells_behind_a_failure_are_aborted(self):
        client = self.kernel.client
        idents = [client.execute(code) for code in ["let q: i32 = true;", "6", "7"]]
        replies = {}
        while len(replies) < 3:
            message = client.get_shell_msg(timeout=60)
            replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
        self.assertEqual([replies[ident] for ident in idents], ["error", "aborted", "aborted"])
        self.assertEqual(self.ok("8").value, "8")

    def test_a_wrongly_signed_message_is_ignored(self):
        client = self.kernel.client
        key = client.session.key
        client.session.key = b"wrong"
        wrong = [client.execute('println!("must not run")')]
        for kind, content in (
            ("shutdown_request", {"restart": False}),
            ("interrupt_request", {}),
            # Whoever has no key is not even told that something is missing.
            ("shutdown_request", {}),
            ("execute_request", {}),
            ("no_such_request", {}),
        ):
            message = client.session.msg(kind, content)
            wrong.append(message["header"]["msg_id"])
            client.control_channel.send(message)
            if kind != "shutdown_request":
                client.shell_channel.send(message)
        client.session.key = key
        self.answered("kernel_info_request", {}, "control")
        ident = client.execute("9")
        published = []
        while ("status", "idle", ident) not in published:
            answer = client.get_iopub_msg(timeout=60)
            state = answer["content"].get("execution_state")
            published.append((answer["msg_type"], state, answer["parent_header"].get("msg_id")))
        self.assertFalse([kind for kind, _, parent in published if parent in wrong])
        answer = client.get_shell_msg(timeout=60)
        self.assertEqual((answer["parent_header"]["msg_id"], answer["content"]["status"]), (ident, "ok"))
        self.assertFalse(client.control_channel.msg_ready())

    def test_operations_of_the_library_become_messages(self):
        cell = self.ok(
            'channel::display_as("p", &r#"{"text/plain":"0"}"#.parse()?);'
            'channel::update("p", &r#"{"text/plain":"1"}"#.parse()?);'
            "sevenlines::channel::clear(true);"
            ' println!("\\u{1}SEVENLINES nottoken {{}}");'
        )
        kinds = [kind for _, kind, _ in cell.outputs]
        self.assertEqual(kinds, ["display_data", "update_display_data", "clear_output", "stream"])
        self.assertEqual(cell.of("display_data")[0]["transient"]["display_id"], "p")
        self.assertEqual(cell.of("update_display_data")[0]["data"], {"text/plain": "1"})
        self.assertIn("nottoken", cell.text())


class Life(KernelTest):
    def test_a_shutdown_that_does_not_speak_of_a_restart_ends_the_kernel(self):
        kernel = Kernel()
        self.addCleanup(kernel.close)
        client, process = kernel.client, (kernel.pid, born(kernel.pid))
        message = client.session.msg("shutdown_request", {})
        client.control_channel.send(message)
        answer = client.get_control_msg(timeout=60)
        self.assertEqual(answer["parent_header"]["msg_id"], message["header"]["msg_id"])
        self.assertEqual((answer["content"]["status"], answer["content"]["restart"]), ("ok", False))
        self.assertTrue(soon(lambda: not alive(process)))

    def test_shutdown_leaves_nothing(self):
        kernel = Kernel()
        self.assertEqual(kernel.run("1").value, "1")
        below = descendants(kernel.pid)
        self.assertTrue(below)
        work = list(pathlib.Path(HOME, "kernels").glob(f"{kernel.pid}-*"))
        self.assertEqual(len(work), 1)
        self.assertEqual(work[0].stat().st_mode & 0o777, 0o700)
        kernel.close()
        self.assertTrue(soon(lambda: not any(map(alive, below))), below)
        self.assertTrue(soon(lambda: not work[0].exists()))
