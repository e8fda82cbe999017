//! What the commands say: results on stdout, everything else on stderr, each in the
//! words that `--quiet` and `--json` leave of it.

mod colour;
mod task;
mod words;

pub use colour::{Colour, live, paint, painted};
pub use task::Task;
pub use words::{about, bytes, seconds};

use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// What a long function is given to say how far it is.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// How much is said, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Results, progress and remarks, for people.
    Text,
    /// Results and errors alone.
    Quiet,
    /// Results and progress as one JSON object a line on stdout, errors on stderr too.
    Json,
}

static MODE: OnceLock<Mode> = OnceLock::new();
static UNSAID: OnceLock<std::io::Error> = OnceLock::new();

/// Chooses how all is said; once, before the first word.
pub fn choose(mode: Mode) {
    let _ = MODE.set(mode);
}

/// How all is said.
pub fn mode() -> Mode {
    MODE.get().copied().unwrap_or(Mode::Text)
}

/// Prints a result line.
pub fn say(text: &str) {
    tell(json!({ "event": "message", "text": text }), text);
}

/// Prints a result: as JSON if that was asked for, else its text.
pub fn tell(event: Value, text: &str) {
    match mode() {
        Mode::Json => print(&event.to_string()),
        Mode::Text | Mode::Quiet => print(text),
    }
}

/// Prints a line of JSON, if JSON was asked for.
pub fn event(event: &Value) {
    if mode() == Mode::Json {
        print(&event.to_string());
    }
}

/// Prints to stdout as it is, whatever the mode. A reader that went away (`| head`)
/// is no error; what else kept a line from being written, `unsaid` tells.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = UNSAID.set(error);
        }
        _ => {}
    }
}

/// Why a line of the results could not be written, where that was so.
pub fn unsaid() -> Option<std::io::Error> {
    UNSAID.get().map(|error| {
        error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
    })
}

/// Prints a remark to stderr, unless errors alone are wanted there.
pub fn remark(text: &str) {
    if mode() == Mode::Text {
        complain(text);
    }
}

/// Prints to stderr in any mode.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Tells of an error.
pub fn error(error: &impl Display) {
    event(&json!({ "event": "error", "message": error.to_string() }));
    complain(&format!("{}: {error}", paint("error", Colour::Red, painted(&std::io::stderr()))));
}
