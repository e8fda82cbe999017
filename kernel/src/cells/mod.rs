//! How a notebook's cells are compiled, and what is prepared beforehand so that
//! it is quick.
//!
//! evcxr writes each cell as a crate `ctx` in a work folder and asks cargo to
//! build it. Three small roles of this binary stand in between, none of which
//! changes evcxr:
//!
//! - [`shim`] is the `cargo` that evcxr finds. It asks the real one for the
//!   release profile, spelled out in [`profile`] exactly as the workspace has it,
//!   so that what the workspace compiled (candle above all) is fresh in the cells.
//! - [`wrapper`] is the compiler's wrapper: cells and the library are linked
//!   dynamically, everything else goes straight through.
//! - [`rewrite`] edits a cell so that a `?` which returns early keeps the
//!   variables that were already made.
//!
//! [`prepared`] builds the library for cells once; [`work`] gives each kernel its
//! own hard-linked copy of that.

pub mod prepared;
pub mod profile;
pub mod rewrite;
pub mod rust_src;
pub mod seed;
pub mod shim;
pub mod stock;
pub mod toolchain;
pub mod work;
pub mod wrapper;

pub use prepared::Prepared;

use std::path::PathBuf;

/// The crate that evcxr makes of a cell.
pub const CELL_CRATE: &str = "ctx";

/// The repository this binary was built from; it holds the library's sources.
pub fn repository() -> PathBuf {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    dir.canonicalize().unwrap_or(dir)
}

/// The library's folder, as a cell's manifest names it.
pub fn library() -> crate::error::Result<PathBuf> {
    let dir = repository().join("lib");
    if dir.join("Cargo.toml").is_file() {
        return Ok(dir);
    }
    Err(crate::error::Error::Missing {
        what: format!("the library's source folder {}", dir.display()),
        hint:
            "the command needs the repository it was built from; build it again where the repository is now"
                .into(),
    })
}

/// What a cell's manifest says of the library.
pub fn dependency() -> crate::error::Result<String> {
    // Without `fetch`: a notebook never downloads, and rust-analyzer reads less.
    Ok(format!("{{ path = {:?}, default-features = false }}", library()?))
}
