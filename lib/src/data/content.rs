//! What a file holds, told by a hash of its bytes: a picture that was moved, copied or
//! renamed is still the same, one that was edited is not.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Content(pub [u8; 32]);

impl Content {
    /// Of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Content {
        Content(Sha256::digest(bytes).into())
    }

    /// Of a file, without holding it.
    pub(crate) fn of_file(file: &Path) -> std::io::Result<Content> {
        let mut file = File::open(file)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Content(hasher.finalize().into())),
                count => hasher.update(&buffer[..count]),
            }
        }
    }
}

impl std::fmt::Display for Content {
    /// As lower-case hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
