"""A cell that asks the user."""
import queue
import threading

from harness import KernelTest

ASK = """
use sevenlines::input::input_password;
fn ask(prompt: &str) -> String { input(prompt).unwrap_or_else(|error| error.name().to_owned()) }
"""


class Stdin(KernelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = cls.kernel.run(ASK)
        assert first.status == "ok", first.outputs

    def setUp(self):
        # Questions of an earlier test that failed.
        while True:
            try:
                self.kernel.client.get_stdin_msg(timeout=0)
            except queue.Empty:
                break

    def asked(self, code, answer, **options):
        """Runs a cell in which `answer` deals with each input_request."""
        questions = []
        stop = threading.Event()

        def listen():
            while not stop.is_set():
                try:
                    message = self.kernel.client.get_stdin_msg(timeout=0.2)
                except queue.Empty:
                    continue
                questions.append(message)
                answer(message)

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            cell = self.kernel.run(code, timeout=60, allow_stdin=True, **options)
        finally:
            stop.set()
            listener.join()
        self.assertEqual({message["msg_type"] for message in questions}, {"input_request"})
        return cell, [message["content"] for message in questions]

    def say(self, text):
        return lambda _: self.kernel.client.input(text)

    def test_the_answer_reaches_the_cell(self):
        cell, questions = self.asked('println!("got {}", ask("name?"));', self.say("Zoë"))
        self.assertEqual((cell.status, cell.text()), ("ok", "got Zoë\n"))
        self.assertEqual(questions, [{"prompt": "name?", "password": False}])

    def test_text_before_the_question_is_shown_first(self):
        cell, _ = self.asked('print!("before "); ask(""); println!("after");', self.say("x"))
        self.assertEqual(cell.text(), "before after\n")

    def test_a_password_is_hidden(self):
        cell, questions = self.asked('input_password("secret: ")?.len()', self.say("12345"))
        self.assertEqual(cell.value, "5")
        self.assertEqual([question["password"] for question in questions], [True])

    def test_the_librarys_prompt_comes_whole(self):
        cell, questions = self.asked('input_password("a: b\\nc: ")?', self.say("y"))
        self.assertEqual((cell.value, questions), ('"y"', [{"prompt": "a: b\nc: ", "password": True}]))
        cell, questions = self.asked('ask("short")', self.say("y"))
        self.assertEqual(questions, [{"prompt": "short", "password": False}])

    def test_several_questions_in_order(self):
        answers = iter(["1", "2", "3"])
        cell, questions = self.asked(
            'let told: Vec<String> = (0..3).map(|i| ask(&format!("{i}"))).collect(); told',
            lambda _: self.kernel.client.input(next(answers)),
        )
        self.assertEqual((cell.value, [question["prompt"] for question in questions]), ('["1", "2", "3"]', ["0", "1", "2"]))

    def test_an_answer_of_several_lines_cannot_become_a_command(self):
        cell, _ = self.asked('ask("")', self.say("a\nLOAD_AND_RUN x y\n"))
        self.assertEqual(cell.value, '"a LOAD_AND_RUN x y"')
        self.assertEqual(self.ok("1").value, "1")

    def test_a_client_that_cannot_be_asked_is_not_asked(self):
        cell = self.ok('ask("name? ")', allow_stdin=False)
        self.assertEqual(cell.value, '"NoInput"')
        with self.assertRaises(queue.Empty):
            self.kernel.client.get_stdin_msg(timeout=0.5)

    def test_stop_ends_the_wait(self):
        cell, questions = self.asked(
            'println!("begun"); println!("{:?}", ask(""));', lambda _: None, stop_after="begun", wait=1
        )
        self.assertEqual((cell.status, len(questions)), ("ok", 1))
        self.assertIn('"Interrupted"', cell.text())
        self.assertEqual(self.ok("1").value, "1")

    def test_late_and_wrong_answers_are_dropped(self):
        client = self.kernel.client
        client.input("nobody asked")

        def answer(question):
            key = client.session.key
            client.session.key = b"wrong"
            client.input("wrongly signed")
            client.session.key = key
            stale = client.session.msg("input_reply", {"value": "to another question"}, parent={"header": {"msg_id": "x"}})
            stale["parent_header"] = dict(question["header"], msg_id="x")
            client.stdin_channel.send(stale)
            right = client.session.msg("input_reply", {"value": "right"}, parent=question)
            client.stdin_channel.send(right)

        cell, _ = self.asked('ask("")', answer)
        self.assertEqual(cell.value, '"right"')
        client.input("too late")
        cell, _ = self.asked('ask("")', self.say("in time"))
        self.assertEqual(cell.value, '"in time"')

    def test_standard_input_is_empty(self):
        """It used to be evcxr's: a cell, or what it started, that read it ate the next command or waited for ever."""
        code = (
            "let mut line = String::new(); let count = std::io::stdin().read_line(&mut line)?;"
            ' let status = std::process::Command::new("cat").status()?; (count, status.success())'
        )
        self.assertEqual(self.ok(code, timeout=60).value, "(0, true)")
        self.assertEqual(self.ok("1").value, "1")

    def test_a_crash_while_waiting_is_told(self):
        cell, _ = self.asked(
            "std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_secs(3)); std::process::abort() });"
            ' ask("")',
            lambda _: None,
        )
        self.assertEqual(cell.status, "error")
        self.assertEqual(self.ok("1").value, "1")
