//! The notebook's Rust: started before the first cell, and again by the next one where
//! what it needs could not be had, or stop was pressed meanwhile.

use super::context::Context;
use super::report;
use super::requests::Shared;
use crate::error::Error;
use jupyter_protocol::ErrorOutput;
use std::panic::{AssertUnwindSafe, catch_unwind};

const STOPPED: &str = "stopped while the library was prepared for cells; run the cell again and that begins anew \
(`sevenlines setup` does it beforehand)";

/// evcxr, or why there is none.
pub struct Rust {
    state: Result<Context, Failed>,
    /// Whether a cell waited for the start, which is told what became of it.
    awaited: bool,
    /// Stop was pressed, too late to end the start: the cell that waits does not run.
    stopped: bool,
}

/// Why there is no evcxr.
struct Failed {
    error: ErrorOutput,
    /// It may be started again.
    again: bool,
}

impl Rust {
    /// Starts it.
    pub fn start(shared: &Shared) -> Rust {
        shared.stop.starts();
        let state = catch_unwind(AssertUnwindSafe(|| start(shared))).unwrap_or_else(|_| {
            let reason = "the kernel's Rust did not start (its log has the reason)";
            Err(Failed { error: report::plain("KernelError", reason), again: false })
        });
        shared.output.started();
        Rust { state, awaited: false, stopped: shared.stop.started() }
    }

    /// A cell has been sent while it started, or none.
    pub fn was_awaited(&mut self, awaited: bool) {
        self.awaited = awaited;
        self.stopped &= awaited;
    }

    /// evcxr, if it is there.
    pub fn context(&mut self) -> Option<&mut Context> {
        self.state.as_mut().ok()
    }

    /// evcxr for a cell, started again where that may help; or what the cell fails with.
    pub fn for_cell(&mut self, shared: &Shared) -> Result<&mut Context, ErrorOutput> {
        let awaited = std::mem::take(&mut self.awaited);
        if !awaited && self.state.as_ref().is_err_and(|failed| failed.again) {
            *self = Rust::start(shared);
        }
        if std::mem::take(&mut self.stopped) {
            return Err(report::not_run());
        }
        self.state.as_mut().map_err(|failed| failed.error.clone())
    }
}

fn start(shared: &Shared) -> Result<Context, Failed> {
    let (toolchain, prepared) =
        Context::prepare(shared).map_err(|error| Failed { error: shown(&error), again: true })?;
    // From here on the environment is another one, and not what a second start expects.
    Context::start(shared, &toolchain, &prepared)
        .map_err(|error| Failed { error: shown(&error), again: false })
}

fn shown(error: &Error) -> ErrorOutput {
    match error {
        Error::Library(sevenlines::Error::Interrupted) => report::plain("Interrupted", STOPPED),
        _ => report::plain("KernelError", &error.to_string()),
    }
}
