//! Showing a cell's last value.

use std::fmt::Debug;
use std::io::Write;

/// Shows a value by `{:?}` where its type has no `evcxr_display` of its own, which
/// would be preferred as an inherent method: so one compilation serves both.
pub trait DebugDisplay {
    /// Shows the value.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> DebugDisplay for T {
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
