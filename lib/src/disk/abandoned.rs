//! Drafts of processes that were killed. A draft is locked by the process that makes it,
//! and the system ends the lock with the process, however that ends: what is not locked
//! is nobody's, and removed by the next process that makes the same.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// At the end of a draft's name.
pub(super) const SUFFIX: &str = ".part";
/// How many letters and digits tell one draft from another.
const RANDOM: usize = 6;
/// Of a long name so much: a file system takes 255 bytes.
const LONGEST: usize = 100;

/// What the names of all drafts of `path` begin with.
pub(super) fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or(OsStr::new("draft")).to_string_lossy();
    let end = (0..=name.len().min(LONGEST)).rev().find(|&end| name.is_char_boundary(end));
    format!(".{}-", &name[..end.unwrap_or(0)])
}

/// The folder that a path's file lies in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a draft with `make`, which gives it back opened, and locks it. Another process
/// may sweep it away before it is locked: then again.
pub(super) fn locked<T>(
    make: impl Fn() -> std::io::Result<(T, File)>,
    is_there: impl Fn(&T) -> bool,
) -> std::io::Result<(T, File)> {
    loop {
        let (draft, file) = make()?;
        // A file system without locks is no reason to fail: nothing is swept there.
        let swept = cfg!(unix) && matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if !swept && is_there(&draft) {
            return Ok((draft, file));
        }
    }
}

/// Removes the drafts of `path` that no process is making any more. A new draft does so;
/// what finds `path` whole, and makes none, has to.
pub(crate) fn sweep(path: &Path) {
    let prefix = prefix(path);
    // Elsewhere a lock would keep the writer itself from reading what it wrote.
    let Ok(entries) = std::fs::read_dir(parent(path)) else { return };
    for entry in entries.flatten().filter(|_| cfg!(unix)) {
        if is_draft(&entry.file_name(), &prefix) {
            remove_unlocked(&entry.path());
        }
    }
}

fn is_draft(name: &OsStr, prefix: &str) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(prefix)?.strip_suffix(SUFFIX));
    random.is_some_and(|text| text.len() == RANDOM && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn remove_unlocked(draft: &Path) {
    let Ok(about) = std::fs::symlink_metadata(draft) else { return };
    let opened = match about.is_dir() {
        true => File::open(draft),
        false if about.is_file() => OpenOptions::new().read(true).write(true).open(draft),
        false => return,
    };
    let Ok(file) = opened else { return };
    if file.try_lock().is_ok() {
        let _ = match about.is_dir() {
            true => std::fs::remove_dir_all(draft),
            false => std::fs::remove_file(draft),
        };
    }
}

/// Has the disk note what a folder's files are called now. After a loss of power a file
/// that was renamed could else have its old name, or none.
pub(super) fn sync_folder(folder: &Path) {
    // Not every system can: then it does so in its own time.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_drafts_of_this_very_name_are_drafts() {
        let prefix = prefix(Path::new("runs/head.safetensors"));
        assert_eq!(prefix, ".head.safetensors-");
        for (name, expected) in [
            (".head.safetensors-a1B2c3.part", true),
            (".head.safetensors-a1B2c.part", false),
            (".head.safetensors-a1B2c/.part", false),
            (".head.safetensors-2-a1B2c3.part", false),
            ("head.safetensors-a1B2c3.part", false),
            ("head.safetensors", false),
        ] {
            assert_eq!(is_draft(OsStr::new(name), &prefix), expected, "{name}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let name = "ä".repeat(120);
        let prefix = prefix(Path::new(&name));
        assert!(prefix.len() < 110 && prefix.starts_with(".ää"), "{prefix}");
    }
}
