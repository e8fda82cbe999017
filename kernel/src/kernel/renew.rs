//! A new process for a library that was compiled anew.
//!
//! A `:dep` may ask for other features of a crate that the library uses, or the
//! library's sources may have changed. What cargo then makes does not fit the
//! process that has loaded the old one.

use super::context::Context;
use super::report;
use crate::cells::work;
use jupyter_protocol::ErrorOutput;

/// Whether the last build was of that kind.
pub fn is_due(context: &Context) -> bool {
    work::renewed(context.work())
}

/// Starts the new process.
pub fn renew(context: &mut Context) {
    work::set_renewed(context.work(), false);
    // What is wrong with it shows in the next cell.
    let _ = context.restart();
}

/// Says what is lost by it.
pub fn report(lost: &[String]) -> ErrorOutput {
    let text = format!(
        "the library was compiled anew, and a new process was started for it; these variables are lost: {}\n\
         Run this cell again, and those that make the variables.",
        lost.join(", ")
    );
    report::plain("Renewed", &text)
}
