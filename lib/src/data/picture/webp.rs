//! A WebP file's parts, listed without decoding any: the decoder believes what each says
//! of its size before it looks whether the file has as much.

use super::Outcome;
use std::io::{BufRead, ErrorKind, Read, Seek};

/// What is in a WebP file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Parts {
    /// Of the largest picture in it, in pixels.
    largest: u64,
    animated: bool,
    lossless: bool,
    transparent: bool,
}

impl Parts {
    /// What decoding holds beside the decoded picture of so many pixels, in bytes.
    pub fn beside(self, pixels: u64) -> u64 {
        let pixels = pixels.max(self.largest);
        // In half bytes a pixel: brightness and colour at half the size, or all of them;
        // transparency, stored as a picture of its own; the frame and what it is put on.
        let stored = if self.lossless { 8 } else { 3 };
        let transparency = if self.transparent { 12 } else { 0 };
        let frames = if self.animated { 16 } else { 0 };
        pixels * (stored + transparency + frames) / 2
    }
}

/// The parts of a WebP file of `length` bytes; None if it is another kind of file.
///
/// # Errors
/// A part that is longer than the file.
pub(super) fn parts(reader: &mut (impl BufRead + Seek), length: u64) -> Outcome<Option<Parts>> {
    let mut start = [0; 12];
    if !filled(reader, &mut start)? || !start.starts_with(b"RIFF") || !start.ends_with(b"WEBP") {
        return Ok(None);
    }
    let [_, _, _, _, a, b, c, d, ..] = start;
    // What may follow is none of its parts.
    let end = 8 + u64::from(u32::from_le_bytes([a, b, c, d]));
    let mut parts = Parts::default();
    let mut at = 12;
    let mut head = [0; 8];
    while at + 8 <= end && filled(reader, &mut head)? {
        at += 8;
        let [name @ .., a, b, c, d] = head;
        let size = u64::from(u32::from_le_bytes([a, b, c, d]));
        if at + size > length {
            let name = name.escape_ascii();
            return Err(format!(
                "it breaks off: its part {name} has {} of {size} bytes",
                length.saturating_sub(at)
            ));
        }
        // A frame of an animation has parts in it.
        let inside = if &name == b"ANMF" { size.min(16) } else { size };
        let read = parts.add(&name, reader, inside)?;
        let next = at + inside + inside % 2;
        reader.seek_relative(next as i64 - (at + read) as i64).map_err(|error| error.to_string())?;
        at = next;
    }
    Ok(Some(parts))
}

impl Parts {
    /// Notes a part; returns how many of its bytes were read.
    fn add(&mut self, name: &[u8; 4], reader: &mut impl Read, size: u64) -> Outcome<u64> {
        let mut start = [0; 10];
        let start = &mut start[..size.min(10) as usize];
        if !filled(reader, start)? {
            return Err("it breaks off".to_owned());
        }
        match (name, &*start) {
            (b"ANMF", _) => self.animated = true,
            (b"ALPH", _) => self.transparent = true,
            (b"VP8L", &[_, a, b, c, d, ..]) => {
                self.lossless = true;
                let bits = u32::from_le_bytes([a, b, c, d]);
                self.see((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
            }
            (b"VP8 ", &[_, _, _, _, _, _, a, b, c, d]) => {
                let [width, height] = [[a, b], [c, d]].map(|side| u16::from_le_bytes(side) & 0x3fff);
                self.see(width.into(), height.into());
            }
            _ => {}
        }
        Ok(start.len() as u64)
    }

    fn see(&mut self, width: u32, height: u32) {
        self.largest = self.largest.max(u64::from(width) * u64::from(height));
    }
}

/// Whether there was enough to fill `bytes`.
fn filled(reader: &mut impl Read, bytes: &mut [u8]) -> Outcome<bool> {
    match reader.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}
