//! The small binary that is evcxr_jupyter's own kernel.

use super::cost::Cost;
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::Progress;
use crate::{paths, programs};
use sevenlines::disk::DraftFile;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "sevenlines-stock";
/// This binary's package.
const OWN: &str = env!("CARGO_PKG_NAME");

/// The step that builds it.
pub struct StockBinary;

impl Step for StockBinary {
    fn name(&self) -> &str {
        "evcxr_jupyter, compiled"
    }

    fn id(&self) -> String {
        "stock".into()
    }

    fn cost(&self) -> Cost {
        Cost::PROGRAM
    }

    /// Cargo knows best whether it is up to date, and is quick about it.
    fn present(&self) -> Option<String> {
        None
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let mut cargo = Command::new("cargo");
        // Both packages are named, though one program is built: cargo then chooses
        // the features that this binary has, and does not compile rust-analyzer anew.
        cargo.args(["build", "--release", "--package", OWN, "--package", PROGRAM, "--bin", PROGRAM]);
        cargo.current_dir(paths::repository()?);
        programs::run(
            &mut cargo,
            progress,
            "Cargo's last lines say why; `rustup update` brings a newer Rust.",
        )?;
        beside_this_binary()
    }
}

/// The kernel looks for it beside this binary, which `cargo install` puts
/// elsewhere than Cargo builds.
fn beside_this_binary() -> Result<String> {
    let wanted = paths::binary()?.with_file_name(PROGRAM);
    if !wanted.is_file() {
        let built = newest(&paths::repository()?.join("target")).ok_or_else(|| {
            Error::Invalid(format!(
                "Cargo ended well but {PROGRAM} is not below target/; unset CARGO_TARGET_DIR"
            ))
        })?;
        // Half a program would be taken for the whole.
        let draft = DraftFile::new(&wanted)?;
        std::fs::copy(&built, draft.part()).map_err(Error::io("write", &wanted))?;
        draft.finish()?;
    }
    Ok(wanted.display().to_string())
}

fn newest(target: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(target).ok()?.flatten().map(|host| host.path().join("release"));
    let programs = hosts.chain([target.join("release")]).map(|dir| dir.join(PROGRAM));
    programs
        .filter(|path| path.is_file())
        .max_by_key(|path| path.metadata().and_then(|about| about.modified()).ok())
}
