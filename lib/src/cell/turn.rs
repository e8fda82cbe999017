//! Whose turn it is to print, while a value shows itself.
//!
//! What is printed meanwhile in evcxr's form of a display is one. Another thread
//! may print a hostile file just then, so it waits: standard output is this thread's
//! until the value has shown itself. It is the first of all locks (live plots take it
//! before their own), and what has only `{:?}` gives it back before that is called.

use crate::channel;
use std::cell::RefCell;
use std::io::StdoutLock;

/// A value's turn.
struct Turn {
    _out: StdoutLock<'static>,
}

impl Turn {
    fn begin() -> Turn {
        let turn = Turn { _out: std::io::stdout().lock() };
        channel::shows();
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        channel::shown();
    }
}

thread_local! {
    /// The turns of this thread's values, one within the other; `None` is that of one
    /// that shows itself as text. A thread that panicked gives them back as it ends.
    static TURNS: RefCell<Vec<Option<Turn>>> = const { RefCell::new(Vec::new()) };
}

/// A value is about to show itself.
pub(super) fn begin() {
    if channel::is_open() {
        let turn = Turn::begin();
        TURNS.with_borrow_mut(|turns| turns.push(Some(turn)));
    }
}

/// The last value that began does so as text: evcxr's form does not count in it.
pub(super) fn as_text() {
    drop(TURNS.with_borrow_mut(|turns| turns.last_mut().and_then(Option::take)));
}

/// The last value that began has shown itself.
pub(super) fn end() {
    drop(TURNS.with_borrow_mut(Vec::pop));
}

/// None shows itself any more: one that panicked did not say so.
pub(super) fn end_all() {
    drop(TURNS.take());
}
