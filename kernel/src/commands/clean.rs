//! `sevenlines clean`: notebooks as git should keep them.

use super::{scripts, setup};
use crate::error::Result;
use clap::Args;
use std::path::PathBuf;

/// Take out of notebooks what differs at each run and says nothing to a reader, so that git shows what changed.
///
/// Times, the state of windows and other front ends' notes go; cells get stable ids; progress lines keep their last state.
/// `sevenlines run` writes notebooks clean.
#[derive(Args)]
pub struct Options {
    /// Notebooks, or folders of them.
    #[arg(required = true, value_name = "NOTEBOOK")]
    paths: Vec<PathBuf>,
    /// Change nothing; name what would change, and end with exit code 1 if anything would.
    #[arg(long)]
    check: bool,
    /// Also take out all outputs.
    #[arg(long)]
    outputs: bool,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let notebooks = scripts::existing(&options.paths)?;
    setup::complete_environment()?;
    let mut python = scripts::python("clean.py")?;
    python.args(options.check.then_some("--check")).args(options.outputs.then_some("--outputs"));
    python.arg("--").args(notebooks);
    scripts::run(python)
}
