//! A file that takes its name when it is whole.

use super::abandoned::{self, SUFFIX};
use crate::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file under a temporary name, hidden, beside the name that it gets at the end.
/// Dropped before [`DraftFile::finish`] it is removed; left by a process that was killed
/// it is removed by the next draft of the same name. What had the name before stays as
/// it is until then, also for programs that have it open.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("notes.txt");
/// use sevenlines::disk::DraftFile;
/// let mut draft = DraftFile::new(&path)?;
/// draft.write(b"all of it")?;
/// draft.finish()?;
/// # assert_eq!(std::fs::read(&path).unwrap(), b"all of it");
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Debug)]
pub struct DraftFile {
    part: TempPath,
    file: File,
    path: PathBuf,
}

impl DraftFile {
    /// An empty draft of `path`, whose folder must exist.
    ///
    /// # Errors
    /// [`Error::Io`] if nothing can be written there.
    pub fn new(path: &Path) -> Result<DraftFile> {
        abandoned::sweep(path);
        let prefix = abandoned::prefix(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        // As other files are, for the umask to restrict: a temporary file is its owner's alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let make = || {
            let (file, part) = builder.tempfile_in(abandoned::parent(path))?.into_parts();
            Ok((part, file))
        };
        let made = abandoned::locked(make, |part| part.exists());
        let (part, file) = made.map_err(Error::io("write", path))?;
        Ok(DraftFile { part, file, path: path.to_owned() })
    }

    /// Where it lies until it is finished: to read it again, or to write it by name.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Writes `bytes` after those before.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("write", &self.path))
    }

    /// Has the disk hold it, and gives it its name.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses; what had the name before has it still.
    pub fn finish(self) -> Result<()> {
        // Renamed before its bytes are on the disk, it could be empty after a loss of power.
        self.file.sync_all().map_err(Error::io("write", &self.path))?;
        self.part.persist(&self.path).map_err(|failed| Error::io("write", &self.path)(failed.error))?;
        abandoned::sync_folder(abandoned::parent(&self.path));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_replaces_what_was_there_when_it_is_whole_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "old").unwrap();
        let mut draft = DraftFile::new(&path).unwrap();
        draft.write(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        draft.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        drop(DraftFile::new(&path).unwrap());
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn abandoned_drafts_go_and_those_at_work_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        for left in [".a.txt-AbCd12.part", ".b.txt-AbCd12.part", ".a.txt-more.part"] {
            std::fs::write(folder.path().join(left), "half").unwrap();
        }
        let mut other = DraftFile::new(&path).unwrap();
        other.write(b"other").unwrap();
        let mut draft = DraftFile::new(&path).unwrap();
        draft.write(b"mine").unwrap();
        draft.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        other.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".a.txt-more.part", ".b.txt-AbCd12.part", "a.txt"]);
    }

    #[test]
    fn the_folder_that_lacks_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = DraftFile::new(&folder.path().join("none/a.txt")).unwrap_err().to_string();
        assert!(error.contains("none/a.txt"), "{error}");
    }
}
