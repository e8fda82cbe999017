//! A cell that panics: its error names the place.

use crate::channel;
use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// What is known of the panic that ends the running cell.
struct State {
    /// The thread that runs the cell.
    thread: ThreadId,
    /// Where it panicked first.
    place: Option<String>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the place of a panic on this thread is kept for [`panicked`].
pub(super) fn watch() {
    *state() = Some(State { thread: thread::current().id(), place: None });
    // Every time: a cell may have set another.
    std::panic::set_hook(Box::new(keep));
}

fn keep(panic: &PanicHookInfo) {
    if crate::quiet::is_quiet() {
        return;
    }
    let current = thread::current();
    match (&mut *state(), panic.location()) {
        (Some(state), Some(place)) if state.place.is_none() && state.thread == current.id() => {
            state.place = Some(place.to_string());
        }
        // Other threads' panics fail no cell.
        _ => eprintln!("the thread {:?} {panic}", current.name().unwrap_or("without a name")),
    }
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|asked| asked != "0") {
        eprintln!("{}", Backtrace::force_capture());
    }
}

/// Makes the cell that panicked with `payload` answer `error`, with text and place.
pub fn panicked(payload: &(dyn Any + Send)) {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the cell panicked");
    channel::fail("panic", text);
    let place = state().as_mut().and_then(|state| state.place.take());
    channel::fail_at(&place.unwrap_or_default());
    channel::tell_evcxr("EVCXR_PANIC_NOTIFICATION");
}
