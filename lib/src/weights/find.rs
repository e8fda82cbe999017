//! Where weights may lie on this machine.

use crate::backbone::Backbone;
use crate::{Error, Result, home};
use std::path::{Path, PathBuf};

/// The environment variable that names a weights file.
const VARIABLE: &str = "SEVENLINES_WEIGHTS";

const CONV: &str = "vgg16-conv.safetensors";
const FULL: &str = "vgg16.safetensors";

/// Where the convolution base is installed.
pub fn conv_file() -> PathBuf {
    home::weights().join(CONV)
}

/// Where one's own full weights may be put.
pub fn full_file() -> PathBuf {
    home::weights().join(FULL)
}

/// The Hugging Face hub's cache, shared with its other programs:
/// `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else `~/.cache/huggingface/hub`.
pub fn hub_cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(cache) = set("HF_HUB_CACHE") {
        return cache;
    }
    let cache = || set("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let hf_home = set("HF_HOME").or_else(|| cache().map(|cache| cache.join("huggingface")));
    hf_home.unwrap_or_else(std::env::temp_dir).join("hub")
}

/// The folder of `timm/vgg16.tv_in1k` in a hub cache.
pub fn hub_repository_folder(cache: &Path) -> PathBuf {
    repository_folder(cache, Backbone::Vgg16)
}

/// The folder of a backbone's repository in a hub cache.
pub(crate) fn repository_folder(cache: &Path, backbone: Backbone) -> PathBuf {
    cache.join(folder_name(backbone))
}

fn folder_name(backbone: Backbone) -> String {
    format!("models--{}", backbone.repository().replace('/', "--"))
}

/// The full weights in a hub cache, if a download put them there: the revision
/// that `main` last was, else any.
pub fn hub_file(cache: &Path) -> Option<PathBuf> {
    file_of(cache, Backbone::Vgg16)
}

/// [`hub_file`] of any backbone.
pub(crate) fn file_of(cache: &Path, backbone: Backbone) -> Option<PathBuf> {
    let repository = repository_folder(cache, backbone);
    let snapshots = repository.join("snapshots");
    let main = std::fs::read_to_string(repository.join("refs/main")).ok();
    let main = main.map(|revision| snapshots.join(revision.trim()));
    let mut others: Vec<PathBuf> =
        std::fs::read_dir(&snapshots).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    others.sort();
    main.into_iter()
        .chain(others)
        .map(|snapshot| snapshot.join("model.safetensors"))
        .find(|file| file.is_file())
}

pub(super) fn is_in_hub_cache(file: &Path, backbone: Backbone) -> bool {
    file.components().any(|part| part.as_os_str() == folder_name(backbone).as_str())
}

/// The SHA-256 of a file that a hub cache keeps under it.
pub(super) fn sha256_in_hub_cache(file: &Path) -> Option<String> {
    let blob = file.canonicalize().ok()?;
    let name = blob.file_name()?.to_str()?;
    let is_sha256 = name.len() == 64 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
    (is_sha256 && blob.parent()?.file_name()? == "blobs").then(|| name.to_owned())
}

/// A backbone's weights: one's own file, else the hub's.
pub(super) fn best_of(backbone: Backbone) -> Option<PathBuf> {
    installed(&format!("{}.safetensors", backbone.id())).or_else(|| file_of(&hub_cache(), backbone))
}

/// The best file there is, in the order that [`Weights::find`] promises.
///
/// [`Weights::find`]: super::Weights::find
pub(super) fn best() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(named);
        return match path.is_file() {
            true => Ok(Some(path)),
            false => Err(Error::Missing { path, hint: format!("{VARIABLE} must name a weights file") }),
        };
    }
    Ok(installed(FULL).or_else(|| hub_file(&hub_cache())).or_else(|| installed(CONV)))
}

/// A file among the user's weights, or among those for all users.
fn installed(name: &str) -> Option<PathBuf> {
    let file = home::find(Path::new("weights").join(name));
    file.is_file().then_some(file)
}
