//! Opening what is called a picture: nothing but a file is read, and nothing is waited for.

use super::Outcome;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::path::Path;
use std::time::SystemTime;

pub(super) const CHANGED: &str = "it was changed while it was read; try again";

/// A file that is open.
pub(super) struct Opened {
    file: File,
    pub length: u64,
}

/// Opens the file at `path`, or says why it is none.
pub(super) fn open(path: &Path) -> Outcome<Opened> {
    // To open a device can do things to it, so its kind is asked for first.
    check(&std::fs::metadata(path).map_err(|error| why(path, &error))?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Meanwhile it may have become a pipe, which would be waited for.
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path).map_err(|error| why(path, &error))?;
    let metadata = file.metadata().map_err(|error| why(path, &error))?;
    check(&metadata)?;
    Ok(Opened { file, length: metadata.len() })
}

impl Opened {
    /// From the beginning on.
    pub fn reader(&self) -> Outcome<BufReader<&File>> {
        let mut reader = BufReader::new(&self.file);
        reader.rewind().map_err(|error| error.to_string())?;
        Ok(reader)
    }

    /// All of it.
    pub fn bytes(&self) -> Outcome<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).map_err(|error| error.to_string())?);
        // No more than there is room for, if it grows meanwhile.
        let read = self.reader()?.take(self.length).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|error| error.to_string())
    }

    /// What differs once the file is written to.
    pub fn stamp(&self) -> Outcome<(u64, SystemTime)> {
        let metadata = self.file.metadata().map_err(|error| error.to_string())?;
        Ok((metadata.len(), metadata.modified().map_err(|error| error.to_string())?))
    }
}

fn check(metadata: &Metadata) -> Outcome<()> {
    if metadata.is_dir() {
        Err("it is a folder".to_owned())
    } else if !metadata.is_file() {
        Err("it is no file but a pipe, a socket or a device".to_owned())
    } else if metadata.len() == 0 {
        Err("the file is empty".to_owned())
    } else {
        Ok(())
    }
}

/// Why a file cannot be opened.
fn why(path: &Path, error: &std::io::Error) -> String {
    match (error.kind(), std::fs::read_link(path)) {
        (ErrorKind::NotFound, Ok(target)) => {
            format!("it is a link to {}, which does not exist", target.display())
        }
        (ErrorKind::NotFound, Err(_)) => {
            "there is no such file; if it was there when the folder was listed, list the folder again"
                .to_owned()
        }
        (ErrorKind::PermissionDenied, _) => "there is no permission to read it".to_owned(),
        _ => error.to_string(),
    }
}
