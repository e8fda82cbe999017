//! Whose cargo folder cells are built with. Cargo notes with each crate that it compiles
//! where its sources lie, so what `setup --shared` compiled counts for another user only
//! while their cargo reads the same folder. That can be read alone: a crate that is not in
//! it comes to the user's own, and then everything is compiled anew.

use super::{home, shim::PREPARED, work};
use crate::paths;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder of those who ran `setup --shared`; the kernelspec sets it.
pub const SHARED: &str = "SEVENLINES_SHARED_CARGO_HOME";

/// The shared folder, where the prepared build is the shared one too.
pub fn shared() -> Option<PathBuf> {
    let (prepared, all) = (paths::set(PREPARED)?, sevenlines::home::shared()?);
    paths::set(SHARED).filter(|_| prepared.starts_with(all))
}

/// Has a command read the shared folder, and ask the network for nothing.
pub fn share(command: &mut Command, shared: &Path) {
    command.env(home::VARIABLE, shared).env("CARGO_NET_OFFLINE", "true");
}

/// [`share`], where that was found to do for the crates of this notebook.
pub fn share_if_chosen(command: &mut Command) {
    if let Some(shared) = shared().filter(|_| work::shares_crates(Path::new("."))) {
        share(command, &shared);
    }
}
