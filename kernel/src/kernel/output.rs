//! From the cells' process to the notebook: operations that come over the socket
//! become messages at once, under the cell that runs.

use super::input::Prompt;
use jupyter_protocol::{
    ClearOutput, DisplayData, JupyterMessage, Media, Stdio, StreamContent, Transient, UpdateDisplayData,
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
        *state = State { parent: Some(request.clone()), silent, died, ..State::default() };
    }

    /// Output that comes before any cell has begun belongs to the first one.
    pub fn begin_if_first(&self, request: &JupyterMessage) {
        let mut state = self.state();
        if state.parent.is_none() {
            state.parent = Some(request.clone());
        }
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
    pub fn display(&self, data: &DisplayData) {
        self.send(|parent| data.as_child_of(parent));
    }

    /// What is known of how the cells' process died.
    pub fn death(&self) -> Death {
        self.state().died.take().unwrap_or_default()
    }

    /// Writes to the cell's standard error.
    pub fn note(&self, text: &str) {
        self.stream(Stdio::Stderr, text.to_owned());
    }

    /// Reads operations until the socket closes. One byte answers each `end`, so
    /// that the cells' process knows all is taken.
    pub fn listen(&self, socket: UnixStream) -> std::io::Result<()> {
        let mut answers = socket.try_clone()?;
        for line in BufReader::new(socket).lines() {
            // Half a line may be left of a process that was killed.
            let Ok(operation) = serde_json::from_str::<Value>(&line?) else { continue };
            if operation["op"] == "end" {
                answers.write_all(&[1])?;
            } else {
                self.operation(&operation);
            }
        }
        Ok(())
    }

    fn operation(&self, operation: &Value) {
        let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
        let id = operation["id"].as_str().map(str::to_owned);
        match operation["op"].as_str() {
            Some("stream") if operation["name"] == "stderr" => self.stream(Stdio::Stderr, text("text")),
            Some("stream") => self.stream(Stdio::Stdout, text("text")),
            Some("display") => {
                let mut message = DisplayData::new(media(&operation["data"]));
                message.transient = id.map(|id| Transient { display_id: Some(id) });
                self.send(|parent| message.as_child_of(parent));
            }
            Some("update") => {
                let message = UpdateDisplayData::new(media(&operation["data"]), &id.unwrap_or_default());
                self.send(|parent| message.as_child_of(parent));
            }
            Some("clear") => {
                let message = ClearOutput { wait: operation["wait"].as_bool().unwrap_or(true) };
                self.send(|parent| message.as_child_of(parent));
            }
            Some("value") => self.state().value = Some(text("text")),
            Some("prompt") => {
                let password = operation["password"].as_bool().unwrap_or(false);
                self.state().prompt = Some(Prompt { text: text("text"), password });
            }
            Some("fail") => {
                let failure = Failure { name: text("ename"), text: text("evalue"), code: None };
                self.state().failure = Some(failure);
            }
            Some("at") => {
                if let Some(failure) = &mut self.state().failure {
                    failure.code = Some(text("code"));
                }
            }
            Some("died") => {
                let overflow = operation["overflow"].as_bool().unwrap_or(false);
                self.state().died = Some(Death { overflow, said: text("said") });
            }
            Some("failed") => {
                // evcxr's own word for it; the library's says more.
                let panic = text("line") == "EVCXR_PANIC_NOTIFICATION";
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
        let message = StreamContent { name, text };
        self.send(|parent| message.as_child_of(parent));
    }

    fn send(&self, message: impl FnOnce(&JupyterMessage) -> JupyterMessage) {
        let message = {
            let state = self.state();
            match (&state.parent, state.silent) {
                (Some(parent), false) => message(parent),
                _ => return,
            }
        };
        let _ = self.iopub.blocking_send(message);
    }
}

/// A MIME bundle.
pub fn media(data: &Value) -> Media {
    serde_json::from_value(data.clone()).unwrap_or_default()
}
