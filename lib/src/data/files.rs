//! Folders of pictures made from other folders: by hard links, with a note of how they
//! were made.

use super::folder::pictures_below;
use crate::disk::DraftFile;
use crate::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// The note that a folder which sevenlines made carries.
const NOTE: &str = ".sevenlines.json";

/// Gives `from` a second name; copies where the file system cannot.
pub(super) fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    let from = from.canonicalize().map_err(Error::io("read", from))?;
    if std::fs::hard_link(&from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(&from, to).map(drop).map_err(Error::io("write", to))
}

pub(super) fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

/// Gives every picture of `from`, and of the folders in it, a second name in `to`.
pub(super) fn link_all(from: &Path, to: &Path) -> Result<()> {
    for file in pictures_below(from)? {
        let place = to.join(file.strip_prefix(from).unwrap_or(&file));
        create(place.parent().unwrap_or(to))?;
        link_or_copy(&file, &place)?;
    }
    Ok(())
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
    let mut draft = DraftFile::new(&file)?;
    draft.write(text.as_bytes())?;
    draft.finish()
}
