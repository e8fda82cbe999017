//! Which file holds which content, without reading it again: a file that has kept its
//! length, times and inode has kept its bytes.
//!
//! Unless it was written twice within the clock's grain. A file is therefore only
//! taken at its word if it had rested for [`REST`] when it was last looked at before
//! it was read.

use crate::data::Content;
use crate::interrupt;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No file system's clock is coarser.
const REST: Duration = Duration::from_secs(2);

/// How a file looks from outside. `changed` is the time of the last change to the file
/// or to what is noted of it, which no program can set at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    length: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

impl Stat {
    /// Of the file at `path`; none if there is none.
    pub(super) fn of(path: &Path) -> Option<Stat> {
        let about = std::fs::metadata(path).ok().filter(|about| about.is_file())?;
        let modified = nanoseconds(about.modified().ok()?);
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = about.ctime().saturating_mul(1_000_000_000);
            (seconds.saturating_add(about.ctime_nsec()), about.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = (modified, 0);
        Some(Stat { length: about.len(), modified, changed, inode })
    }

    fn has_rested(&self, now: SystemTime) -> bool {
        nanoseconds(now).saturating_sub(self.modified.max(self.changed)) > REST.as_nanos() as i64
    }

    /// With the content, as the store's file keeps it.
    pub(super) fn to_bytes(self, content: &Content) -> Vec<u8> {
        let numbers = [self.length, self.modified as u64, self.changed as u64, self.inode];
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        numbers.chain(content.0).collect()
    }

    /// The content that was kept with this very stat.
    pub(super) fn content_in(self, bytes: &[u8]) -> Option<Content> {
        let content = Content(*bytes.last_chunk()?);
        (self.to_bytes(&content) == bytes).then_some(content)
    }
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

/// The files looked at so far.
#[derive(Default)]
pub(super) struct Files {
    known: HashMap<PathBuf, Known>,
}

struct Known {
    stat: Stat,
    rested: bool,
    content: Option<Content>,
}

impl Files {
    /// Looks at each file: its content, where that is known and the file still the same.
    pub(super) fn look(&mut self, paths: &[PathBuf]) -> Vec<Option<Content>> {
        let now = SystemTime::now();
        let stats: Vec<Option<Stat>> = paths.par_iter().map(|path| Stat::of(path)).collect();
        paths.iter().zip(stats).map(|(path, stat)| self.look_at(path, stat, now)).collect()
    }

    fn look_at(&mut self, path: &Path, stat: Option<Stat>, now: SystemTime) -> Option<Content> {
        let Some(stat) = stat else {
            self.known.remove(path);
            return None;
        };
        match self.known.get(path) {
            Some(known) if known.stat == stat && known.rested => known.content,
            _ => {
                let known = Known { stat, rested: stat.has_rested(now), content: None };
                self.known.insert(path.to_owned(), known);
                None
            }
        }
    }

    /// The stat of a file as it was looked at, if that may be taken at its word.
    pub(super) fn stat(&self, path: &Path) -> Option<Stat> {
        self.known.get(path).filter(|known| known.rested).map(|known| known.stat)
    }

    /// Notes the content of a file that was read after it was looked at. Returns the
    /// stat that stands for the content from now on, if the file had rested and is
    /// still the same.
    pub(super) fn learn(&mut self, path: &Path, content: Content) -> Option<Stat> {
        let known = self.known.get_mut(path)?;
        let trusted = known.rested && Stat::of(path) == Some(known.stat);
        trusted.then(|| {
            known.content = Some(content);
            known.stat
        })
    }
}

/// Reads files on all cores; none for those that cannot be read. Stops early when the
/// user asks, who is told by whatever comes next.
pub(super) fn hash(paths: &[&PathBuf]) -> Vec<Option<Content>> {
    let mut contents = Vec::with_capacity(paths.len());
    for piece in paths.chunks(256) {
        if interrupt::is_requested() {
            break;
        }
        contents.par_extend(piece.par_iter().map(|path| hash_file(path)));
    }
    contents.resize(paths.len(), None);
    contents
}

/// The content of one file, read piece by piece.
pub(super) fn hash_file(path: &Path) -> Option<Content> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 128 << 10];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Some(Content(hash.finalize().into())),
            Ok(length) => hash.update(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join("cat.png");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn a_file_that_was_just_written_is_not_taken_at_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, b"tom");
        let mut files = Files::default();
        assert_eq!(files.look(std::slice::from_ref(&path)), [None]);
        assert_eq!(files.learn(&path, Content::of(b"tom")), None);
        assert_eq!(files.look(&[path]), [None]);
    }

    #[test]
    fn a_file_that_rested_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, b"tom");
        let paths = [path.clone(), folder.path().join("nowhere.png")];
        // The time of change cannot be set, only waited for.
        std::thread::sleep(REST + Duration::from_millis(100));
        let mut files = Files::default();
        assert_eq!(files.look(&paths), [None, None]);
        let stat = files.learn(&path, Content::of(b"tom")).unwrap();
        assert_eq!(files.look(&paths), [Some(Content::of(b"tom")), None]);
        assert_eq!(stat.content_in(&stat.to_bytes(&Content::of(b"tom"))), Some(Content::of(b"tom")));

        // Other bytes, of the same length, dated back: only the time of change tells.
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, b"jim").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        let changed = Stat::of(&path).unwrap();
        assert_eq!(
            (changed.length, changed.modified, changed.inode),
            (stat.length, stat.modified, stat.inode)
        );
        assert_eq!(files.learn(&path, Content::of(b"tom")), None, "changed while it was read");
        assert_eq!(files.look(&paths), [None, None]);
        assert_eq!(changed.content_in(&stat.to_bytes(&Content::of(b"tom"))), None);
    }

    #[test]
    fn a_file_is_hashed_as_its_bytes_are() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
        let path = file(&folder, &bytes);
        let nowhere = folder.path().join("nowhere");
        assert_eq!(hash(&[&nowhere, &path]), [None, Some(Content::of(&bytes))]);
    }
}
