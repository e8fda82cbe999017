//! How much room a folder takes, a file with several names counted once.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Adds up folders, each file once among all that are added.
#[derive(Default)]
pub struct Usage {
    seen: HashSet<(u64, u64)>,
}

impl Usage {
    /// The bytes that this folder takes beyond those added before.
    pub fn add(&mut self, folder: &Path) -> u64 {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        entries.flatten().map(|entry| self.entry(&entry)).sum()
    }

    fn entry(&mut self, entry: &std::fs::DirEntry) -> u64 {
        let Ok(about) = entry.metadata() else { return 0 };
        if about.is_dir() {
            return self.add(&entry.path());
        }
        if about.nlink() > 1 && !self.seen.insert((about.dev(), about.ino())) {
            return 0;
        }
        about.blocks() * 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_counts_once() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(dir.path().join("deep/er")).expect("creates");
        std::fs::write(dir.path().join("deep/er/a"), vec![1; 100_000]).expect("writes");
        let once = Usage::default().add(dir.path());
        assert!(once >= 100_000);
        std::fs::hard_link(dir.path().join("deep/er/a"), dir.path().join("b")).expect("links");
        assert_eq!(Usage::default().add(dir.path()), once);
        assert_eq!(Usage::default().add(&dir.path().join("nowhere")), 0);
    }
}
