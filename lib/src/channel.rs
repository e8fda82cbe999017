//! The side channel to the kernel: marked lines of JSON on stdout.
//!
//! The library knows nothing of Jupyter but this. The process that runs the cells
//! names in `SEVENLINES_CHANNEL` a file with a secret token, new for each process.
//! It is a pipe and can be read once, before the first cell: no cell, and no program
//! that a cell starts, finds the token in its environment. Only lines with the token
//! are operations, so text that a cell prints is never more than text. Without the
//! variable every function here does nothing and says so, and callers fall back to
//! plain text.

use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that names the file with the channel's token.
pub const VARIABLE: &str = "SEVENLINES_CHANNEL";
/// The environment variable that names the file from which answers to questions come.
pub const ANSWERS: &str = "SEVENLINES_ANSWERS";

/// The operation after which a value shows itself in evcxr's form, and the one that
/// says that it has.
pub const SHOWS: &str = r#"{"op":"shows"}"#;
/// See [`SHOWS`].
pub const SHOWN: &str = r#"{"op":"shown"}"#;

static TOKEN: LazyLock<Option<String>> = LazyLock::new(|| {
    let file = std::env::var_os(VARIABLE)?;
    std::fs::read_to_string(file).ok().filter(|token| !token.is_empty())
});

/// Whether a kernel listens.
pub fn is_open() -> bool {
    TOKEN.is_some()
}

/// What a marked line begins with: a control character, the name, the token.
pub fn mark(token: &str) -> String {
    format!("\u{1}SEVENLINES {token} ")
}

/// One of evcxr's words, as an operation.
pub fn word(line: &str) -> String {
    json!({ "op": "evcxr", "line": line }).to_string()
}

/// Sends one operation; false if no kernel listens. An operation is an object
/// with `op`: `display` (`data`: MIME bundle, optional `id`), `update` (`data`,
/// `id`), `clear` (`wait`), `fail` (`ename`, `evalue`: the cell answers `error`),
/// `at` (`code`: the statement that failed), `value` (`text`: the cell's value),
/// `prompt` (`text`, `password`: what the question that follows asks), `evcxr`
/// (`line`: one of evcxr's words), `shows` and `shown` (around a value's own display).
fn send(operation: &str) -> bool {
    let Some(token) = &*TOKEN else { return false };
    let mut out = std::io::stdout().lock();
    // One write, so that another thread's text cannot split the line.
    let line = format!("{}{operation}\n", mark(token));
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// Shows a MIME bundle now, while the cell still runs; false if no kernel listens.
pub fn display(data: &Value) -> bool {
    send(&json!({ "op": "display", "data": data }).to_string())
}

/// Shows a MIME bundle that [`update`] may replace under `id`.
pub fn display_as(id: &str, data: &Value) -> bool {
    send(&json!({ "op": "display", "id": id, "data": data }).to_string())
}

/// Replaces what is shown under `id`.
pub fn update(id: &str, data: &Value) -> bool {
    send(&json!({ "op": "update", "id": id, "data": data }).to_string())
}

/// Clears the cell's output; with `wait`, only once the next output comes.
pub fn clear(wait: bool) -> bool {
    send(&json!({ "op": "clear", "wait": wait }).to_string())
}

/// Makes the running cell answer `error` when it ends.
pub fn fail(ename: &str, evalue: &str) -> bool {
    send(&json!({ "op": "fail", "ename": ename, "evalue": evalue }).to_string())
}

/// Says which statement of the cell failed; the kernel shows it with the error.
pub fn fail_at(code: &str) -> bool {
    send(&json!({ "op": "at", "code": code }).to_string())
}

/// The text of the cell's value.
pub(crate) fn value(text: &str) -> bool {
    send(&json!({ "op": "value", "text": text }).to_string())
}

/// Hands evcxr one of its words.
pub(crate) fn tell_evcxr(line: &str) -> bool {
    send(&word(line))
}

/// A value is about to show itself.
pub(crate) fn shows() -> bool {
    send(SHOWS)
}

/// It has.
pub(crate) fn shown() -> bool {
    send(SHOWN)
}

/// Asks the user; the answer is the next line of the file. `None` if no kernel
/// listens.
pub(crate) fn ask(text: &str, password: bool) -> Option<std::io::Result<File>> {
    let prompt = json!({ "op": "prompt", "text": text, "password": password });
    let asked = send(&prompt.to_string()) && tell_evcxr("EVCXR_INPUT_REQUEST:");
    let answers = PathBuf::from(std::env::var_os(ANSWERS)?);
    asked.then(|| File::open(answers))
}

/// A `display_id` that no other display of this process has.
pub fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("sevenlines-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
