//! Answers to `cargo metadata`, kept in the work folder: for each manifest the
//! [`view`] that rust-analyzer gets.

use super::recipe::{self, WORK};
use super::view;
use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The package of evcxr's that tries a dependency.
pub const TRIAL: &str = "evcxr_dummy_validate_dep";
/// Where answers lie in a work folder.
const FOLDER: &str = "answers";

/// The kept answer for what lies in the current folder.
pub fn find() -> Option<Value> {
    serde_json::from_slice(&fs::read(file(Path::new("."))).ok()?).ok()
}

/// Narrows cargo's answer, and keeps it.
pub fn keep(answer: &[u8]) -> Option<Value> {
    let answer = view::narrow(serde_json::from_slice(answer).ok()?);
    // Asked again next time if it cannot be written.
    let _ = fs::create_dir_all(FOLDER);
    let _ = super::write_whole(&file(Path::new(".")), answer.to_string().as_bytes());
    Some(answer)
}

/// What is worth keeping of cargo's answer in a prepared folder.
pub fn template(answer: &str, dir: &Path) -> Option<String> {
    let narrow = view::narrow(serde_json::from_str(answer).ok()?);
    Some(narrow.to_string().replace(dir.to_str()?, WORK))
}

/// Writes answers into a work folder that holds a copy of the prepared build: for
/// the manifests that evcxr writes before the first cell.
pub fn install(template: &str, work: &Path, dependency: &str) -> Result<()> {
    let folder = work.join(FOLDER);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let whole: Value = serde_json::from_str(&template.replace(WORK, &work.to_string_lossy()))
        .map_err(|error| Error::Invalid(error.to_string()))?;
    let lock = fs::read(work.join("Cargo.lock")).ok();
    let line = format!("sevenlines = {dependency}\n");
    // evcxr looks only whether this one succeeds; the library is known to resolve.
    let trial = format!(
        "\n    [package]\n    name = \"{TRIAL}\"\n    version = \"0.0.1\"\n    edition = \"2024\"\n\n    \
         [lib]\n    path = \"lib.rs\"\n\n    [dependencies]\n    {line}    "
    );
    for (manifest, answer) in [
        (recipe::manifest(&line), whole.clone()),
        (recipe::manifest(""), view::bare(&whole)),
        (trial, json!({})),
    ] {
        let texts = [Some(manifest.as_bytes()), lock.as_deref(), Some(recipe::CONFIG.as_bytes())];
        super::write_whole(&folder.join(recipe::name(texts)), answer.to_string().as_bytes())?;
    }
    Ok(())
}

fn file(work: &Path) -> PathBuf {
    work.join(FOLDER).join(recipe::name_of(work))
}
