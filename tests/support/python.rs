//! Python tests as tests of cargo's: with the Python of the virtual environment, which
//! `sevenlines setup` makes first, so that they may be the first thing that is ever run in
//! a clone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

pub const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// Sets up what is missing, once.
pub fn set_up() {
    set_up_with(&[]);
}

/// The same with more options, where it comes first.
pub fn set_up_with(options: &[&str]) {
    static SETUP: Once = Once::new();
    SETUP.call_once(|| {
        let arguments = [&["setup", "--tests"], options].concat();
        let status = Command::new(BINARY).args(&arguments).status().expect("the binary starts");
        assert!(status.success(), "`sevenlines {}` failed", arguments.join(" "));
    });
}

/// Python in a folder of tests, told of the binary and of a folder to write to.
/// `SEVENLINES_PYTHON` names another than the virtual environment's.
pub fn python(folder: &str) -> Command {
    set_up();
    let environment =
        || std::env::var_os("SEVENLINES_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from);
    let named = std::env::var_os("SEVENLINES_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| environment().join("bin/python"));
    assert!(python.is_file(), "there is no Python at {}", python.display());
    let mut python = Command::new(python);
    python.current_dir(repository().join(folder));
    python.env("SEVENLINES_BINARY", BINARY).env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"));
    python
}

/// Runs one file of tests, or one test of it; its output is this test's.
pub fn run(folder: &str, file: &str, variables: &[(&str, &str)]) {
    let tests = ["-m", "unittest", "-v", file];
    let status = python(folder).args(tests).envs(variables.iter().copied()).status().expect("Python starts");
    assert!(status.success(), "{folder}: {file} failed");
}
