//! Copying a build folder by links, without sharing what cargo writes in place.
//!
//! By hard links, which outlive the original. Where the system refuses these (another
//! user's files, as in a build prepared for all users) by symbolic ones: all users then
//! have the same pages in memory.
//!
//! rustc and the linker put a new file in place of an old one, so artifacts may
//! be links. Cargo's own notes (`.fingerprint`, build scripts' outputs, `.d`
//! files) are rewritten in place: a link would change the original behind its
//! back, so these few small files are copied, with their times.

use crate::error::{Error, Result};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Copies one profile's folder (`target/release` or `target/<host>/release`),
/// only the units for which `wanted` says yes of the package's name.
pub fn profile(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
    let mut hashes = HashSet::new();
    for (folder, shared) in [(".fingerprint", false), ("build", true)] {
        for unit in list(&from.join(folder))? {
            let Some((package, hash)) = unit.rsplit_once('-') else { continue };
            if wanted(package) {
                hashes.insert(hash.to_owned());
                tree(&from.join(folder).join(&unit), &to.join(folder).join(&unit), shared)?;
            }
        }
    }
    let (from, to) = (from.join("deps"), to.join("deps"));
    fs::create_dir_all(&to).map_err(Error::io("create", &to))?;
    for name in list(&from)? {
        let stem = name.split('.').next().unwrap_or(&name);
        if stem.rsplit_once('-').is_some_and(|(_, hash)| hashes.contains(hash)) {
            match name.ends_with(".d") {
                true => copy(&from.join(&name), &to.join(&name))?,
                false => link(&from.join(&name), &to.join(&name))?,
            }
        }
    }
    Ok(())
}

/// Written when all is there.
const WHOLE: &str = ".whole";

/// Links into `to` what the compiler reads of the `target` folder `from`; all that
/// is needed as long as cargo is not.
pub fn artifacts(from: &Path, to: &Path) -> Result<()> {
    let entries = fs::read_dir(from).map_err(Error::io("list", from))?;
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        // `release`, or the name of a machine with `release` in it.
        let name = PathBuf::from(entry.file_name());
        for deps in [name.join("deps"), name.join("release/deps")] {
            for artifact in list(&from.join(&deps))?.iter().filter(|name| is_artifact(name)) {
                fs::create_dir_all(to.join(&deps)).map_err(Error::io("create", to))?;
                link(&from.join(&deps).join(artifact), &to.join(&deps).join(artifact))?;
            }
        }
    }
    Ok(())
}

/// Copies what is missing in `to` of the `target` folder `from`, once.
pub fn whole(from: &Path, to: &Path) -> Result<()> {
    let mark = to.join(WHOLE);
    if mark.exists() {
        return Ok(());
    }
    tree(from, to, true)?;
    fs::write(&mark, "").map_err(Error::io("write", &mark))
}

/// Copies a folder; with `share`, artifacts become hard links.
fn tree(from: &Path, to: &Path, share: bool) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    let entries = fs::read_dir(from).map_err(Error::io("list", from))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::io("read", &source))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            tree(&source, &target, share && name != ".fingerprint")?;
        } else if kind.is_file() && name != ".cargo-lock" && !target.exists() {
            match share && is_artifact(&name) {
                true => link(&source, &target)?,
                false => copy(&source, &target)?,
            }
        }
    }
    Ok(())
}

/// What the compiler writes anew rather than in place.
fn is_artifact(name: &str) -> bool {
    name.ends_with(".rlib")
        || name.ends_with(".rmeta")
        || name.ends_with(".so")
        || name.starts_with("build-script-")
        || name.starts_with("build_script_") && !name.ends_with(".d")
}

/// Links, in the best way that there is.
fn link(from: &Path, to: &Path) -> Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied && symlink(from, to).is_ok() => {
            Ok(())
        }
        Err(_) => copy(from, to),
    }
}

/// Copies with the time of change kept (cargo compares times).
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map_err(Error::io("copy", from))?;
    let time = fs::metadata(from).and_then(|meta| meta.modified()).map_err(Error::io("read", from))?;
    let copy = fs::File::options().write(true).open(to).map_err(Error::io("write", to))?;
    copy.set_modified(time).map_err(Error::io("write", to))
}

fn list(dir: &Path) -> Result<Vec<String>> {
    match fs::read_dir(dir) {
        Ok(entries) => {
            Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("list", dir)(error)),
    }
}
