//! The displays of our kernel that are replaced in place, so that a saved
//! notebook keeps the final state alone.
//!
//! Each thing that moves has one [`Place`] in a cell, and a new one in the next
//! cell. Bars within another bar's loop come by the hundred: one after the other
//! they take the same place.

use crate::{cell, channel};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One display of one cell.
#[derive(Debug)]
pub(crate) struct Place {
    id: String,
    cell: u64,
    shown: bool,
}

impl Place {
    /// A place that nothing is shown at yet.
    pub(crate) fn new() -> Self {
        Self { id: channel::new_id(), cell: cell::number(), shown: false }
    }

    /// Shows a MIME bundle here instead of what was here; in a later cell than
    /// that of the last time, at a new place there.
    pub(crate) fn show(&mut self, data: &Value) {
        if self.cell != cell::number() {
            *self = Self::new();
        }
        if self.shown {
            channel::update(&self.id, data);
        } else {
            self.shown = channel::display_as(&self.id, data);
        }
    }

    /// Whether something is shown here, and in the cell that runs.
    pub(crate) fn is_in_this_cell(&self) -> bool {
        self.shown && self.cell == cell::number()
    }
}

/// A bar's turn at a place, for as long as the bar lives.
#[derive(Debug)]
pub(crate) struct Turn {
    place: Option<Place>,
    cell: u64,
    inner: bool,
}

impl Turn {
    /// The turn of a bar that begins now.
    pub(crate) fn new() -> Self {
        let mut turns = turns();
        let place = turns.free.pop().unwrap_or_else(Place::new);
        let inner = turns.bars > 0;
        turns.bars += 1;
        Self { place: Some(place), cell: turns.cell, inner }
    }

    /// Whether the bar began within another one's loop.
    pub(crate) fn is_inner(&self) -> bool {
        self.inner
    }

    /// Shows a MIME bundle at the place.
    pub(crate) fn show(&mut self, data: &Value) {
        if let Some(place) = &mut self.place {
            place.show(data);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = turns();
        if turns.cell == self.cell {
            turns.bars = turns.bars.saturating_sub(1);
            turns.leave(self.place.take());
        }
    }
}

/// While it lives, bars that follow each other share one place.
#[derive(Debug)]
pub(crate) struct Together {
    cell: u64,
}

impl Together {
    pub(crate) fn new() -> Self {
        let mut turns = turns();
        turns.groups += 1;
        Self { cell: turns.cell }
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        let mut turns = turns();
        if turns.cell == self.cell {
            turns.groups = turns.groups.saturating_sub(1);
            turns.leave(None);
        }
    }
}

/// What bars of the cell that runs have and may have.
#[derive(Debug)]
struct Turns {
    cell: u64,
    bars: usize,
    groups: usize,
    free: Vec<Place>,
}

impl Turns {
    const fn of(cell: u64) -> Self {
        Self { cell, bars: 0, groups: 0, free: Vec::new() }
    }

    /// A place is free for the next bar, unless the outermost has ended.
    fn leave(&mut self, place: Option<Place>) {
        if self.bars + self.groups == 0 {
            self.free.clear();
        } else {
            self.free.extend(place);
        }
    }
}

static TURNS: Mutex<Turns> = Mutex::new(Turns::of(0));

fn turns() -> MutexGuard<'static, Turns> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    // A bar may live on in a variable; it is no loop around the next cell's bars.
    if turns.cell != cell::number() {
        *turns = Turns::of(cell::number());
    }
    turns
}
