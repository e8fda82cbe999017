"""Jupyter's messages."""
import pathlib
import subprocess
import time

from harness import HOME, Kernel, KernelTest


class Protocol(KernelTest):
    def ask(self, kind, content):
        client = self.kernel.client
        message = client.session.msg(kind, content)
        client.shell_channel.send(message)
        return self.kernel.reply(message["header"]["msg_id"])

    def test_kernel_info(self):
        info = self.ask("kernel_info_request", {})
        self.assertEqual((info["status"], info["language_info"]["name"]), ("ok", "rust"))

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
        for code, status, indent in [("let a = 1;", "complete", ""), ("for i in 0..2 {", "incomplete", "    ")]:
            reply = self.ask("is_complete_request", {"code": code})
            self.assertEqual((reply["status"], reply["indent"]), (status, indent))

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
        client.execute('println!("must not run")')
        client.session.key = key
        self.assertEqual(self.ok("9").value, "9")

    def test_operations_of_the_library_become_messages(self):
        cell = self.ok(
            'println!("\\u{1}SEVENLINES {} {}", std::env::var("SEVENLINES_CHANNEL")?,'
            ' r#"{"op":"display","id":"p","data":{"text/plain":"0"}}"#);'
            'println!("\\u{1}SEVENLINES {} {}", std::env::var("SEVENLINES_CHANNEL")?,'
            ' r#"{"op":"update","id":"p","data":{"text/plain":"1"}}"#);'
            "sevenlines::channel::clear(true);"
            ' println!("\\u{1}SEVENLINES nottoken {{}}");'
        )
        kinds = [kind for _, kind, _ in cell.outputs]
        self.assertEqual(kinds, ["display_data", "update_display_data", "clear_output", "stream"])
        self.assertEqual(cell.of("display_data")[0]["transient"]["display_id"], "p")
        self.assertEqual(cell.of("update_display_data")[0]["data"], {"text/plain": "1"})
        self.assertIn("nottoken", cell.text())


def alive(pid):
    try:
        stat = pathlib.Path("/proc", pid, "stat").read_text()
    except OSError:
        return False
    # An ended process whose entry the system has not removed yet is not alive.
    return stat.rpartition(")")[2].split()[0] != "Z"


class Life(KernelTest):
    def test_shutdown_leaves_nothing(self):
        kernel = Kernel()
        self.assertEqual(kernel.run("1").value, "1")
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(kernel.pid)], capture_output=True, text=True)
        children = listed.stdout.split()
        self.assertTrue(children)
        work = list(pathlib.Path(HOME, "kernels").glob(f"{kernel.pid}-*"))
        self.assertEqual(len(work), 1)
        self.assertEqual(work[0].stat().st_mode & 0o777, 0o700)
        kernel.close()
        time.sleep(1)
        for pid in children:
            self.assertFalse(alive(pid), pid)
        self.assertFalse(work[0].exists())
