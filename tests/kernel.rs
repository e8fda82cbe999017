//! The kernel over Jupyter's protocol: runs the Python tests of `tests/kernel/`
//! against the built binary.
//!
//! They need a Python with `jupyter_client`: `SEVENLINES_PYTHON`, or the
//! `.venv/` that `sevenlines setup` makes.

use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn python() -> PathBuf {
    let named = std::env::var_os("SEVENLINES_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| repository().join(".venv/bin/python"));
    assert!(python.is_file(), "no Python at {}; run `sevenlines setup` first", python.display());
    python
}

/// Runs one of the Python files; its output is this test's.
fn run(file: &str) {
    let status = Command::new(python())
        .args(["-m", "unittest", "-v", file])
        .current_dir(repository().join("tests/kernel"))
        .env("SEVENLINES_BINARY", env!("CARGO_BIN_EXE_sevenlines"))
        .env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"))
        .status()
        .expect("Python starts");
    assert!(status.success(), "tests/kernel/{file}.py failed");
}

#[test]
fn cells() {
    run("test_cells");
}

#[test]
fn stopping() {
    run("test_stop");
}

#[test]
fn protocol() {
    run("test_protocol");
}

#[test]
fn building() {
    run("test_build");
}
