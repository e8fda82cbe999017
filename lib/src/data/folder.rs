//! A folder of class folders, listed: sorted classes, sorted files, nested
//! folders included.

use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Endings that count as pictures, in any case.
const ENDINGS: [&str; 6] = ["png", "jpg", "jpeg", "bmp", "gif", "webp"];

/// What [`list`] found.
pub(crate) struct Listing {
    pub classes: Vec<String>,
    /// Files in class order, each class's sorted, with the class index.
    pub files: Vec<(PathBuf, u32)>,
}

/// Lists `root`'s class folders. A folder of pictures without subfolders is an
/// error unless `unlabelled` allows it, as for a test set.
pub(crate) fn list(root: &Path, unlabelled: bool) -> Result<Listing> {
    let hint = "give a folder with one subfolder for each class of pictures";
    if root.is_file() {
        return Err(Error::Invalid(format!("{} is a file, not a folder; {hint}", root.display())));
    }
    if !root.is_dir() {
        return Err(Error::Missing { path: root.to_owned(), hint: hint.to_owned() });
    }
    let mut folders: Vec<PathBuf> = entries(root)?.into_iter().filter(|path| path.is_dir()).collect();
    folders.retain(|path| !is_hidden(path));
    let loose = || entries(root).is_ok_and(|paths| paths.iter().any(|path| is_loose(path)));
    // A test set may have pictures both beside its folders and in them.
    if folders.is_empty() || (unlabelled && loose()) {
        return match unlabelled {
            true => unlabelled_listing(root),
            false => Err(Error::NoClasses { path: root.to_owned() }),
        };
    }
    let mut listing = Listing { classes: Vec::new(), files: Vec::new() };
    for folder in folders {
        let mut files = Vec::new();
        collect(&folder, &mut files, 0)?;
        if files.is_empty() {
            return Err(Error::EmptyClass { path: folder });
        }
        files.sort();
        let class = listing.classes.len() as u32;
        listing.files.extend(files.into_iter().map(|file| (file, class)));
        listing.classes.push(name(&folder));
    }
    Ok(listing)
}

fn unlabelled_listing(root: &Path) -> Result<Listing> {
    let mut files = Vec::new();
    collect(root, &mut files, 0)?;
    if files.is_empty() {
        return Err(Error::EmptyClass { path: root.to_owned() });
    }
    files.sort();
    Ok(Listing {
        classes: vec!["unknown".to_owned()],
        files: files.into_iter().map(|file| (file, 0)).collect(),
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    // Links may form a circle; no honest set of pictures is nested this deep.
    if depth > 32 {
        return Err(Error::Invalid(format!(
            "{} is nested more than 32 folders deep; is there a link that points back up?",
            folder.display()
        )));
    }
    for path in entries(folder)? {
        if is_hidden(&path) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files, depth + 1)?;
        } else if is_picture(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// The folder's entries, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = std::fs::read_dir(folder).map_err(Error::io("list", folder))?;
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(Error::io("list", folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

fn is_loose(path: &Path) -> bool {
    !is_hidden(path) && is_picture(path) && path.is_file()
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}
