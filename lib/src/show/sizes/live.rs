//! Where batch sizes show while they are tried: one display of the cell, replaced in
//! place; without a kernel of ours a line for each size that is done.

use super::Sizes;
use crate::show::place::Place;
use crate::{cell, channel};
use serde_json::json;
use std::time::{Duration, Instant};

/// The least time between two drawings.
const PAUSE: Duration = Duration::from_millis(300);
/// A drawing that takes longer than this share of the time comes less often.
const SHARE: u32 = 6;

/// The display of one trial.
pub(crate) struct SizesDisplay {
    place: Place,
    /// Not before this is it drawn again.
    next: Instant,
}

impl SizesDisplay {
    pub(crate) fn new() -> Self {
        Self { place: Place::new(), next: Instant::now() }
    }

    /// Something was added: draws it, if the last drawing is not just now.
    pub(crate) fn update(&mut self, sizes: impl FnOnce() -> Sizes) {
        if channel::is_open() && Instant::now() >= self.next {
            self.draw(&sizes());
        }
    }

    /// A size is done; without a channel this says so.
    pub(crate) fn size_done(&mut self, sizes: &Sizes) {
        if let Some(line) = sizes.lines.last().filter(|_| !channel::is_open()) {
            let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
            println!(
                "batch size {} - {} an epoch - loss: {:.4} - val_loss: {:.4} - val_acc: {:.4}",
                line.batch_size,
                line.time(),
                last(&line.loss),
                last(&line.val_loss),
                last(&line.val_acc)
            );
        }
    }

    /// Shows the last state; the cell that it is now to be seen in.
    pub(crate) fn finish(&mut self, sizes: &Sizes) -> Option<u64> {
        if channel::is_open() {
            self.draw(sizes);
        }
        self.place.is_in_this_cell().then(cell::number)
    }

    fn draw(&mut self, sizes: &Sizes) {
        let began = Instant::now();
        self.place.show(&json!({ "text/html": sizes.html(), "text/plain": sizes.text() }));
        let now = Instant::now();
        self.next = now + PAUSE.max((now - began) * SHARE);
    }
}

/// The cell that runs, where a kernel tells of cells.
pub(crate) fn cell_that_shows() -> Option<u64> {
    channel::is_open().then(cell::number)
}
