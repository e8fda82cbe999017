//! Folders of pictures made from other folders: by hard links, under a temporary
//! name, with a note of how they were made.

use crate::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The note that a folder which sevenlines made carries.
const NOTE: &str = ".sevenlines.json";

/// Gives `from` a second name; copies where the file system cannot.
pub(super) fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    let from = from.canonicalize().map_err(Error::io("read", from))?;
    if std::fs::hard_link(&from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(&from, to).map(drop).map_err(Error::io("copy", from))
}

pub(super) fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

/// A temporary folder beside `folder`, so that it can be renamed to it.
pub(super) fn staging(folder: &Path) -> Result<TempDir> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create(parent)?;
    let staging = tempfile::Builder::new().prefix(".sorting-").tempdir_in(parent);
    staging.map_err(Error::io("create a folder in", parent))
}

/// Renames the staging folder to `folder`, over what sevenlines made there before.
pub(super) fn swap_in(staging: TempDir, folder: &Path) -> Result<()> {
    let staging = staging.keep();
    readable_by_all(&staging);
    let mut old = staging.as_os_str().to_owned();
    old.push("-old");
    let old = PathBuf::from(old);
    let existed = folder.exists();
    if existed {
        std::fs::rename(folder, &old).map_err(Error::io("rename", folder))?;
    }
    std::fs::rename(&staging, folder).map_err(Error::io("write", folder))?;
    match existed {
        true => std::fs::remove_dir_all(&old).map_err(Error::io("remove", old)),
        false => Ok(()),
    }
}

/// Refuses to replace a folder with something in it that sevenlines did not make.
pub(super) fn refuse_foreign(folder: &Path) -> Result<()> {
    let empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    match !folder.exists() || folder.join(NOTE).is_file() || empty() {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "{} is there already and was not made by sevenlines; move it away, or choose another folder",
            folder.display()
        ))),
    }
}

/// What the folder's note says, if it has one of this form.
pub(super) fn read_note<T: DeserializeOwned>(folder: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(folder.join(NOTE)).ok()?).ok()
}

/// Writes the note.
pub(super) fn write_note(folder: &Path, note: &impl Serialize) -> Result<()> {
    let file = folder.join(NOTE);
    let text = serde_json::to_string_pretty(note).map_err(|e| Error::io("write", &file)(e.into()))?;
    std::fs::write(&file, text).map_err(Error::io("write", file))
}

/// A temporary folder is its owner's alone; what is installed need not be.
fn readable_by_all(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A file system without permissions is no reason to fail.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
}
