//! What goes to the disk is whole or not there: files and folders are made under a
//! temporary name beside their own and renamed at the end; and what a full disk is told as.

mod abandoned;
mod file;
mod folder;

pub(crate) use abandoned::sweep;
pub use file::DraftFile;
pub use folder::DraftFolder;

use std::io::ErrorKind;

/// What the system said, or, where the disk is the cause, what to do.
///
/// ```
/// let full = std::io::ErrorKind::StorageFull.into();
/// assert!(sevenlines::disk::explain(&full).starts_with("no space is left"));
/// ```
pub fn explain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => {
            "no space is left on the disk that holds it; free some and try again".into()
        }
        ErrorKind::QuotaExceeded => {
            "your share (quota) of the disk that holds it is used up; free some and try again".into()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the disk that holds it can only be read; choose another folder".into()
        }
        _ => error.to_string(),
    }
}
