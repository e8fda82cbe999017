//! Where the binary's things lie: the repository it was built from, its virtual
//! environment, Jupyter's folders, the binary itself.

use crate::error::{Error, Result};
use sevenlines::disk::DraftFile;
use std::path::{Path, PathBuf};

/// The repository that this binary was built from, whatever folder it runs in.
pub fn repository() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
    if root.join("lib/Cargo.toml").is_file() {
        return Ok(root.to_path_buf());
    }
    Err(Error::Invalid(format!(
        "the repository that this binary was built from is no longer at {}; notebooks are compiled against it. \
         Put it back, or build again from where it is now: `cargo install --locked --path kernel`",
        root.display()
    )))
}

/// The virtual environment with Jupyter in it: `SEVENLINES_VENV` if set, else
/// `.venv` in the repository.
pub fn environment() -> Result<PathBuf> {
    match set("SEVENLINES_VENV") {
        Some(dir) => absolute(&dir),
        None => Ok(repository()?.join(".venv")),
    }
}

/// This binary, as a kernelspec must name it.
pub fn binary() -> Result<PathBuf> {
    let path = std::env::current_exe().map_err(|error| {
        Error::Invalid(format!("the system does not say where this binary lies: {error}"))
    })?;
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Invalid(format!(
        "this binary is no longer at {}, it was built anew meanwhile; run the command again",
        path.display()
    )))
}

/// How the user calls this binary: for messages that say what to type.
pub fn command() -> &'static str {
    let built_here =
        std::env::current_exe().is_ok_and(|path| path.components().any(|part| part.as_os_str() == "target"));
    if built_here { "cargo run --release --" } else { "sevenlines" }
}

/// Jupyter's data folder of this user, by Jupyter's own rules.
pub fn jupyter_user_data() -> Result<PathBuf> {
    user_data(set("JUPYTER_DATA_DIR"), set("XDG_DATA_HOME"), std::env::home_dir()).ok_or_else(|| {
        Error::Invalid("there is no home folder; set JUPYTER_DATA_DIR to Jupyter's data folder".into())
    })
}

fn user_data(jupyter: Option<PathBuf>, xdg: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    if jupyter.is_some() {
        return jupyter;
    }
    if cfg!(target_os = "macos") {
        return home.map(|home| home.join("Library/Jupyter"));
    }
    xdg.or_else(|| home.map(|home| home.join(".local/share"))).map(|data| data.join("jupyter"))
}

/// A variable that is set and not empty.
pub fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The path from the root, whether or not it exists.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(Error::io("find", path))
}

/// Creates a folder and those above it.
pub fn create_folder(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).map_err(Error::io("create the folder", dir))
}

/// The folder of all that is installed, made for this user alone if it is missing.
pub fn create_home() -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let home = sevenlines::home::dir();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&home);
    made.map_err(Error::io("create the folder", &home))?;
    Ok(home)
}

/// Creates a folder that only this user can enter, and those above it.
pub fn create_private(dir: &Path) -> Result<()> {
    sevenlines::home::create_private(dir).map_err(Error::io("create the private folder", dir))
}

/// Writes a file under a temporary name and renames it, unless it holds that
/// already. Says whether it wrote.
pub fn write(path: &Path, content: &[u8]) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    create_folder(dir)?;
    let mut draft = DraftFile::new(path)?;
    draft.write(content)?;
    draft.finish()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jupyters_own_variable_comes_first() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(user_data(path("/j"), path("/x"), path("/h")), path("/j"));
        assert_eq!(user_data(None, None, None), None);
        if cfg!(not(target_os = "macos")) {
            assert_eq!(user_data(None, path("/x"), path("/h")), path("/x/jupyter"));
            assert_eq!(user_data(None, None, path("/h")), path("/h/.local/share/jupyter"));
        }
    }

    #[test]
    fn an_unchanged_file_is_not_written_again() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("a/b.txt");
        assert!(write(&file, b"one").expect("writes"));
        assert!(!write(&file, b"one").expect("compares"));
        assert!(write(&file, b"two").expect("writes again"));
        assert_eq!(std::fs::read(&file).expect("reads"), b"two");
        assert_eq!(std::fs::read_dir(dir.path().join("a")).expect("lists").count(), 1);
    }
}
