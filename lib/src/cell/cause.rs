//! An error with those that caused it.
//!
//! A cell's `?` takes any error that can be shown; which of them can name their
//! causes is found by the number of references that the call
//! `(&&&&EvcxrCause(&error)).evcxr_chain()` adds: an error first, then what holds
//! one, at last everything else.

use crate::channel;
use std::error::Error;

/// Parts an error from the one that caused it, in what is sent to the kernel.
const BETWEEN: char = '\u{1}';

/// An error to be told.
pub struct EvcxrCause<'a, T>(pub &'a T);

/// For errors.
pub trait EvcxrOfError {
    /// The texts of an error and of those below it; empty if it has none.
    fn evcxr_chain(&self) -> String;
}

impl<T: Error> EvcxrOfError for &&&EvcxrCause<'_, T> {
    fn evcxr_chain(&self) -> String {
        chain(self.0)
    }
}

/// For what holds an error, as a `Box` does.
pub trait EvcxrOfBox {
    /// As [`EvcxrOfError::evcxr_chain`].
    fn evcxr_chain(&self) -> String;
}

impl<T: AsRef<dyn Error>> EvcxrOfBox for &&EvcxrCause<'_, T> {
    fn evcxr_chain(&self) -> String {
        chain(self.0.as_ref())
    }
}

/// For what holds an error that may go to another thread.
pub trait EvcxrOfSend {
    /// As [`EvcxrOfError::evcxr_chain`].
    fn evcxr_chain(&self) -> String;
}

impl<T: AsRef<dyn Error + Send + Sync>> EvcxrOfSend for &EvcxrCause<'_, T> {
    fn evcxr_chain(&self) -> String {
        chain(self.0.as_ref())
    }
}

/// For everything else.
pub trait EvcxrOfOther {
    /// Nothing: there is no cause to name.
    fn evcxr_chain(&self) -> String {
        String::new()
    }
}

impl<T> EvcxrOfOther for EvcxrCause<'_, T> {}

/// The texts, from the error to its first cause. Many errors repeat their cause's
/// text in their own; that is told once.
fn chain(error: &dyn Error) -> String {
    let mut last = error.to_string();
    let mut text = last.clone();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !last.contains(&said) {
            text.push(BETWEEN);
            text += &said;
        }
        last = said;
        next = cause.source();
    }
    text
}

/// Does what `?` does with an error, and sends its chain to the kernel.
#[inline]
pub fn evcxr_tell<T, E: From<T>>(error: T, chain: String) -> E {
    let told = E::from(error);
    tell(std::any::type_name::<T>(), &chain);
    told
}

fn tell(name: &str, chain: &str) {
    if chain.contains(BETWEEN) {
        channel::fail(name, chain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(&'static str, #[source] std::fmt::Error);

    // The call is as the kernel writes it, whatever the error is.
    #[allow(clippy::needless_borrow)]
    #[test]
    fn causes_are_found_whatever_holds_the_error() {
        let cause = std::fmt::Error.to_string();
        let both = format!("outer\u{1}{cause}");
        let error = Outer("outer", std::fmt::Error);
        assert_eq!((&&&&EvcxrCause(&error)).evcxr_chain(), both);
        let boxed: Box<dyn Error> = Box::new(Outer("outer", std::fmt::Error));
        assert_eq!((&&&&EvcxrCause(&boxed)).evcxr_chain(), both);
        let sent: Box<dyn Error + Send + Sync> = Box::new(Outer("outer", std::fmt::Error));
        assert_eq!((&&&&EvcxrCause(&sent)).evcxr_chain(), both);
        assert_eq!((&&&&EvcxrCause(&"text")).evcxr_chain(), "");
        // A cause that the error's own text holds is not told again.
        let again = Outer("an error occurred when formatting an argument", std::fmt::Error);
        assert_eq!((&&&&EvcxrCause(&again)).evcxr_chain(), again.to_string());
    }
}
