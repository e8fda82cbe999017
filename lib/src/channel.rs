//! The side channel to the kernel: marked lines of JSON on stdout.
//!
//! The library knows nothing of Jupyter but this. A kernel that understands the
//! channel sets `SEVENLINES_CHANNEL` to a secret token before it starts the
//! cells' process; without it every function here does nothing and says so, and
//! callers fall back to plain text.

use serde_json::{Value, json};
use std::io::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that holds the channel's token.
pub const VARIABLE: &str = "SEVENLINES_CHANNEL";

static TOKEN: LazyLock<Option<String>> =
    LazyLock::new(|| std::env::var(VARIABLE).ok().filter(|token| !token.is_empty()));

/// Whether a kernel listens.
pub fn is_open() -> bool {
    TOKEN.is_some()
}

/// What a marked line begins with: a control character, the name, the token.
pub fn mark(token: &str) -> String {
    format!("\u{1}SEVENLINES {token} ")
}

/// Sends one operation; false if no kernel listens. An operation is an object
/// with `op`: `display` (`data`: MIME bundle, optional `id`), `update` (`data`,
/// `id`), `clear` (`wait`), `fail` (`ename`, `evalue`: the cell answers `error`),
/// `at` (`code`: the statement that failed), `prompt` (`text`, `password`: what the
/// request for input that follows asks).
fn send(operation: &Value) -> bool {
    let Some(token) = &*TOKEN else { return false };
    let mut out = std::io::stdout().lock();
    // One write, so that another thread's text cannot split the line.
    let line = format!("{}{operation}\n", mark(token));
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// Shows a MIME bundle now, while the cell still runs; false if no kernel listens.
pub fn display(data: &Value) -> bool {
    send(&json!({ "op": "display", "data": data }))
}

/// Shows a MIME bundle that [`update`] may replace under `id`.
pub fn display_as(id: &str, data: &Value) -> bool {
    send(&json!({ "op": "display", "id": id, "data": data }))
}

/// Replaces what is shown under `id`.
pub fn update(id: &str, data: &Value) -> bool {
    send(&json!({ "op": "update", "id": id, "data": data }))
}

/// Clears the cell's output; with `wait`, only once the next output comes.
pub fn clear(wait: bool) -> bool {
    send(&json!({ "op": "clear", "wait": wait }))
}

/// Makes the running cell answer `error` when it ends.
pub fn fail(ename: &str, evalue: &str) -> bool {
    send(&json!({ "op": "fail", "ename": ename, "evalue": evalue }))
}

/// Says which statement of the cell failed; the kernel shows it with the error.
pub fn fail_at(code: &str) -> bool {
    send(&json!({ "op": "at", "code": code }))
}

/// Says what the request for a line of input that comes next asks, as it is: the
/// request itself has room for part of a line.
pub fn prompt(text: &str, password: bool) -> bool {
    send(&json!({ "op": "prompt", "text": text, "password": password }))
}

/// A `display_id` that no other display of this process has.
pub fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("sevenlines-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
