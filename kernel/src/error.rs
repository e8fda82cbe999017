//! The kernel crate's one error type.

use std::path::PathBuf;

/// What the commands and the kernel return.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in the binary.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read, written, listed or renamed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The library's own error.
    #[error(transparent)]
    Library(#[from] sevenlines::Error),
    /// Another program is not there, or failed.
    #[error("{what}{}\n{hint}", tail_of(tail))]
    Program {
        /// Which program, and what became of it.
        what: String,
        /// The last lines that it wrote.
        tail: String,
        /// What to do.
        hint: String,
    },
    /// Something that no other variant names; says what to do.
    #[error("{0}")]
    Invalid(String),
    /// A failure that the user has already been told of.
    #[error("failed")]
    Reported,
}

fn tail_of(tail: &str) -> String {
    if tail.is_empty() { ".".into() } else { format!(". It wrote:\n{tail}") }
}

impl Error {
    /// For `map_err`: names the action and the file of an I/O error.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}
