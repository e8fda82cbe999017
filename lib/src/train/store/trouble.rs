//! What can go wrong with the store's file. None of it is an error of the library's:
//! features are computed then, and kept in memory.

use crate::disk::explain;
use crate::home::shown;
use redb::Error;
use std::io::ErrorKind;
use std::path::Path;

/// Why the store's file could not be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another process has it, and did not finish in time.
    Busy,
    /// The process that wrote last was killed, and the file must be put in order first.
    Unfinished,
    /// What is in it cannot be trusted.
    Damaged(String),
    /// It cannot be read or written: no right to, no room left, a broken disk.
    Unavailable(String),
}

impl Trouble {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Trouble {
        Trouble::Unavailable(format!("{}: {}", shown(path), explain(error)))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        match error {
            Error::DatabaseAlreadyOpen => Trouble::Busy,
            Error::RepairAborted => Trouble::Unfinished,
            Error::Io(error) => match error.kind() {
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Trouble::Damaged(error.to_string()),
                _ => Trouble::Unavailable(explain(&error)),
            },
            Error::PreviousIo | Error::Backend(_) | Error::Unsupported => {
                Trouble::Unavailable(error.to_string())
            }
            error => Trouble::Damaged(error.to_string()),
        }
    }
}

/// redb may panic over a file that was altered from outside; here that is damage.
/// What cannot be reached is in `folder`.
pub(super) fn guarded<T>(folder: &Path, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Trouble::Damaged("its parts do not fit together".to_owned())));
    outcome.map_err(|trouble| match trouble {
        Trouble::Unavailable(reason) => Trouble::Unavailable(format!("{}: {reason}", shown(folder))),
        other => other,
    })
}
