//! A new process for a library that was compiled anew.
//!
//! A `:dep` may ask for other features of a crate that the library uses, or the
//! library's sources may have changed. What cargo then makes does not fit the
//! process that has loaded the old one.

use super::context::{Context, START};
use super::processes;
use super::report;
use crate::cells::work;
use evcxr::{Error, EvalOutputs};
use jupyter_protocol::ErrorOutput;

/// Whether the last build was of that kind.
pub fn is_due(context: &Context) -> bool {
    work::renewed(context.work())
}

/// Starts the new process, and runs the code in it if no variable is lost by that.
pub fn renew(
    context: &mut Context,
    code: &str,
    lost: &[String],
) -> Result<Result<EvalOutputs, Error>, ErrorOutput> {
    work::set_renewed(context.work(), false);
    let process = context.evcxr.process_handle();
    let pid = process.lock().unwrap_or_else(std::sync::PoisonError::into_inner).id();
    processes::signal(pid, libc::SIGKILL);
    // The first finds the old process gone, on which evcxr starts the new one.
    for _ in 0..2 {
        let _ = context.evcxr.execute(START);
    }
    if lost.is_empty() {
        return Ok(context.evcxr.execute(code));
    }
    let text = format!(
        "the library was compiled anew, and a new process was started for it; these variables are lost: {}\n\
         Run this cell again, and those that make the variables.",
        lost.join(", ")
    );
    Err(report::plain("Renewed", &text))
}
