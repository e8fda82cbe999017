//! Showing a cell's last value.
//!
//! The kernel writes `(VALUE).evcxr_reference().evcxr_display()`, with a trait that
//! has this method for references to everything with `{:?}`. A type's own method is
//! found on the reference itself, and that trait's only on a reference to it: so one
//! compilation serves both.

use super::turn;
use crate::channel;
use std::fmt::Debug;

/// A reference to any value, whether it is one already or not.
pub trait Reference {
    /// The reference. What evcxr's form of a display is printed from now on is one,
    /// until [`shown`]; anywhere else it is text. Other threads print after that.
    #[inline]
    fn evcxr_reference(&self) -> &Self {
        turn::begin();
        self
    }
}

impl<T: ?Sized> Reference for T {}

/// [`Reference::evcxr_reference`] for a cell that calls `evcxr_display` itself.
#[inline]
pub fn showing<T: ?Sized>(value: &T) -> &T {
    value.evcxr_reference()
}

/// The value has shown itself.
pub fn shown() {
    turn::end();
}

/// Shows a value by `{:?}`.
pub fn show_debug(value: &dyn Debug) {
    turn::as_text();
    show_text(&format!("{value:?}"));
}

/// Shows a value by its text; false if no kernel listens.
pub fn show_text(text: &str) -> bool {
    channel::value(text)
}
