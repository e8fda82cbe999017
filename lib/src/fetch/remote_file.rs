//! A file on a server, read as if it were here: by byte ranges, a block at a time.

use super::http::Client;
use crate::{Error, Result};
use std::io::{Read, Seek, SeekFrom};

/// What a read fetches; a picture with its zip header fits.
const BLOCK: u64 = 64 << 10;
/// What reads grow to while they go straight on, through a zip's directory.
const LARGEST: u64 = 1 << 20;
/// How often one block is asked for.
const ATTEMPTS: usize = 3;

/// The file, and the block read last.
pub(super) struct RemoteFile {
    client: Client,
    url: String,
    length: u64,
    position: u64,
    block: Vec<u8>,
    start: u64,
}

impl RemoteFile {
    /// Asks for the file's last byte, and so for its length.
    pub(super) fn open(client: Client, url: &str) -> Result<RemoteFile> {
        let (_, answer) = client.bytes(url, None, 0..1)?;
        let length = answer.content_range().and_then(|(_, total)| total);
        let length = length.ok_or_else(|| Error::Download {
            url: url.into(),
            reason: "the server does not tell how long the file is".into(),
        })?;
        Ok(RemoteFile { client, url: url.into(), length, position: 0, block: Vec::new(), start: 0 })
    }

    fn block_end(&self) -> u64 {
        self.start + self.block.len() as u64
    }

    fn fetch(&mut self) -> Result<()> {
        let size = match self.position == self.block_end() && !self.block.is_empty() {
            true => (self.block.len() as u64 * 2).min(LARGEST),
            false => BLOCK,
        };
        let range = self.position..(self.position + size).min(self.length);
        for attempt in 1.. {
            crate::interrupt::check_interrupt()?;
            match self.client.bytes(&self.url, None, range.clone()) {
                Ok((block, _)) => {
                    (self.block, self.start) = (block, range.start);
                    break;
                }
                Err(Error::Download { .. }) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Read for RemoteFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        if !(self.start..self.block_end()).contains(&self.position) {
            self.fetch().map_err(std::io::Error::other)?;
        }
        let at = (self.position - self.start) as usize;
        let count = buffer.len().min(self.block.len() - at);
        buffer[..count].copy_from_slice(&self.block[at..at + count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for RemoteFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
