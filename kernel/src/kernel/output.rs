//! From the cells' process to the notebook: operations that come over the socket
//! become messages at once, under the cell that runs.

use super::early::Early;
use super::input::Prompt;
use super::operation::Operation;
use jupyter_protocol::{
    ClearOutput, DisplayData, JupyterMessage, JupyterMessageContent, Media, Stdio, StreamContent, Transient,
    UpdateDisplayData,
};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::Sender;

/// What a cell said of its own failure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failure {
    /// The error's type.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The statement.
    pub code: Option<String>,
}

/// What is known of the end of the cells' process, beside its exit status.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Death {
    /// Its stack overflowed.
    pub overflow: bool,
    /// The end of its standard error.
    pub said: String,
}

/// What the cell that runs has said so far.
#[derive(Debug, Default)]
struct State {
    parent: Option<JupyterMessage>,
    /// No output is shown (`silent`).
    silent: bool,
    failure: Option<Failure>,
    value: Option<String>,
    prompt: Option<Prompt>,
    died: Option<Death>,
    early: Early,
}

/// The way to the notebook.
#[derive(Debug, Clone)]
pub struct Output {
    state: Arc<Mutex<State>>,
    iopub: Sender<JupyterMessage>,
}

impl Output {
    /// Messages go to `iopub`.
    pub fn new(iopub: Sender<JupyterMessage>) -> Output {
        Output { state: Arc::default(), iopub }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What follows belongs to this request.
    pub fn begin(&self, request: &JupyterMessage, silent: bool) {
        let mut state = self.state();
        // A process may die between two cells; the next one tells of it.
        let died = state.died.take();
        let early = std::mem::take(&mut state.early);
        *state = State { parent: Some(request.clone()), silent, died, early, ..State::default() };
    }

    /// Output that comes before any cell has begun belongs to the first one: what came
    /// before that was sent.
    pub fn begin_if_first(&self, request: &JupyterMessage) -> Option<JupyterMessage> {
        let mut state = self.state();
        if state.parent.is_none() {
            state.parent = Some(request.clone());
        }
        let text = state.early.take()?;
        Some(JupyterMessage::new(StreamContent { name: Stdio::Stderr, text }, Some(request)))
    }

    /// The notebook's Rust is there, or not to be had.
    pub fn started(&self) {
        self.state().early.forget_passing();
    }

    /// What the cell said of its failure, and the text of its value.
    pub fn end(&self) -> (Option<Failure>, Option<String>) {
        let mut state = self.state();
        (state.failure.take(), state.value.take())
    }

    /// What the library said that it would ask for, whole; evcxr's own line cannot
    /// hold colons and line ends.
    pub fn take_prompt(&self) -> Option<Prompt> {
        self.state().prompt.take()
    }

    /// Writes to the cell's standard output.
    pub fn print(&self, text: &str) {
        self.stream(Stdio::Stdout, text.to_owned());
    }

    /// Shows a MIME bundle under the cell.
    pub fn display(&self, data: DisplayData) {
        self.send(data);
    }

    /// What is known of how the cells' process died.
    pub fn death(&self) -> Death {
        self.state().died.take().unwrap_or_default()
    }

    /// Writes to the cell's standard error.
    pub fn note(&self, text: &str) {
        self.say(text, false);
    }

    /// The same of what is under way: nobody wants to hear of it later.
    pub fn progress(&self, text: &str) {
        self.say(text, true);
    }

    fn say(&self, text: &str, passing: bool) {
        {
            let mut state = self.state();
            if state.parent.is_none() {
                return state.early.keep(text, passing);
            }
        }
        self.stream(Stdio::Stderr, text.to_owned());
    }

    /// Reads operations until the socket closes. One byte answers each `end`, so
    /// that the cells' process knows all is taken.
    pub fn listen(&self, socket: UnixStream) -> std::io::Result<()> {
        let mut answers = socket.try_clone()?;
        for line in BufReader::new(socket).lines() {
            // Half a line may be left of a process that was killed.
            let Ok(operation) = serde_json::from_str::<Operation>(&line?) else { continue };
            if operation.op == "end" {
                answers.write_all(&[1])?;
            } else {
                self.operation(operation);
            }
        }
        Ok(())
    }

    fn operation(&self, operation: Operation) {
        let Operation { op, name, text, data, id, .. } = operation;
        match op.as_str() {
            "stream" if name == "stderr" => self.stream(Stdio::Stderr, text),
            "stream" => self.stream(Stdio::Stdout, text),
            "display" => {
                let mut message = DisplayData::new(media(data));
                message.transient = id.map(|id| Transient { display_id: Some(id) });
                self.send(message);
            }
            "update" => self.send(UpdateDisplayData::new(media(data), &id.unwrap_or_default())),
            "clear" => self.send(ClearOutput { wait: operation.wait }),
            "value" => self.state().value = Some(text),
            "prompt" => self.state().prompt = Some(Prompt { text, password: operation.password }),
            "fail" => {
                let failure = Failure { name: operation.ename, text: operation.evalue, code: None };
                self.state().failure = Some(failure);
            }
            "at" => {
                if let Some(failure) = &mut self.state().failure {
                    failure.code = Some(operation.code);
                }
            }
            "died" => {
                self.state().died = Some(Death { overflow: operation.overflow, said: operation.said });
            }
            "failed" => {
                // evcxr's own word for it; the library's says more.
                let panic = operation.line == "EVCXR_PANIC_NOTIFICATION";
                self.state().failure.get_or_insert_with(|| Failure {
                    name: if panic { "panic" } else { "Error" }.into(),
                    text: if panic { "the cell panicked" } else { "the cell returned an error" }.into(),
                    code: None,
                });
            }
            _ => {}
        }
    }

    fn stream(&self, name: Stdio, text: String) {
        self.send(StreamContent { name, text });
    }

    fn send(&self, content: impl Into<JupyterMessageContent>) {
        let message = {
            let state = self.state();
            match (&state.parent, state.silent) {
                (Some(parent), false) => JupyterMessage::new(content, Some(parent)),
                _ => return,
            }
        };
        let _ = self.iopub.blocking_send(message);
    }
}

/// A MIME bundle.
pub fn media(data: Value) -> Media {
    serde_json::from_value(data).unwrap_or_default()
}
