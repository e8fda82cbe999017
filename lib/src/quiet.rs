//! Panics of others' code on a user's file: caught, and told as an error instead of
//! printed as if the program had ended.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether a panic on this thread is caught by [`caught`].
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread is caught, so that no hook need report it.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// What `work` returns; the panic's text if it panicked. What it changed is to be thrown
/// away then.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !is_quiet() {
                before(panic);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<&'static str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref().cloned()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::{caught, is_quiet};

    #[test]
    fn a_panic_is_caught_with_its_text() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| -> () { panic!("plain") }), Err("plain".to_owned()));
        let number = 3;
        assert_eq!(caught(|| -> () { panic!("number {number}") }), Err("number 3".to_owned()));
        let within = caught(|| {
            let inner = caught(|| -> () { panic!("inner") });
            (inner, is_quiet())
        });
        assert_eq!(within, Ok((Err("inner".to_owned()), true)));
        assert!(!is_quiet(), "panics are reported again");
    }
}
