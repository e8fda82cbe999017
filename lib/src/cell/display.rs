//! Showing a cell's last value.

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

/// Shows a value by `{:?}` where its type has no `evcxr_display` of its own: on a
/// reference that one is found first, since this one needs another reference. So
/// one compilation serves both.
pub trait DebugDisplay {
    /// Shows the value.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> DebugDisplay for &T {
    #[inline]
    fn evcxr_display(&self) {
        show(format_args!("{self:?}"));
    }
}

fn show(value: std::fmt::Arguments) {
    // One write, so that another thread's text cannot come between.
    let text = format!("EVCXR_BEGIN_CONTENT text/plain value\n{value}\nEVCXR_END_CONTENT\n");
    // A cell that closed its output has nowhere to show a value.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
