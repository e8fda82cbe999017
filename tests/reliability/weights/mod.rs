//! Damaged and hostile weights files: named before use.

mod damage;
mod headers;
mod numbers;
mod pickles;

use sevenlines::Error;
use std::path::Path;

/// Why this is not the error that names `file` as damaged, if it is not.
fn unnamed<T>(what: &str, result: Result<T, Error>, file: &Path) -> Option<String> {
    match result {
        Ok(_) => Some(format!("{what}: nothing was noticed")),
        Err(error @ Error::Corrupt { .. }) if error.to_string().contains(&*file.to_string_lossy()) => None,
        Err(error) => Some(format!("{what}: {}: {error}", error.name())),
    }
}
