//! What a file holds, told by a hash of its bytes: a picture that was moved, copied or
//! renamed is still the same, one that was edited is not.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Result};
use std::path::Path;

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Content(pub [u8; 32]);

impl Content {
    /// Of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Content {
        Content(Sha256::digest(bytes).into())
    }

    /// Of all that is left to read.
    pub(crate) fn of_reader(mut reader: impl BufRead) -> Result<Content> {
        let mut hash = Sha256::new();
        loop {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(Content(hash.finalize().into()));
            }
            hash.update(bytes);
            let read = bytes.len();
            reader.consume(read);
        }
    }

    /// Of a file, without holding it.
    pub(crate) fn of_file(file: &Path) -> Result<Content> {
        Content::of_reader(BufReader::with_capacity(1 << 18, File::open(file)?))
    }
}

impl std::fmt::Display for Content {
    /// As lower-case hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
