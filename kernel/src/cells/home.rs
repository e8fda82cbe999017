//! Cargo's home: the user's own, and the one that a kernel shows to rust-analyzer.
//!
//! rust-analyzer takes the `cargo` in `$CARGO_HOME/bin` before any other. In the
//! kernel's process that folder is one of ours with the shims in it; everything
//! else in it leads to the user's.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo's own variable.
pub const VARIABLE: &str = "CARGO_HOME";
/// What the user had set it to; empty if it was not set.
const USERS: &str = "SEVENLINES_REAL_CARGO_HOME";

/// The user's.
pub fn real() -> PathBuf {
    let set = std::env::var_os(USERS).or_else(|| std::env::var_os(VARIABLE)).filter(|set| !set.is_empty());
    let usual = || std::env::home_dir().unwrap_or_default().join(".cargo");
    set.map_or_else(usual, PathBuf::from)
}

/// Makes ours in `dir`, the shims in its `bin` apart.
pub fn create(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    let Ok(entries) = fs::read_dir(real()) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| entry.file_name() != "bin") {
        let link = dir.join(entry.file_name());
        symlink(entry.path(), &link).map_err(Error::io("link", &link))?;
    }
    Ok(())
}

/// The variables that put `dir` in its place, for this process.
pub fn variables(dir: &Path) -> [(&'static str, OsString); 2] {
    [(VARIABLE, dir.into()), (USERS, std::env::var_os(VARIABLE).unwrap_or_default())]
}

/// Has a command see the user's again.
pub fn restore(command: &mut Command) {
    match std::env::var_os(USERS) {
        Some(users) if !users.is_empty() => command.env(VARIABLE, users),
        Some(_) => command.env_remove(VARIABLE),
        None => command,
    };
    command.env_remove(USERS);
}
