//! Whether files have changed: by time and length, as cargo itself looks at them.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// A file as it was; one that was not there has neither time nor length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    path: PathBuf,
    modified: Option<u128>,
    length: Option<u64>,
}

impl Stamp {
    /// The file as it is now.
    pub fn of(path: impl Into<PathBuf>) -> Stamp {
        let path = path.into();
        let meta = std::fs::metadata(&path).ok();
        let modified = meta.as_ref().and_then(|meta| meta.modified().ok());
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Stamp { modified: modified.map(|time| time.as_nanos()), length: meta.map(|meta| meta.len()), path }
    }

    /// Whether the file is as it was.
    pub fn is_current(&self) -> bool {
        *self == Stamp::of(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        let absent = Stamp::of(&file);
        assert!(absent.is_current());
        std::fs::write(&file, "1").unwrap();
        assert!(!absent.is_current());
        let there = Stamp::of(&file);
        assert!(there.is_current());
        std::fs::write(&file, "12").unwrap();
        assert!(!there.is_current());
        let long = Stamp::of(&file);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert!(!long.is_current());
    }
}
