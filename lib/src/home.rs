//! Where sevenlines keeps what it installs: weights, the drawn sample, the
//! prepared build of the cells; and the features that VGG16 has computed.

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
