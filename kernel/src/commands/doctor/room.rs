//! Whether sevenlines's folder can be written, and whether its disk has room.

use super::{Line, State};
use crate::cells::{Prepared, toolchain::Toolchain};
use crate::paths;
use crate::report::bytes;
use rustix::fs::{Access, access, statvfs};
use std::path::{Path, PathBuf};

/// What a setup from the start takes: the library compiled, weights, pictures.
const FOR_SETUP: u64 = 2_000_000_000;
/// What a kernel takes that runs: its own files, and features.
const FOR_NOTEBOOKS: u64 = 200_000_000;

/// Whether the folder can be written, or made.
pub fn home() -> Line {
    let (name, home) = ("folder", sevenlines::home::dir());
    let there = nearest(&home);
    let trouble = match access(&there, Access::WRITE_OK | Access::EXEC_OK) {
        Err(error) => std::io::Error::from(error).to_string(),
        Ok(()) if !there.is_dir() => "it is a file".to_owned(),
        Ok(()) => return Line::ok(name, home.display().to_string()),
    };
    Line::missing(
        name,
        format!("{} cannot be written: {}: {trouble}", home.display(), there.display()),
        "set SEVENLINES_HOME to a folder that you may write to",
    )
}

/// Whether the disk has room.
pub fn free() -> Line {
    let (name, home) = ("free room", sevenlines::home::dir());
    let free = match statvfs(nearest(&home)) {
        Ok(disk) => disk.f_bavail * disk.f_frsize,
        Err(error) => {
            return Line::note(name, format!("not known: {}", std::io::Error::from(error)));
        }
    };
    let is_set_up = Toolchain::find().is_ok_and(|toolchain| Prepared::find(&toolchain).is_some());
    let needed = if is_set_up { FOR_NOTEBOOKS } else { FOR_SETUP };
    let detail = format!("{} on the disk of {}", bytes(free), home.display());
    match free >= needed {
        true => Line { state: State::Ok, ..Line::note(name, detail) },
        false => Line::missing(
            name,
            format!("{detail}, and {} are needed", bytes(needed)),
            format!("remove files there, or `{} features clear`", paths::command()),
        ),
    }
}

/// The folder itself, or the nearest above it that is there.
fn nearest(folder: &Path) -> PathBuf {
    let above = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    above.unwrap_or(Path::new("/")).to_owned()
}
