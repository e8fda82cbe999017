//! What the pages say is tried: links, paths, forms, commands, and Rust blocks as cells.
//!
//! The tests themselves are Python, since the kernel's harness is; `sevenlines setup` runs
//! first, so that these may be the first thing that is ever run in a clone.

use crate::source::repository;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;

const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

fn python() -> PathBuf {
    static SETUP: Once = Once::new();
    SETUP.call_once(|| {
        let status = Command::new(BINARY).args(["setup", "--tests"]).status().expect("the binary starts");
        assert!(status.success(), "`sevenlines setup --tests` failed");
    });
    let venv = std::env::var_os("SEVENLINES_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from);
    venv.join("bin/python")
}

/// Runs one file of this folder's tests; their output is this test's.
fn run(file: &str) {
    let status = Command::new(python())
        .args(["-m", "unittest", "-v", file])
        .current_dir(repository().join("tests/documents"))
        .env("SEVENLINES_BINARY", BINARY)
        .env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"))
        .status()
        .expect("Python starts");
    assert!(status.success(), "tests/documents/{file}.py failed");
}

#[test]
fn links_paths_and_forms() {
    run("test_links");
}

#[test]
fn commands() {
    run("test_commands");
}

#[test]
fn rust_blocks_as_cells() {
    run("test_cells");
}

#[test]
fn the_tours_pictures() {
    run("test_tour");
}
