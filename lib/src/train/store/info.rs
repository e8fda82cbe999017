//! What is on disk, for the user: how many pictures' features, how much room, and how
//! to clear it.

use super::disk::Disk;
use super::settings::{self, VARIABLE, own, size};
use super::trouble::Trouble;
use crate::{Error, Result, home, show};
use std::path::PathBuf;

/// The features that are kept on disk for this user: how many pictures', and how much
/// room they take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFeatures {
    /// How many pictures' features; the same picture counts again with other weights or
    /// another [`Resize`](crate::data::Resize).
    pub pictures: u64,
    /// The room that they take on disk, in bytes.
    pub bytes: u64,
    /// The most that they may take, in bytes; 0 where none are kept.
    pub limit: u64,
    /// Where they lie.
    pub folder: PathBuf,
}

/// What features are on disk. `SEVENLINES_FEATURES` limits them (`500MB`; 2 GB
/// otherwise) or keeps all in memory only (`off`).
///
/// # Errors
/// [`Error::Corrupt`] if they cannot be read; [`Error::Invalid`] if they cannot be
/// reached, or another program has them for long.
///
/// ```no_run
/// println!("{}", sevenlines::train::stored_features()?);
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn stored_features() -> Result<StoredFeatures> {
    let disk = own();
    let pictures = disk.count().map_err(|trouble| error(&disk, trouble))?;
    Ok(StoredFeatures {
        pictures,
        bytes: disk.bytes(),
        limit: settings::limit(),
        folder: disk.folder().to_owned(),
    })
}

/// Removes the features that are on disk, also while other kernels run: they go on with
/// those that they have in memory. Returns what is left.
///
/// # Errors
/// [`Error::Invalid`] if they cannot be removed, or another program has them for long.
///
/// ```no_run
/// sevenlines::train::clear_stored_features()?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn clear_stored_features() -> Result<StoredFeatures> {
    let disk = own();
    disk.clear().map_err(|trouble| error(&disk, trouble))?;
    stored_features()
}

/// For the user, who asked for the store itself.
pub(super) fn error(disk: &Disk, trouble: Trouble) -> Error {
    let folder = home::shown(disk.folder());
    match trouble {
        Trouble::Busy => Error::Invalid(format!(
            "the stored features in {folder} are in use by another program; try again when it is done"
        )),
        Trouble::Damaged(reason) => Error::Corrupt {
            path: disk.folder().to_owned(),
            reason,
            hint: "the features will be computed anew".to_owned(),
        },
        Trouble::Unavailable(reason) => {
            Error::Invalid(format!("the stored features in {folder} cannot be reached: {reason}"))
        }
        Trouble::Unfinished => Error::Invalid(format!("the stored features in {folder} are not in order")),
    }
}

impl StoredFeatures {
    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        show::words(&self.to_string());
    }
}

impl std::fmt::Display for StoredFeatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pictures = match self.pictures {
            0 => "no features".to_owned(),
            1 => "the features of 1 picture".to_owned(),
            count => format!("the features of {count} pictures"),
        };
        let (room, folder) = (size(self.bytes), home::shown(&self.folder));
        match self.limit {
            0 => write!(f, "{pictures}, {room} in {folder} (off: {VARIABLE} keeps new ones in memory only)"),
            limit => write!(f, "{pictures}, {room} of at most {} in {folder}", size(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_well() {
        let folder = PathBuf::from("/features");
        let stored = StoredFeatures { pictures: 1600, bytes: 7_000_000, limit: 2_000_000_000, folder };
        assert_eq!(stored.to_string(), "the features of 1600 pictures, 7 MB of at most 2.0 GB in /features");
        let none = StoredFeatures { pictures: 0, bytes: 0, limit: 0, ..stored };
        assert_eq!(
            none.to_string(),
            "no features, 0 kB in /features (off: SEVENLINES_FEATURES keeps new ones in memory only)"
        );
    }
}
