//! `sevenlines run`: executes a notebook from its first cell to its last.

use super::{scripts, setup};
use crate::error::{Error, Result};
use crate::kernel::processes;
use crate::paths;
use crate::stop;
use clap::Args;
use serde_json::{Map, Value};
use sevenlines::interrupt::check_interrupt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Execute a notebook, setting up what is missing, and write it with its outputs, also as HTML.
///
/// Each cell's first line and its seconds appear as it runs. If a cell fails, its error is printed and the
/// exit code is 1.
#[derive(Args)]
pub struct Options {
    /// The notebook to execute.
    notebook: PathBuf,
    /// The pictures that dogs_vs_cats() gives the notebook: a folder with train/ and valid/.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The seed of everything random, where the notebook does not set one itself.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a variable of the cell tagged "parameters"; may be given again.
    #[arg(short = 'p', long = "parameter", num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    parameters: Vec<String>,
    /// Where the executed notebook goes [default: target/notebooks/ in the repository].
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    out: Option<PathBuf>,
    /// Where the HTML page goes [default: beside the executed notebook].
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also print the page as a PDF, with a Chromium of this machine.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Compare the outputs with those that the notebook has, in everything but times; a difference is exit code 1.
    #[arg(long, conflicts_with = "in_place")]
    check: bool,
    /// Write the outputs into the notebook itself.
    #[arg(long)]
    in_place: bool,
    /// The kernel to execute with.
    #[arg(long, value_name = "NAME", default_value = "sevenlines")]
    kernel: String,
}

/// The parameter that names a folder of pictures, as `--data` does.
const DATA: &str = "data";

/// What is read and what is written.
#[derive(Debug, PartialEq)]
struct Files {
    notebook: PathBuf,
    out: PathBuf,
    html: PathBuf,
    pdf: Option<PathBuf>,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    let files = files(options)?;
    let mut parameters = parameters(&options.parameters);
    let named = parameters.get(DATA).and_then(Value::as_str).map(PathBuf::from).filter(|dir| dir.is_dir());
    let data = options.data.as_ref().or(named.as_ref()).map(|dir| pictures(dir)).transpose()?;
    if let (Some(dir), Some(_)) = (&data, named) {
        parameters.insert(DATA.into(), Value::from(dir.to_string_lossy()));
    }
    setup::complete(options.kernel == "evcxr_jupyter")?;
    let mut python = python(&files, options, &Value::Object(parameters))?;
    if let Some(data) = data {
        python.env("SEVENLINES_DATA", data);
    }
    if let Some(seed) = options.seed {
        python.env("SEVENLINES_SEED", seed.to_string());
    }
    let status = wait_for(&mut python)?;
    if status.success() { Ok(()) } else { Err(Error::Reported) }
}

