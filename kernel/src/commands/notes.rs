//! `sevenlines notes`: executed notebooks as a small site that needs no server and no network.

use super::{scripts, setup};
use crate::error::Result;
use crate::paths;
use clap::Args;
use std::path::PathBuf;

/// Make a small website of executed notebooks, which also opens as plain files.
///
/// There is a page for each notebook and one that lists them. Nothing is executed; a notebook that was not, or whose run
/// failed, says so on its page. What else lies in the site's folder stays as it is.
#[derive(Args)]
pub struct Options {
    /// Notebooks, or folders of them; pages come in this order, within a folder by name.
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// Where the site goes [default: target/notes in the repository].
    #[arg(long, value_name = "SITE")]
    out: Option<PathBuf>,
    /// What stands above the list of notebooks.
    #[arg(long, value_name = "TEXT", default_value = "Course notes")]
    title: String,
    /// Also print each page as a PDF, with a Chromium of this machine.
    #[arg(long)]
    pdf: bool,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let notebooks = scripts::existing(&options.paths)?;
    let site = match &options.out {
        Some(site) => paths::absolute(site)?,
        None => paths::repository()?.join("target/notes"),
    };
    setup::complete_environment()?;
    let mut python = scripts::python("notes.py")?;
    python.arg("--out").arg(site).arg(format!("--title={}", options.title));
    python.args(options.pdf.then_some("--pdf")).arg("--").args(notebooks);
    scripts::run(python)
}
