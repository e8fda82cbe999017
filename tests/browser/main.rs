//! JupyterLab in a real browser: runs the Python tests of this folder, which drive
//! Debian's Chromium, one file after the other.
//!
//! `sevenlines setup --tests` runs first. Where there is no Chromium the tests are
//! skipped, aloud. What the browser showed is kept in `target/screenshots`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn python() -> PathBuf {
    let environment =
        std::env::var_os("SEVENLINES_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from);
    let python = environment.join("bin/python");
    assert!(python.is_file(), "there is no Python at {}", python.display());
    python
}

/// Waits for its turn, so that one browser has the machine, and sets up what is
/// missing before the first one.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static SETUP: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    SETUP.call_once(|| {
        let status = Command::new(BINARY).args(["setup", "--tests"]).status().expect("the binary starts");
        assert!(status.success(), "`sevenlines setup --tests` failed");
    });
    turn
}

/// Runs a file's tests; their output, and what they skip, is this test's.
fn run(file: &str) {
    let _turn = turn();
    let status = Command::new(python())
        .args(["-m", "unittest", "-v", file])
        .current_dir(repository().join("tests/browser"))
        .env("SEVENLINES_BINARY", BINARY)
        .env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"))
        .env("SEVENLINES_SCREENSHOTS", repository().join("target/screenshots"))
        .status()
        .expect("Python starts");
    assert!(status.success(), "tests/browser/{file}.py failed");
}

#[test]
fn running_a_lesson() {
    run("test_lesson");
}

#[test]
fn watching_and_stopping() {
    run("test_live");
}

#[test]
fn reading() {
    run("test_reading");
}
