//! `sevenlines data`: bringing and arranging sets of pictures.

use super::setup::sample;
use crate::error::Result;
use crate::paths;
use crate::report::{Task, say};
use clap::Subcommand;
use std::path::PathBuf;

/// Bring and arrange sets of pictures.
#[derive(Subcommand)]
pub enum Command {
    /// Draw the sample set: 300 + 100 cats and dogs, the same for the same seed.
    Draw {
        /// Where to [default: where dogs_vs_cats() finds it].
        dir: Option<PathBuf>,
        /// Another seed draws other animals.
        #[arg(long, value_name = "N", default_value_t = sample::SEED)]
        seed: u64,
    },
}

/// Runs the command.
pub fn main(command: &Command) -> Result<()> {
    match command {
        Command::Draw { dir, seed } => draw(dir.as_ref(), *seed),
    }
}
fn draw(dir: Option<&PathBuf>, seed: u64) -> Result<()> {
    let t = Task::begin("x"); let _ = (dir, seed, paths::command()); t.done("x"); say("x"); Ok(())
}
