//! Where sevenlines keeps what it installs: weights, the drawn sample, the
//! prepared build of the cells; and the features that VGG16 has computed.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder that holds everything sevenlines installs for this user:
/// `SEVENLINES_HOME` if set, else `$XDG_CACHE_HOME/sevenlines`, else
/// `~/.cache/sevenlines`. It may not exist yet.
///
/// ```
/// assert!(sevenlines::home::dir().ends_with("sevenlines") || std::env::var_os("SEVENLINES_HOME").is_some());
/// ```
pub fn dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("SEVENLINES_HOME") {
        return dir;
    }
    set("XDG_CACHE_HOME")
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("sevenlines")
}

/// The folder that somebody prepared for all users of this machine, who read it and
/// write nothing there: what `SEVENLINES_SHARED` names. `sevenlines setup --shared`
/// makes one, and has the kernel that it registers name it.
///
/// ```
/// if std::env::var_os("SEVENLINES_SHARED").is_none() {
///     assert_eq!(sevenlines::home::shared(), None);
/// }
/// ```
pub fn shared() -> Option<PathBuf> {
    std::env::var_os("SEVENLINES_SHARED").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where `name` lies: in this user's folder, else in the [`shared`] one, else it is
/// not there, and is made in this user's.
///
/// ```
/// assert!(sevenlines::home::find("weights/none.safetensors").starts_with(sevenlines::home::dir()));
/// ```
pub fn find(name: impl AsRef<Path>) -> PathBuf {
    let own = dir().join(&name);
    match shared().map(|shared| shared.join(&name)) {
        Some(shared) if !own.exists() && shared.exists() => shared,
        _ => own,
    }
}

/// Creates a folder that only this user can enter, whatever the umask; so are those
/// above it that were missing. One that is there already is closed to others.
///
/// # Errors
/// As the system gives them; also if the folder belongs to somebody else.
pub fn create_private(dir: &Path) -> std::io::Result<()> {
    const MODE: u32 = 0o700;
    DirBuilder::new().recursive(true).mode(MODE).create(dir)?;
    // A link that somebody laid there is no folder.
    let found = fs::symlink_metadata(dir)?;
    if !found.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    // What is created here belongs to this user.
    if found.uid() != tempfile::tempfile_in(dir)?.metadata()?.uid() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            "the folder belongs to another user; set SEVENLINES_HOME to one of your own",
        ));
    }
    match found.permissions().mode() & 0o777 {
        MODE => Ok(()),
        _ => fs::set_permissions(dir, Permissions::from_mode(MODE)),
    }
}

/// A path as a notebook that is handed on should show it: the user's own folder as `~`.
pub(crate) fn shown(path: &Path) -> String {
    match std::env::home_dir().and_then(|home| path.strip_prefix(home).map(Path::to_owned).ok()) {
        Some(inside) => Path::new("~").join(inside).display().to_string(),
        None => path.display().to_string(),
    }
}

/// Weights, as safetensors.
pub fn weights() -> PathBuf {
    dir().join("weights")
}

/// Sets of pictures: `drawn/`, `dogs-vs-cats/`.
pub fn data() -> PathBuf {
    dir().join("data")
}

/// Features that were computed before, see [`stored_features`](crate::train::stored_features).
pub fn features() -> PathBuf {
    dir().join("features")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_closed_to_others() {
        let top = tempfile::tempdir().unwrap();
        let mode = |dir: &Path| fs::metadata(dir).unwrap().permissions().mode() & 0o777;
        let dir = top.path().join("a/b");
        create_private(&dir).unwrap();
        assert_eq!((mode(&dir), mode(&top.path().join("a"))), (0o700, 0o700));
        fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
        create_private(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        let (link, file) = (top.path().join("link"), top.path().join("file"));
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        fs::write(&file, "").unwrap();
        assert!(create_private(&link).is_err() && create_private(&file).is_err());
    }

    #[test]
    fn another_users_folder_is_refused() {
        let top = tempfile::tempdir().unwrap();
        match std::os::unix::fs::chown(top.path(), Some(12_345), None) {
            Ok(()) => {
                let error = create_private(top.path()).unwrap_err();
                assert!(error.to_string().contains("belongs to another user"), "{error}");
            }
            // Only root gives folders away; for others the system's own are somebody else's.
            Err(_) => assert!(create_private(Path::new("/")).is_err()),
        }
    }
}
