//! `sevenlines lab`: JupyterLab out of the virtual environment.

use super::setup;
use crate::error::{Error, Result};
use crate::paths;
use clap::Args;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Open JupyterLab with the kernel "Rust (sevenlines)", setting up what is missing.
#[derive(Args)]
pub struct Options {
    /// The folder to show [default: the repository's notebooks].
    dir: Option<PathBuf>,
    /// What JupyterLab itself is to be told, e.g. `-- --no-browser --port 8890`.
    #[arg(last = true, value_name = "JUPYTERLAB ARGUMENTS")]
    rest: Vec<OsString>,
}

/// Runs the command: becomes JupyterLab.
pub fn main(options: &Options) -> Result<()> {
    let dir = match &options.dir {
        Some(dir) => paths::absolute(dir)?,
        None => paths::repository()?.join("notebooks"),
    };
    if !dir.is_dir() {
        return Err(Error::Invalid(format!("{} is no folder; name one with notebooks in it", dir.display())));
    }
    setup::complete(false)?;
    let mut lab = jupyter()?;
    lab.args(["-m", "jupyterlab"]).arg(&dir).args(&options.rest).current_dir(&dir);
    let error = lab.exec();
    Err(Error::Invalid(format!(
        "JupyterLab could not be started: {error}; `{} doctor` may know why",
        paths::command()
    )))
}

/// The environment's Python, in whose Jupyter our kernelspec comes first.
pub fn jupyter() -> Result<Command> {
    let environment = paths::environment()?;
    let mut command = crate::python::command(&setup::environment::python_in(&environment));
    let mut folders = environment.join("share/jupyter").into_os_string();
    if let Some(others) = paths::set("JUPYTER_PATH") {
        folders.push(":");
        folders.push(others);
    }
    command.env("JUPYTER_PATH", folders);
    Ok(command)
}
