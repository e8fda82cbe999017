//! A download to a file that survives a broken connection, an interrupt and a
//! restart: bytes go to a `.part` file with the server's ETag beside it, and the
//! next attempt asks for the rest.

use super::Progress;
use super::http::{Answer, Client, Get};
use super::pace::Slow;
use crate::data::Content;
use crate::{Error, Result};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How often a connection that brought something may break.
const RESUMPTIONS: usize = 5;
/// No file that is fetched here is larger.
const LARGEST: u64 = 4 << 30;

/// What to download.
#[derive(Clone, Debug)]
pub struct Download<'a> {
    /// The address.
    pub url: &'a str,
    /// A bearer token for the address's host.
    pub token: Option<&'a str>,
    /// The bytes wanted; none is the whole file.
    pub span: Option<Range<u64>>,
    /// How many bytes that must be, if known.
    pub length: Option<u64>,
    /// Where the bytes are gathered.
    pub part: &'a Path,
}

/// Why an attempt ended.
enum Stop {
    /// The connection broke: what came is kept and the rest may be asked for.
    Broken(String),
    /// It comes too slowly to be worth another attempt now.
    Slow(String),
    /// The server has another file now: what came before was thrown away.
    Changed,
    /// Asking again would not help.
    Final(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Final(error)
    }
}

