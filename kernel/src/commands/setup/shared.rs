//! What is prepared once for all users of a machine: they read it and write nothing
//! there, and the kernelspec tells their kernels where it lies.

use super::cost::Cost;
use super::step::Step;
use crate::cells::{self, prepared, registry, rust_src, toolchain::Toolchain};
use crate::error::{Error, Result};
use crate::paths;
use crate::report::Progress;
use std::collections::BTreeMap;
use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What other users read of sevenlines's folder. Features and kernels' folders tell of
/// somebody's pictures and cells.
const SHARED: [&str; 4] = [prepared::FOLDER, "data", "rust-src", "weights"];

/// The variables of the kernelspec: where all of it lies, and which Rust it was compiled
/// with. rustup would look in each user's own folder, for their own choice.
pub fn variables() -> Result<BTreeMap<&'static str, String>> {
    let toolchain = Toolchain::find()?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut variables = BTreeMap::from([
        (registry::SHARED, text(&cells::cargo_home())),
        ("SEVENLINES_SHARED", text(&paths::absolute(&sevenlines::home::dir())?)),
        // Jupyter puts the user's own PATH in the place of the braces.
        ("PATH", format!("{}:${{PATH}}", text(&toolchain.sysroot.join("bin")))),
    ]);
    let toolchains = toolchain.sysroot.parent().filter(|parent| parent.ends_with("toolchains"));
    if let (Some(rustup), Some(name)) = (toolchains.and_then(Path::parent), toolchain.sysroot.file_name()) {
        variables.insert("RUSTUP_HOME", text(rustup));
        variables.insert("RUSTUP_TOOLCHAIN", name.to_string_lossy().into_owned());
    }
    Ok(variables)
}

/// The step that lets other users read it, the last one.
pub struct Readable;

impl Step for Readable {
    fn name(&self) -> &str {
        "what other users of this machine read"
    }

    fn id(&self) -> String {
        "shared".to_owned()
    }

    fn cost(&self) -> Cost {
        Cost::FILES
    }

    fn present(&self) -> Option<String> {
        None
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let toolchain = Toolchain::find()?;
        if let Some(sources) = rust_src::find(&toolchain) {
            progress("trimming the standard library's sources");
            rust_src::for_inference(&sources)?;
        }
        progress("letting others read");
        let home = sevenlines::home::dir();
        open(&home)?;
        for folder in SHARED.map(|name| home.join(name)) {
            open_all(&folder)?;
        }
        let registry = cells::cargo_home().join("registry");
        for place in [home.clone(), paths::binary()?, cells::library()?, toolchain.sysroot, registry] {
            if let Some(closed) = closed(&place) {
                return Err(Error::Invalid(format!(
                    "other users cannot read {}, since {} is closed to them; put it where everybody can read it, \
                     or open that folder",
                    place.display(),
                    closed.display()
                )));
            }
        }
        Ok(home.display().to_string())
    }
}

fn open_all(path: &Path) -> Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if found.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::io("list", path))? {
            open_all(&entry.map_err(Error::io("list", path))?.path())?;
        }
    }
    if found.is_symlink() { Ok(()) } else { open(path) }
}

/// Others may do what the owner may, but write.
fn open(path: &Path) -> Result<()> {
    let found = fs::metadata(path).map_err(Error::io("read", path))?;
    let mode = found.permissions().mode() & 0o7777;
    let others = (mode >> 6) & 0o5;
    let wanted = (mode & !0o22) | others << 3 | others;
    match wanted == mode {
        true => Ok(()),
        false => fs::set_permissions(path, Permissions::from_mode(wanted)).map_err(Error::io("open", path)),
    }
}

/// The first of the folders down to `place`, or itself, that others cannot go through
/// or read.
fn closed(place: &Path) -> Option<PathBuf> {
    let place = place.canonicalize().ok()?;
    let lacks = |path: &&Path, wanted: u32| {
        fs::metadata(path).is_ok_and(|found: Metadata| found.permissions().mode() & wanted != wanted)
    };
    let above = place.ancestors().skip(1).filter(|folder| lacks(folder, 0o1)).last();
    let itself = Some(place.as_path()).filter(|itself| lacks(itself, 0o4));
    above.or(itself).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn others_may_read_what_was_private_and_write_nothing() {
        let top = tempfile::tempdir().expect("a folder");
        let (inner, file, tool) = (top.path().join("a"), top.path().join("a/b"), top.path().join("a/c"));
        fs::create_dir(&inner).expect("creates");
        for (path, private) in [(&file, 0o600), (&tool, 0o766), (&inner, 0o700)] {
            if !path.exists() {
                fs::write(path, "").expect("writes");
            }
            fs::set_permissions(path, Permissions::from_mode(private)).expect("closes");
        }
        fs::set_permissions(top.path(), Permissions::from_mode(0o700)).expect("closes");
        std::os::unix::fs::symlink("nowhere", inner.join("link")).expect("links");
        assert_eq!(closed(&file), Some(top.path().canonicalize().expect("a path")));
        open(top.path()).expect("opens");
        assert_eq!(closed(&file), Some(inner.canonicalize().expect("a path")));
        open_all(&inner).expect("opens");
        assert_eq!((mode(&inner), mode(&file), mode(&tool)), (0o755, 0o644, 0o755));
        assert_eq!(closed(&file), None);
    }
}
