//! Finding a Python to make the virtual environment with, and asking it things.

use crate::error::{Error, Result};
use crate::programs::ask;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest Python that the pinned Jupyter stack runs on.
pub const OLDEST: (u32, u32) = (3, 10);

const NAMES: [&str; 7] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// A Python on this machine.
#[derive(Debug, Clone)]
pub struct Python {
    /// The program.
    pub program: PathBuf,
    /// Major and minor version.
    pub version: (u32, u32),
}

impl std::fmt::Display for Python {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{} ({})", self.version.0, self.version.1, self.program.display())
    }
}

/// The first Python on the search path that is new enough.
pub fn find() -> Result<Python> {
    let found: Vec<Python> =
        NAMES.iter().filter_map(|name| version(Path::new(name)).map(|v| (name, v))).map(python).collect();
    if let Some(python) = found.iter().find(|python| python.version >= OLDEST) {
        return Ok(python.clone());
    }
    let (major, minor) = OLDEST;
    Err(Error::Invalid(match found.first() {
        Some(old) => format!(
            "Python {major}.{minor} or later is needed, and only {old} was found; install a newer one"
        ),
        None => format!(
            "no Python found (tried python3, python3.14 … python3.10, python); install Python {major}.{minor} or later, \
             on Debian with `apt-get install python3 python3-venv`"
        ),
    }))
}

fn python((name, version): (&&str, (u32, u32))) -> Python {
    Python { program: PathBuf::from(name), version }
}

/// The version of a Python, nothing if it does not run.
pub fn version(program: &Path) -> Option<(u32, u32)> {
    let text = ask(command(program).args(["-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]))?;
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether it can import all of these modules.
pub fn has(program: &Path, modules: &str) -> bool {
    ask(command(program).args(["-I", "-c", &format!("import {modules}")])).is_some()
}

/// A Python that reads no other Python's modules.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH");
    command
}

/// pip as a module of this Python, asking nothing.
pub fn pip(program: &Path) -> Command {
    let mut command = command(program);
    command.args(["-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_python_has_no_version() {
        assert_eq!(version(Path::new("no-such-python")), None);
        assert_eq!(version(Path::new("true")), None);
    }

    #[test]
    fn the_python_of_this_machine_is_found() {
        let python = find().expect("the tests need a Python");
        assert!(python.version >= OLDEST);
        assert!(has(&python.program, "sys, json"));
        assert!(!has(&python.program, "no_such_module"));
    }
}
