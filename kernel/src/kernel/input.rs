//! A cell's questions to the user: a request on the stdin channel, and the answer.

use super::outgoing::Outgoing;
use jupyter_protocol::{InputRequest, JupyterMessage, JupyterMessageContent};
use sevenlines::input::{INTERRUPTED, NO_INPUT};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a cell wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// What is shown before the field.
    pub text: String,
    /// What is typed must not be seen.
    pub password: bool,
}

#[derive(Debug, Default)]
enum State {
    /// Nobody asks; answers are late ones, and dropped.
    #[default]
    Silent,
    Asked(Box<JupyterMessage>),
    Answered(String),
}

/// The stdin channel.
#[derive(Debug)]
pub struct Input {
    stdin: Outgoing,
    state: Mutex<State>,
    changed: Condvar,
}

impl Input {
    /// Questions go to `stdin`.
    pub fn new(stdin: Outgoing) -> Input {
        Input { stdin, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the client that sent the cell and waits, from a thread, while the cells'
    /// process `lives`. The answer is one line.
    pub fn ask(&self, cell: &JupyterMessage, prompt: Prompt, lives: &dyn Fn() -> bool) -> String {
        if !matches!(&cell.content, JupyterMessageContent::ExecuteRequest(request) if request.allow_stdin) {
            return NO_INPUT.into();
        }
        let question = InputRequest { prompt: prompt.text, password: prompt.password }.as_child_of(cell);
        *self.state() = State::Asked(Box::new(question.clone()));
        if !self.stdin.deliver(question).blocking_recv().unwrap_or(false) {
            self.settle(NO_INPUT);
        }
        let mut state = self.state();
        while matches!(*state, State::Asked(_)) && lives() {
            let waited = self.changed.wait_timeout(state, Duration::from_millis(200));
            state = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
        match std::mem::take(&mut *state) {
            State::Answered(text) => one_line(&text),
            _ => NO_INPUT.into(),
        }
    }

    /// A message has come on the stdin channel.
    pub fn take(&self, message: &JupyterMessage) {
        let JupyterMessageContent::InputReply(reply) = &message.content else { return };
        let is_answer = matches!(&*self.state(), State::Asked(question) if answers(message, question));
        if is_answer {
            self.settle(&reply.value);
        }
    }

    /// Stop is pressed: the cell that waits goes on with [`INTERRUPTED`].
    pub fn interrupt(&self) {
        self.settle(INTERRUPTED);
    }

    fn settle(&self, answer: &str) {
        let mut state = self.state();
        if matches!(*state, State::Asked(_)) {
            *state = State::Answered(answer.to_owned());
            self.changed.notify_all();
        }
    }
}

/// Whether a reply belongs to the question. Many clients name no parent.
fn answers(reply: &JupyterMessage, question: &JupyterMessage) -> bool {
    let parent = reply.parent_header.as_ref().map(|parent| &parent.msg_id);
    reply.zmq_identities == question.zmq_identities && parent.is_none_or(|id| *id == question.header.msg_id)
}

/// A second line would be taken for one of evcxr's commands.
fn one_line(text: &str) -> String {
    text.trim_end_matches(['\r', '\n']).replace("\r\n", " ").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_line() {
        assert_eq!(one_line("a\n"), "a");
        assert_eq!(one_line("a\r\nb\nc"), "a b c");
        assert_eq!(one_line(""), "");
    }
}
