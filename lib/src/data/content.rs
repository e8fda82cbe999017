//! What a file holds, told by a hash of its bytes: a picture that was moved, copied or
//! renamed is still the same, one that was edited is not.

use sha2::{Digest, Sha256};

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Content(pub [u8; 32]);

impl Content {
    /// Of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Content {
        Content(Sha256::digest(bytes).into())
    }
}
