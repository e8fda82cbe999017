//! The command's one error type: each message says what was wrong and what to do.

use std::path::PathBuf;

/// What the command's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in the command and its kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read, written, linked or removed.
    #[error("could not {action} {}: {}", path.display(), sevenlines::disk::explain(source))]
    Io {
        /// What was tried: "read", "write" ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program that did not start, or ended badly.
    #[error("{program} failed: {reason}")]
    Program {
        /// The program and what it was to do.
        program: String,
        /// What it said.
        reason: String,
    },
    /// Something that must be there first.
    #[error("{what} is missing; {hint}")]
    Missing {
        /// What was looked for.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The Jupyter connection failed.
    #[error("the Jupyter connection failed: {0}")]
    Jupyter(String),
    /// evcxr did not start or could not load the library.
    #[error("the notebook's Rust did not start: {0}")]
    Evcxr(String),
    /// Another program that the setup needs is not there, or failed.
    #[error("{what}{}\n{hint}", tail_of(tail))]
    Step {
        /// Which program, and what became of it.
        what: String,
        /// The last lines that it wrote.
        tail: String,
        /// What to do.
        hint: String,
    },
    /// A failure that the user has already been told of.
    #[error("failed")]
    Reported,
    /// Anything else, said in words.
    #[error("{0}")]
    Invalid(String),
    /// The library's own error.
    #[error(transparent)]
    Library(#[from] sevenlines::Error),
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

    /// For `map_err`: names the program that could not be started.
    pub fn program(program: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let program = program.into();
        move |source| Error::Program { program, reason: source.to_string() }
    }
}
