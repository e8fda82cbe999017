//! The Python tests beside this file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

pub const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// Runs one file, or one of its tests, with the Python of the virtual environment, which is set up first.
fn run(file: &str, variables: &[(&str, &str)]) {
    static SETUP: Once = Once::new();
    SETUP.call_once(|| {
        let status = Command::new(BINARY).args(["setup", "--tests"]).status().expect("the binary starts");
        assert!(status.success(), "`sevenlines setup --tests` failed");
    });
    let environment =
        std::env::var_os("SEVENLINES_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from);
    let status = Command::new(environment.join("bin/python"))
        .args(["-m", "unittest", "-v", file])
        .current_dir(repository().join("tests/elsewhere"))
        .env("SEVENLINES_BINARY", BINARY)
        .env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"))
        .envs(variables.iter().copied())
        .status()
        .expect("Python starts");
    assert!(status.success(), "{file} of tests/elsewhere failed");
}

#[test]
fn a_class_with_jupyterhub() {
    run("test_hub", &[]);
}

#[test]
fn conda_binder_and_a_container() {
    run("test_files", &[]);
}

#[test]
#[ignore = "compiles everything in a clone, for many minutes"]
fn binder_in_full() {
    run("test_files.Files.test_postbuild_in_a_plain_folder", &[("SEVENLINES_TEST_BINDER", "full")]);
}
