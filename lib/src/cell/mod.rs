//! What the code around a notebook's cell calls.
//!
//! evcxr writes, around each cell, a store for the notebook's variables and what
//! shows the last value or an error, and has the compiler build them anew every
//! time. The kernel puts this module in their place: compiled once, with the
//! library, it takes a third of a second off each cell. Not meant to be called by
//! hand.

pub mod cause;
mod display;
mod panic;
mod store;
mod turn;

pub use display::{Reference, show_debug, show_text, showing, shown};
pub use panic::panicked;
pub use store::{USER_ERROR_OCCURRED, VARIABLE_CHANGED_TYPE, VariableStore, create_variable_store};

use crate::interrupt;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A cell begins: what moves gets a display of its own in it. A request to stop
/// that came after the last cell is forgotten, unless the file `note` says that it
/// came while this one was compiled.
pub fn begin(note: &str) {
    NUMBER.fetch_add(1, Ordering::SeqCst);
    panic::watch();
    // Forgotten first: a request that comes between the two must stay.
    interrupt::clear();
    if Path::new(note).exists() {
        interrupt::request();
    }
}

/// A cell ends, well or not: what moves shows its last state, and what was printed
/// without a line's end is shown with this cell.
pub fn end() {
    crate::show::settle();
    turn::end_all();
    // A cell that closed its output has nowhere to show it.
    let _ = std::io::stdout().flush();
}

/// The number of the cell that runs, counted from when the process began. Where no
/// kernel tells of cells, all is one long cell.
pub(crate) fn number() -> u64 {
    NUMBER.load(Ordering::SeqCst)
}