/// Ctrl-C and SIGTERM are the notebook's: they stop the cell, and this process waits for
/// that.
fn wait_for(python: &mut Command) -> Result<ExitStatus> {
    stop::listen();
    let mut child = python.spawn().map_err(Error::io("start", python.get_program()))?;
    loop {
        if let Some(status) = child.try_wait().map_err(Error::io("wait for", python.get_program()))? {
            return Ok(status);
        }
        if check_interrupt().is_err() {
            processes::signal(child.id(), stop::signal_that_came().map_or(libc::SIGINT, i32::from));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn python(files: &Files, options: &Options, parameters: &Value) -> Result<Command> {
    let mut python = scripts::python("run_notebook.py")?;
    python.arg(&files.notebook).arg("--out").arg(&files.out).arg("--html").arg(&files.html);
    python.args(["--kernel", &options.kernel]).args(["--parameters", &parameters.to_string()]);
    python.arg("--times").arg(sevenlines::home::dir().join("times"));
    if let Some(pdf) = &files.pdf {
        python.arg("--pdf").arg(pdf);
    }
    python.args(options.check.then_some("--check"));
    if let Some(folder) = files.notebook.parent() {
        python.current_dir(folder);
    }
    Ok(python)
}

fn files(options: &Options) -> Result<Files> {
    let notebook = paths::absolute(&options.notebook)?;
    if !notebook.is_file() {
        return Err(Error::Invalid(format!("there is no notebook {}", notebook.display())));
    }
    let Some(name) = notebook.file_stem().filter(|_| notebook.extension().is_some_and(|end| end == "ipynb"))
    else {
        return Err(Error::Invalid(format!(
            "{} is no notebook, its name does not end in .ipynb",
            notebook.display()
        )));
    };
    let default = || -> Result<PathBuf> {
        let mut file = name.to_os_string();
        file.push(".ipynb");
        Ok(paths::repository()?.join("target/notebooks").join(file))
    };
    let (out, beside) = match &options.out {
        Some(out) => (paths::absolute(out)?, paths::absolute(out)?),
        None if options.in_place => (notebook.clone(), default()?),
        None => (default()?, default()?),
    };
    let html =
        options.html.as_deref().map(paths::absolute).transpose()?.unwrap_or(beside.with_extension("html"));
    let pdf = options.pdf.as_deref().map(paths::absolute).transpose()?;
    for file in [&out, &html].into_iter().chain(&pdf) {
        file.parent().map(paths::create_folder).transpose()?;
    }
    Ok(Files { notebook, out, html, pdf })
}

fn pictures(dir: &Path) -> Result<PathBuf> {
    if !dir.is_dir() {
        return Err(Error::Invalid(format!(
            "--data {}: there is no such folder; it is to hold train/ and valid/ with a folder for each class",
            dir.display()
        )));
    }
    paths::absolute(dir)
}

/// `NAME VALUE NAME VALUE …` as a JSON object: a value that reads as a number, as
/// true or false, as a quoted text or a list is that, any other is text.
fn parameters(pairs: &[String]) -> Map<String, Value> {
    let value = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Null | Value::Object(_)) | Err(_) => Value::from(text),
        Ok(value) => value,
    };
    pairs.chunks_exact(2).map(|pair| (pair[0].clone(), value(&pair[1]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn options(dir: &Path, more: &[&str]) -> Options {
        let notebook = dir.join("my.ipynb");
        std::fs::write(&notebook, "{}").expect("writes");
        let line = ["run"].into_iter().chain(notebook.to_str()).chain(more.iter().copied());
        Line::try_parse_from(line).unwrap_or_else(|error| panic!("{error}")).options
    }

    #[test]
    fn outputs_lie_in_the_repository_unless_said_otherwise() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let target = paths::repository().expect("the repository").join("target/notebooks");
        let default = files(&options(dir.path(), &[])).expect("files");
        assert_eq!((default.out, default.html), (target.join("my.ipynb"), target.join("my.html")));
        let in_place = files(&options(dir.path(), &["--in-place"])).expect("files");
        assert_eq!((&in_place.out, in_place.html), (&in_place.notebook, target.join("my.html")));
        let out = dir.path().join("made/for/it.ipynb");
        let named = files(&options(dir.path(), &["--out", out.to_str().unwrap_or_default()])).expect("files");
        assert_eq!((named.out, named.html), (out.clone(), out.with_extension("html")));
        assert!(out.parent().is_some_and(Path::is_dir));
    }

    #[test]
    fn parameters_keep_their_kind() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let line = ["-p", "batch_size", "32", "-p", "lr", "-0.5", "-p", "name", "Rex", "-p", "on", "true"];
        let json = parameters(&options(dir.path(), &line).parameters);
        let expected = serde_json::json!({"batch_size": 32, "lr": -0.5, "name": "Rex", "on": true});
        assert_eq!(Value::Object(json), expected);
    }

    #[test]
    fn what_is_no_notebook_is_refused() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut wrong = options(dir.path(), &[]);
        wrong.notebook = dir.path().join("none.ipynb");
        assert!(files(&wrong).expect_err("refuses").to_string().contains("there is no notebook"));
        wrong.notebook = dir.path().join("text.txt");
        std::fs::write(&wrong.notebook, "").expect("writes");
        assert!(files(&wrong).expect_err("refuses").to_string().contains(".ipynb"));
    }
}
