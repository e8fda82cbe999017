//! Stopping long work politely: a flag that SIGINT sets and long loops read.

use crate::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_sigint(_signal: libc::c_int) {
    REQUESTED.store(true, Ordering::SeqCst);
}

/// Lets SIGINT set the flag instead of ending the process. The kernel's prelude
/// calls it; a program may.
pub fn install_handler() {
    // The token is taken before a cell can look for it.
    crate::channel::is_open();
    let handler = on_sigint as extern "C" fn(libc::c_int);
    // SAFETY: the handler does nothing but store to an atomic, which is allowed
    // in a signal handler.
    unsafe {
        libc::signal(libc::SIGINT, handler as libc::sighandler_t);
    }
}

/// Forgets a request. The kernel does so when a cell begins, so that a late
/// interrupt does not stop the next one.
pub fn clear() {
    REQUESTED.store(false, Ordering::SeqCst);
}

/// Asks for a stop, as SIGINT does.
pub fn request() {
    REQUESTED.store(true, Ordering::SeqCst);
}

/// Whether there is a request that nothing has heeded yet.
pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Stops a loop of your own where the user pressed stop: call it with `?` in each
/// turn. It costs a few nanoseconds.
///
/// # Errors
/// [`Error::Interrupted`], once for each request.
///
/// ```
/// use sevenlines::prelude::*;
///
/// fn sum() -> Result<f64, Error> {
///     let mut sum = 0.0;
///     for i in 0..1000 {
///         check_interrupt()?;
///         sum += f64::from(i).sqrt();
///     }
///     Ok(sum)
/// }
/// assert!(sum().is_ok());
///
/// // As the stop button does:
/// interrupt::request();
/// assert!(matches!(sum(), Err(Error::Interrupted)));
/// assert!(sum().is_ok());
/// ```
pub fn check_interrupt() -> Result<()> {
    // Most calls find no request; a plain load is cheaper than the swap.
    match is_requested() && REQUESTED.swap(false, Ordering::SeqCst) {
        true => Err(Error::Interrupted),
        false => Ok(()),
    }
}
