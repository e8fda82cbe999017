//! Where a notebook's cells begin and end. The kernel tells the library; it may
//! never do so, and then all is one long cell.

use crate::show;
use std::sync::atomic::{AtomicU64, Ordering};

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A cell begins: what moves gets a display of its own in it.
pub fn begin() {
    NUMBER.fetch_add(1, Ordering::SeqCst);
}

/// A cell ends, well or not: what moves shows its last state.
pub fn end() {
    show::settle();
}

/// The number of the cell that runs, counted from when the process began.
pub(crate) fn number() -> u64 {
    NUMBER.load(Ordering::SeqCst)
}
