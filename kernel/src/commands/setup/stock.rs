//! The small binary that is evcxr_jupyter's own kernel.

use super::step::Step;
use crate::error::Result;
use crate::report::Progress;
use crate::{paths, programs};
use std::process::Command;

/// The step that builds it.
pub struct StockBinary;

impl Step for StockBinary {
    fn name(&self) -> &str {
        "evcxr_jupyter, compiled"
    }

    /// Cargo knows best whether it is up to date, and is quick about it.
    fn present(&self) -> Option<String> {
        None
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--package", "sevenlines-stock"]).current_dir(paths::repository()?);
        programs::run(
            &mut cargo,
            progress,
            "Cargo's last lines say why; `rustup update` brings a newer Rust.",
        )?;
        Ok(String::new())
    }
}
