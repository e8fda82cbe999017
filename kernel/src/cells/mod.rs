//! How a notebook's cells are compiled, and what is prepared beforehand so that
//! it is quick.
//!
//! evcxr writes each cell as a crate `ctx` in a work folder and asks cargo to
//! build it. Three small roles of this binary stand in between, none of which
//! changes evcxr:
//!
//! - [`shim`] is the `cargo` that evcxr finds. Where nothing but the cell has
//!   changed it calls the compiler by a [`recipe`]. Else it asks the real cargo for
//!   the release profile, spelled out in [`profile`] exactly as the workspace has
//!   it, so that what the workspace compiled (candle above all) is fresh in the
//!   cells. rust-analyzer gets a narrow [`view`] of the dependencies from it.
//! - [`wrapper`] is the compiler's wrapper: cells and the library are linked
//!   dynamically, everything else goes straight through.
//! - [`rewrite`] edits a cell so that a `?` which returns early keeps the
//!   variables that were already made.
//!
//! [`prepared`] builds the library for cells once; [`work`] gives each kernel its
//! own hard-linked copy of that.

mod answers;
mod home;
pub mod prepared;
pub mod profile;
pub mod progress;
mod recipe;
pub mod registry;
pub mod rewrite;
pub mod rust_src;
pub mod seed;
pub mod shim;
mod stamp;
pub mod stock;
mod superseded;
pub mod toolchain;
mod trim;
pub mod unused;
mod view;
pub mod work;
pub mod wrapper;

pub use home::{real as cargo_home, restore as restore_cargo_home};
pub use prepared::Prepared;

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate that evcxr makes of a cell.
pub const CELL_CRATE: &str = "ctx";
/// The level at which evcxr is asked to compile cells: the workspace's.
pub const OPT_LEVEL: &str = "3";

/// The repository this binary was built from; it holds the library's sources.
pub fn repository() -> PathBuf {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    dir.canonicalize().unwrap_or(dir)
}

/// The library's folder, as a cell's manifest names it.
pub fn library() -> Result<PathBuf> {
    let dir = repository().join("lib");
    if dir.join("Cargo.toml").is_file() {
        return Ok(dir);
    }
    Err(Error::Missing {
        what: format!("the library's source folder {}", dir.display()),
        hint:
            "the command needs the repository it was built from; build it again where the repository is now"
                .into(),
    })
}

/// What a cell's manifest says of the library.
pub fn dependency() -> Result<String> {
    // Without `fetch`: a notebook never downloads, and rust-analyzer reads less.
    let devices = [("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))];
    let features: Vec<&str> = devices.into_iter().filter(|device| device.1).map(|device| device.0).collect();
    Ok(format!("{{ path = {:?}, default-features = false, features = {features:?} }}", library()?))
}

/// rustc on another text in evcxr's folder `work`, as it would compile a cell there:
/// only checked, with its messages as JSON and every name in full.
pub fn probe(work: &Path, text: &str) -> Option<Command> {
    let (mut command, arguments) = recipe::Recipe::of(work)?.command();
    let arguments =
        arguments.into_iter().skip(1).map(|arg| if arg == "src/lib.rs" { text.into() } else { arg });
    command.args(arguments).args(["--emit=metadata", "-Ztrim-diagnostic-paths=no"]);
    // Names in full are asked for by an option of the unstable compiler.
    command.env("RUSTC_BOOTSTRAP", "1").current_dir(work);
    Some(command)
}

/// Writes a file under a temporary name, then renames it.
fn write_whole(path: &Path, contents: &[u8]) -> Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&part, contents).map_err(Error::io("write", &part))?;
    std::fs::rename(&part, path).map_err(Error::io("rename", &part))
}

/// Where the system's loader looks for libraries before it looks where a cell says.
pub const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// That variable without the folders in which another build of the library lies:
/// `cargo run` and `cargo test` put the workspace's there, and a cell would load it
/// in the place of the one that it was compiled against.
pub fn library_path() -> OsString {
    without_library(&std::env::var_os(LIBRARY_PATH).unwrap_or_default())
}

fn without_library(path: &std::ffi::OsStr) -> OsString {
    let is_ours = |dir: &PathBuf| dir.join("libsevenlines.so").exists();
    std::env::join_paths(std::env::split_paths(path).filter(|dir| !is_ours(dir))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_build_of_the_library_is_not_loaded() {
        let (with, without) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::fs::write(with.path().join("libsevenlines.so"), "").expect("writes");
        let path = std::env::join_paths([with.path(), without.path()]).expect("a path");
        assert_eq!(without_library(&path), without.path());
        assert_eq!(without_library("".as_ref()), "");
    }
}
