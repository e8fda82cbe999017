//! A folder of class folders, listed: sorted classes, sorted files, nested
//! folders included, links followed.

use crate::{Error, Result, interrupt};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::symlink_metadata;
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
    let folders = class_folders(root)?;
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
        let files = pictures_of(&folder, root)?;
        if files.is_empty() {
            return Err(Error::EmptyClass { path: folder });
        }
        let class = listing.classes.len() as u32;
        listing.files.extend(files.into_iter().map(|file| (file, class)));
        listing.classes.push(class_name(&folder));
    }
    Ok(listing)
}

fn unlabelled_listing(root: &Path) -> Result<Listing> {
    let files = pictures_below(root)?;
    if files.is_empty() {
        return Err(Error::EmptyClass { path: root.to_owned() });
    }
    Ok(Listing {
        classes: vec!["unknown".to_owned()],
        files: files.into_iter().map(|file| (file, 0)).collect(),
    })
}

/// The folders in `root` that are not hidden, sorted; also those that links lead to.
///
/// # Errors
/// A link to nothing: what it led to may have been a class.
pub(super) fn class_folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for path in entries(root)?.into_iter().filter(|path| !is_hidden(path)) {
        match kind(&path)? {
            Kind::Folder => folders.push(path),
            Kind::Nothing if !is_picture(&path) => {
                // What is gone since it was listed is no link.
                let Ok(target) = std::fs::read_link(&path) else { continue };
                return Err(Error::Invalid(format!(
                    "{} is a link to {}, which cannot be reached; mend the link, or remove it",
                    path.display(),
                    target.display()
                )));
            }
            Kind::Nothing | Kind::Other => {}
        }
    }
    Ok(folders)
}

/// All pictures below `folder`, sorted.
pub(super) fn pictures_below(folder: &Path) -> Result<Vec<PathBuf>> {
    collected(folder, None)
}

/// All pictures below the class folder `folder` of `root`, sorted.
pub(super) fn pictures_of(folder: &Path, root: &Path) -> Result<Vec<PathBuf>> {
    collected(folder, Some(root))
}

fn collected(folder: &Path, root: Option<&Path>) -> Result<Vec<PathBuf>> {
    let real = |path: &Path| path.canonicalize().map_err(Error::io("list", path));
    let mut walk = Walk { root: root.map(real).transpose()?, seen: HashSet::new(), files: Vec::new() };
    let mut folders = vec![(folder.to_owned(), real(folder)?)];
    while let Some((folder, real)) = folders.pop() {
        walk.list(&folder, real, &mut folders)?;
    }
    walk.files.sort();
    Ok(walk.files)
}

/// On the way through a folder's folders.
struct Walk {
    /// Where the class folders lie, which none of them may lead back to.
    root: Option<PathBuf>,
    /// Folders that were listed, as they are called without links: links may form a
    /// circle, and a picture is to come once.
    seen: HashSet<PathBuf>,
    files: Vec<PathBuf>,
}

impl Walk {
    /// Takes a folder's pictures, and puts its folders on the list of those to come.
    fn list(&mut self, folder: &Path, real: PathBuf, folders: &mut Vec<(PathBuf, PathBuf)>) -> Result<()> {
        interrupt::check_interrupt()?;
        if self.root.as_ref() == Some(&real) {
            return Err(Error::Invalid(format!(
                "{} leads back to {}, where the classes lie, so that one class would have the pictures of all; \
                 remove that link",
                folder.display(),
                real.display()
            )));
        }
        if !self.seen.insert(real.clone()) {
            return Ok(());
        }
        let mut inner = Vec::new();
        for path in entries(folder)?.into_iter().filter(|path| !is_hidden(path)) {
            match kind(&path)? {
                Kind::Folder => {
                    let link = symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
                    let real = match link {
                        true => path.canonicalize().map_err(Error::io("list", &path))?,
                        false => real.join(path.file_name().unwrap_or_default()),
                    };
                    inner.push((path, real));
                }
                // A link to nothing is found out when it is read, and named.
                Kind::Other | Kind::Nothing if is_picture(&path) => self.files.push(path),
                Kind::Other | Kind::Nothing => {}
            }
        }
        // The first to be taken up is the last.
        folders.extend(inner.into_iter().rev());
        Ok(())
    }
}

/// What an entry is, links followed.
enum Kind {
    Folder,
    Other,
    /// A link that leads nowhere.
    Nothing,
}

fn kind(path: &Path) -> Result<Kind> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(Kind::Folder),
        Ok(_) => Ok(Kind::Other),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(Error::io("look at", path)(error))
        }
        Err(_) => Ok(Kind::Nothing),
    }
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

/// A folder's name as a class's.
fn class_name(path: &Path) -> String {
    shown(path.file_name().unwrap_or_default())
}

/// A name in UTF-8. A byte that is none is written as `\xe9`, so that two names stay two.
pub(super) fn shown(name: &OsStr) -> String {
    let chunks = name.as_encoded_bytes().utf8_chunks();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), chunk.invalid().escape_ascii())).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_loose(path: &Path) -> bool {
    is_picture(path) && path.is_file()
}

/// Whether a name is one of a picture, and not hidden.
pub(super) fn is_picture(path: &Path) -> bool {
    !is_hidden(path)
        && path
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}
