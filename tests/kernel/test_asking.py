"""`input` and `input_password` of the library, with a front end that answers and without one."""
import queue
import threading

from harness import KernelTest


class Asking(KernelTest):
    def asked(self, code, answer):
        """Runs a cell whose questions are dealt with by `answer`; the cell and the questions."""
        questions = []
        stop = threading.Event()

        def listen():
            while not stop.is_set():
                try:
                    questions.append(self.kernel.client.get_stdin_msg(timeout=0.2)["content"])
                except queue.Empty:
                    continue
                answer()

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            cell = self.kernel.run(code, allow_stdin=True)
        finally:
            stop.set()
            listener.join()
        return cell, questions

    def say(self, text):
        return lambda: self.kernel.client.input(text)

    def test_the_prompt_arrives_as_it_is_and_the_answer_too(self):
        code = 'print!("begun "); let place = input("Host:port?\\nor nothing: ")?; place'
        cell, questions = self.asked(code, self.say("localhost: 80 "))
        self.assertEqual(questions, [{"prompt": "Host:port?\nor nothing: ", "password": False}])
        self.assertEqual((cell.value, cell.text()), ('"localhost: 80 "', "begun "))
        self.assertEqual(self.ok("place.len()").value, "14")

    def test_a_password_is_asked_as_one_and_not_shown(self):
        cell, questions = self.asked('input_password("Token: ")?.len()', self.say("s3cret"))
        self.assertEqual((cell.value, questions[0]["password"]), ("6", True))
        self.assertNotIn("s3cret", str(cell.outputs))

    def test_where_nobody_can_be_asked_it_says_so(self):
        cell = self.fails('input("Name? ")?', allow_stdin=False)
        self.assertIn('no answer to "Name?": this notebook runs without anybody to ask', cell.error["evalue"])
        self.assertEqual(self.ok("1 + 1").value, "2")

    def test_stop_ends_the_question_and_keeps_variables(self):
        cell, _ = self.asked('let kept = 5; input("Name? ")?;', self.kernel.press)
        self.assertEqual(cell.error["ename"], "Interrupted")
        self.assertEqual(self.ok("kept").value, "5")
        # The signal is spent: the next loop is not stopped by it.
        self.ok("check_interrupt()?;")
