//! JupyterLab in a real browser: runs the Python tests of this folder, which drive
//! Debian's Chromium, one file after the other.
//!
//! `sevenlines setup --tests` runs first. Where there is no Chromium the tests are
//! skipped, aloud. What the browser showed is kept in `target/screenshots`.

#[path = "../support/python.rs"]
mod python;

use std::sync::{Mutex, PoisonError};

/// Runs a file's tests; their output, and what they skip, is this test's. One after the
/// other, so that one browser has the machine.
fn run(file: &str) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let screenshots = python::repository().join("target/screenshots");
    python::run("tests/browser", file, &[("SEVENLINES_SCREENSHOTS", screenshots.to_str().expect("UTF-8"))]);
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
