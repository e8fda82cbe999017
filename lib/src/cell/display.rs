//! Showing a cell's last value.
//!
//! The kernel writes `(VALUE).evcxr_reference().evcxr_display()`, with a trait that
//! has this method for references to everything with `{:?}`. A type's own method is
//! found on the reference itself, and that trait's only on a reference to it: so one
//! compilation serves both.

use std::fmt::Debug;
use std::io::Write;

/// A reference to any value, whether it is one already or not.
pub trait Reference {
    /// The reference.
    #[inline]
    fn evcxr_reference(&self) -> &Self {
        self
    }
}

impl<T: ?Sized> Reference for T {}

/// Shows a value by `{:?}`.
pub fn show_debug(value: &dyn Debug) {
    // One write, so that another thread's text cannot come between.
    let text = format!("EVCXR_BEGIN_CONTENT text/plain value\n{value:?}\nEVCXR_END_CONTENT\n");
    // A cell that closed its output has nowhere to show a value.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