impl Download<'_> {
    /// Completes the `.part` file. `progress` gets bytes.
    ///
    /// # Errors
    /// [`Error::Download`], [`Error::Io`], or [`Error::Interrupted`]; what came
    /// so far is kept, and running it again goes on from there.
    pub fn run(&self, client: &Client, progress: Progress) -> Result<()> {
        let folder = self.part.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let mut resumptions = 0;
        let mut restarted = false;
        loop {
            let before = self.gathered();
            match self.attempt(client, progress) {
                Ok(()) => return Ok(()),
                Err(Stop::Broken(_)) if self.gathered() > before && resumptions < RESUMPTIONS => {
                    resumptions += 1
                }
                Err(Stop::Changed) if !restarted => restarted = true,
                Err(Stop::Changed) => {
                    return Err(self.failed("the file keeps changing on the server; try again later".into()));
                }
                Err(Stop::Broken(reason) | Stop::Slow(reason)) => {
                    return Err(self.failed(format!(
                        "{reason} after {} bytes; run it again to go on from there",
                        self.gathered()
                    )));
                }
                Err(Stop::Final(error)) => return Err(error),
            }
        }
    }

    /// Checks the whole `.part` file against its hash, if known, and renames it.
    ///
    /// # Errors
    /// [`Error::Download`] if the hash differs; the bytes are thrown away then,
    /// so that the next attempt starts anew.
    pub fn finish(&self, file: &Path, sha256: Option<&str>) -> Result<()> {
        if let Some(expected) = sha256 {
            let got = Content::of_file(self.part).map_err(Error::io("read", self.part))?.to_string();
            if got != expected {
                self.discard()?;
                return Err(self.failed(format!(
                    "its SHA-256 is {got}, not {expected}: it was damaged on the way and thrown away; try again"
                )));
            }
        }
        // Renamed before its bytes are on the disk, it could be empty after a loss of power.
        let part = OpenOptions::new().write(true).open(self.part).map_err(Error::io("write", self.part))?;
        part.sync_all().map_err(Error::io("write", self.part))?;
        std::fs::rename(self.part, file).map_err(Error::io("write", file))?;
        remove(&self.tag_file())
    }

    /// Removes what was gathered.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn discard(&self) -> Result<()> {
        remove(self.part)?;
        remove(&self.tag_file())
    }

    fn attempt(&self, client: &Client, progress: Progress) -> std::result::Result<(), Stop> {
        let mut have = self.gathered();
        let tag = std::fs::read_to_string(self.tag_file()).ok();
        let wanted = self.span.as_ref().map(|span| span.end - span.start).or(self.length);
        if tag.is_none() || wanted.is_some_and(|wanted| have > wanted) {
            self.discard()?;
            have = 0;
        }
        if have > 0 && wanted == Some(have) {
            progress(have, wanted);
            return Ok(());
        }
        let range = match &self.span {
            Some(span) => Some((span.start + have, Some(span.end))),
            None => (have > 0).then_some((have, None)),
        };
        let if_range = tag.as_deref().filter(|_| have > 0);
        let answer = client.get(&Get { url: self.url, token: self.token, range, if_range })?;
        let (have, end) = self.place(&answer, have)?;
        self.receive(client, answer, have, end, progress)
    }

    /// Where the answer's bytes belong in the part, and where they end: an answer without
    /// an end could fill the disk.
    fn place(&self, answer: &Answer, have: u64) -> std::result::Result<(u64, u64), Stop> {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        let (have, end) = match (answer.status, answer.content_range()) {
            (206, Some((first, total))) if first == start + have => match &self.span {
                Some(span) => (have, Some(span.end - span.start)),
                None => (have, total),
            },
            (200, _) if self.span.is_none() => (0, answer.content_length()),
            // Not the file that the part was begun with.
            (200 | 416, _) if have > 0 => {
                self.discard()?;
                return Err(Stop::Changed);
            }
            _ => return Err(self.failed("the server does not send byte ranges".into()).into()),
        };
        match (self.length, end) {
            (Some(length), Some(end)) if length != end => {
                self.discard()?;
                Err(self
                    .failed(format!("{end} bytes are offered, not the {length} that it should have"))
                    .into())
            }
            (length, end) => match end.or(length) {
                Some(end) if end <= LARGEST => Ok((have, end)),
                Some(end) => {
                    Err(self.failed(format!("{end} bytes are offered, and it is not so large")).into())
                }
                None => Err(self.failed("the server does not tell how long the file is".into()).into()),
            },
        }
    }

    fn receive(
        &self,
        client: &Client,
        mut answer: Answer,
        mut have: u64,
        end: u64,
        progress: Progress,
    ) -> std::result::Result<(), Stop> {
        let io = |e| Stop::Final(Error::io("write", self.part)(e));
        let mut part =
            OpenOptions::new().create(true).truncate(false).write(true).open(self.part).map_err(io)?;
        part.set_len(have).map_err(io)?;
        part.seek(SeekFrom::End(0)).map_err(io)?;
        self.remember_tag(&answer)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            progress(have, Some(end));
            crate::interrupt::check_interrupt()?;
            let read = answer.body.read(&mut buffer).map_err(|e| match Slow::in_error(&e) {
                Some(slow) => Stop::Slow(slow.to_string()),
                None => Stop::Broken(client.explain_io(&e)),
            })?;
            if read == 0 {
                break;
            }
            have += read as u64;
            if have > end {
                self.discard()?;
                return Err(self.failed("more bytes came than were announced".into()).into());
            }
            part.write_all(&buffer[..read]).map_err(io)?;
        }
        match have < end {
            true => Err(Stop::Broken(format!("only {have} of {end} bytes came"))),
            false => Ok(()),
        }
    }

    /// Keeps the ETag with which the rest can be asked for; a weak one or none
    /// means that a broken download begins anew.
    fn remember_tag(&self, answer: &Answer) -> Result<()> {
        match answer.header("etag").filter(|tag| !tag.starts_with("W/")) {
            Some(tag) => std::fs::write(self.tag_file(), tag).map_err(Error::io("write", self.tag_file())),
            None => remove(&self.tag_file()),
        }
    }

    fn gathered(&self) -> u64 {
        std::fs::metadata(self.part).map_or(0, |part| part.len())
    }

    fn tag_file(&self) -> PathBuf {
        let mut name = self.part.as_os_str().to_owned();
        name.push(".etag");
        name.into()
    }

    fn failed(&self, reason: String) -> Error {
        Error::Download { url: self.url.to_string(), reason }
    }
}

fn remove(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", file)(e)),
        _ => Ok(()),
    }
}
