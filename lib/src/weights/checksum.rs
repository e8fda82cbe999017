//! A checksum in the files that sevenlines writes: a byte that changed on the disk is
//! noticed when the file is opened, before any number in it is used.
//!
//! It is the CRC-32 of the whole file, the checksum's own digits taken as zeros, and lies
//! among a safetensors file's metadata. A second entry says that there is one: damage to
//! one of the two is told by the other. Files from elsewhere, and ours from before there
//! was a checksum, have neither entry: of them only what the format itself says is checked.

use crc32fast::Hasher;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

/// What the checksum's digits follow in the header.
const ENTRY: &[u8] = b"\"checksum\":\"crc32:";
/// The entry that says that there is one.
const PROMISE: &[u8] = b"\"has checksum\":\"yes\"";
const DIGITS: usize = 8;
/// Longer than a header of ours.
const LONGEST_HEADER: u64 = 16 << 20;

/// Adds both entries to a file's metadata; [`seal`] sets the digits.
pub(super) fn announce(metadata: &mut HashMap<String, String>) {
    metadata.insert("has checksum".to_owned(), "yes".to_owned());
    metadata.insert("checksum".to_owned(), format!("crc32:{}", "0".repeat(DIGITS)));
}

/// Writes the checksum into a file's bytes, whose metadata has the entries.
pub(super) fn seal(file: &mut [u8]) -> Result<()> {
    let mut rest = &file[..];
    let header = Header::read(&mut rest)?;
    if let Some(at) = header.digits() {
        let sum = header.checksum(at, &mut rest)?;
        file[at..at + DIGITS].copy_from_slice(format!("{sum:0DIGITS$x}").as_bytes());
    }
    Ok(())
}

/// Why the file is not as it was written, if it says itself what it was.
pub(crate) fn damage(file: &Path) -> Result<Option<String>> {
    damage_in(&mut File::open(file)?)
}

/// [`damage`] of what a reader gives.
pub(crate) fn damage_in(reader: &mut impl Read) -> Result<Option<String>> {
    let header = Header::read(reader)?;
    let Some(at) = header.digits() else {
        let promised = find(&header.bytes, PROMISE).is_some();
        return Ok(promised.then(|| "its checksum is gone".to_owned()));
    };
    let stored = header.bytes[at..].get(..DIGITS).map(|digits| digits.to_vec()).unwrap_or_default();
    let sum = format!("{:0DIGITS$x}", header.checksum(at, reader)?);
    let same = stored == sum.as_bytes();
    let told = String::from_utf8_lossy(&stored);
    Ok((!same).then(|| format!("its content was changed since it was written (CRC-32 {sum}, not {told})")))
}

/// The file's first bytes, up to the end of the header.
struct Header {
    bytes: Vec<u8>,
}

impl Header {
    fn read(reader: &mut impl Read) -> Result<Header> {
        let mut bytes = Vec::new();
        reader.take(8).read_to_end(&mut bytes)?;
        let length = bytes.as_slice().try_into().map_or(0, u64::from_le_bytes);
        if length <= LONGEST_HEADER {
            reader.take(length).read_to_end(&mut bytes)?;
        }
        Ok(Header { bytes })
    }

    /// Where the checksum's digits begin.
    fn digits(&self) -> Option<usize> {
        find(&self.bytes, ENTRY).map(|at| at + ENTRY.len())
    }

    /// Of the header and what the reader still gives.
    fn checksum(&self, at: usize, rest: &mut impl Read) -> Result<u32> {
        let after = (at + DIGITS).min(self.bytes.len());
        let mut hasher = Hasher::new();
        hasher.update(&self.bytes[..at]);
        hasher.update(&[b'0'; DIGITS]);
        hasher.update(&self.bytes[after..]);
        let mut buffer = vec![0; 1 << 18];
        loop {
            match rest.read(&mut buffer)? {
                0 => return Ok(hasher.finalize()),
                count => hasher.update(&buffer[..count]),
            }
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
