//! A folder that takes its name when all is in it.

use super::abandoned::{self, SUFFIX};
use crate::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder under a temporary name, as [`DraftFile`](super::DraftFile) is a file: to be
/// filled and then [named](DraftFolder::finish), or to work in and drop. What is in it
/// is not synced: pictures and programs can be brought again.
#[derive(Debug)]
pub struct DraftFolder {
    folder: TempDir,
    /// Locked; not there where a folder cannot be opened.
    _lock: File,
    path: PathBuf,
}

impl DraftFolder {
    /// An empty draft of `path`; the folders above it are made if they are not there.
    ///
    /// # Errors
    /// [`Error::Io`] if nothing can be written there.
    pub fn new(path: &Path) -> Result<DraftFolder> {
        let above = abandoned::parent(path);
        std::fs::create_dir_all(above).map_err(Error::io("create", above))?;
        abandoned::sweep(path);
        let prefix = abandoned::prefix(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        let make = || {
            let folder = builder.tempdir_in(above)?;
            let opened = File::open(folder.path())?;
            Ok((folder, opened))
        };
        let made = abandoned::locked(make, |folder| folder.path().exists());
        let (folder, lock) = made.map_err(Error::io("create a folder in", above))?;
        Ok(DraftFolder { folder, _lock: lock, path: path.to_owned() })
    }

    /// Where it lies until it is finished.
    pub fn part(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it its name, which nothing else may have.
    ///
    /// # Errors
    /// [`Error::Io`] if that cannot be done.
    pub fn finish(self) -> Result<()> {
        readable_by_all(self.part());
        std::fs::rename(self.part(), &self.path)
            .map_err(Error::io("rename the finished folder to", &self.path))
    }

    /// Gives it its name, and removes the folder that had it before. At every moment one
    /// of the two has the name, whole, where the file system can exchange names.
    ///
    /// # Errors
    /// [`Error::Io`] if that cannot be done; the folder from before has the name then.
    pub fn replace(self) -> Result<()> {
        if !self.path.exists() {
            return self.finish();
        }
        readable_by_all(self.part());
        match exchange(self.part(), &self.path) {
            true => Ok(()),
            false => self.replace_in_two_steps(),
        }
    }

    /// Between the two steps nothing has the name: what a process that is killed just then
    /// leaves is under a name that no sweep removes.
    fn replace_in_two_steps(self) -> Result<()> {
        let mut old = self.part().as_os_str().to_owned();
        old.push(".old");
        let old = PathBuf::from(old);
        std::fs::rename(&self.path, &old).map_err(Error::io("rename", &self.path))?;
        if let Err(error) = std::fs::rename(self.part(), &self.path) {
            let _ = std::fs::rename(&old, &self.path);
            return Err(Error::io("rename the finished folder to", &self.path)(error));
        }
        std::fs::remove_dir_all(&old).map_err(Error::io("remove", old))
    }
}

/// Has two folders exchange their names in one step, if that can be done here. What had
/// the name is then the draft, and goes with it.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(draft: &Path, path: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, draft, CWD, path, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_draft: &Path, _path: &Path) -> bool {
    false
}

/// A temporary folder is its owner's alone; what is installed need not be.
fn readable_by_all(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A file system without permissions is no reason to fail.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(path: &Path, text: &str) -> DraftFolder {
        let draft = DraftFolder::new(path).unwrap();
        std::fs::write(draft.part().join("file"), text).unwrap();
        draft
    }

    fn count(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn it_takes_the_place_of_the_one_before() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("above/set");
        draft(&path, "one").finish().unwrap();
        std::fs::write(path.join("more"), "").unwrap();
        draft(&path, "two").replace().unwrap();
        assert_eq!(std::fs::read(path.join("file")).unwrap(), b"two");
        assert!(!path.join("more").exists());
        draft(&path, "three").replace_in_two_steps().unwrap();
        assert_eq!(std::fs::read(path.join("file")).unwrap(), b"three");
        assert!(draft(&path, "four").finish().is_err(), "the name is taken");
        assert_eq!(count(&home.path().join("above")), 1);
    }

    #[test]
    fn abandoned_drafts_go_and_those_at_work_stay() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("set");
        for left in [".set-AbCd12.part", ".sets-AbCd12.part", ".set-AbCd12.part.old"] {
            std::fs::create_dir_all(home.path().join(left).join("inner")).unwrap();
        }
        let other = draft(&path, "other");
        draft(&path, "mine").finish().unwrap();
        assert_eq!(std::fs::read(other.part().join("file")).unwrap(), b"other");
        drop(other);
        let mut left: Vec<_> =
            std::fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".set-AbCd12.part.old", ".sets-AbCd12.part", "set"]);
    }
}
