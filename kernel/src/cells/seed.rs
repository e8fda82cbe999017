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
use std::time::SystemTime;

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
    for deps in profiles(from)?.iter().map(|profile| profile.join("deps")) {
        for artifact in list(&from.join(&deps))?.iter().filter(|name| is_artifact(name)) {
            fs::create_dir_all(to.join(&deps)).map_err(Error::io("create", to))?;
            link(&from.join(&deps).join(artifact), &to.join(&deps).join(artifact))?;
        }
    }
    Ok(())
}

/// What cargo's note of a package's sources begins with; it takes for changed whatever
/// is younger than that file.
const SOURCES: &str = "dep-";

/// Copies cargo's notes of `package`, whose sources were `seen` to be what was
/// compiled. Cargo looks at their times alone, and after another `git clone` of the
/// same sources it would compile the package again.
pub fn notes(from: &Path, to: &Path, package: &str, seen: SystemTime) -> Result<()> {
    for units in profiles(from)?.iter().map(|profile| profile.join(".fingerprint")) {
        let all = list(&from.join(&units))?;
        let own = |unit: &&String| unit.rsplit_once('-').is_some_and(|(name, _)| name == package);
        for unit in all.iter().filter(own).map(|unit| units.join(unit)) {
            tree(&from.join(&unit), &to.join(&unit), false)?;
            for note in list(&to.join(&unit))?.iter().filter(|note| note.starts_with(SOURCES)) {
                renew(&to.join(&unit).join(note), seen)?;
            }
        }
    }
    Ok(())
}

/// Makes a file as young as `time`, if it is older.
fn renew(file: &Path, time: SystemTime) -> Result<()> {
    match time_of(file)? < time {
        true => set_time(file, time),
        false => Ok(()),
    }
}

/// The profiles' folders in a `target` folder: `release`, and that of the machine.
fn profiles(target: &Path) -> Result<Vec<PathBuf>> {
    let names = list(target)?.into_iter().map(PathBuf::from);
    let folders = names.filter(|name| target.join(name).is_dir());
    Ok(folders.flat_map(|name| [name.join("release"), name]).collect())
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
    set_time(to, time_of(from)?)
}

fn time_of(path: &Path) -> Result<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).map_err(Error::io("read", path))
}

fn set_time(path: &Path, time: SystemTime) -> Result<()> {
    let file = fs::File::options().write(true).open(path).map_err(Error::io("write", path))?;
    file.set_modified(time).map_err(Error::io("write", path))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn notes_are_as_young_as_the_look_at_the_sources_and_never_younger() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let [compiled, seen] = [1_000, 2_000].map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
        let file = |name: &str| format!("machine/release/.fingerprint/{name}");
        let files = ["mine-1/dep-lib-mine", "mine-1/lib-mine", "mine-too-1/dep-lib-mine_too"].map(file);
        for file in &files {
            let file = from.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            set_time(&file, compiled).unwrap();
        }
        let time = |file: &str| fs::metadata(to.join(file)).ok().map(|meta| meta.modified().unwrap());
        notes(&from, &to, "mine", seen).unwrap();
        assert_eq!(files.each_ref().map(|file| time(file)), [Some(seen), Some(compiled), None]);
        // What is filled in later leaves that as it is.
        whole(&from, &to).unwrap();
        assert_eq!(files.each_ref().map(|file| time(file)), [Some(seen), Some(compiled), Some(compiled)]);

        // Cargo has a file in that folder too.
        fs::write(from.join(".rustc_info.json"), "").unwrap();
        fs::remove_dir_all(&to).unwrap();
        notes(&from, &to, "mine", compiled - Duration::from_secs(1)).unwrap();
        assert_eq!(time(&files[0]), Some(compiled));
    }
}
