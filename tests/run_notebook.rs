//! `run_notebook.py`, which executes notebooks: runs the Python tests of
//! `tests/python/` in the environment that `sevenlines setup` makes.

use std::path::Path;
use std::process::Command;

#[test]
fn notebooks_are_executed_and_saved_as_they_should() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let setup =
        Command::new(env!("CARGO_BIN_EXE_sevenlines")).arg("setup").status().expect("the binary starts");
    assert!(setup.success(), "sevenlines setup failed");
    let tests = Command::new(repository.join(".venv/bin/python"))
        .args(["-m", "unittest", "discover", "-s", "tests/python"])
        .current_dir(&repository)
        .status()
        .expect("Python starts");
    assert!(tests.success(), "tests/python failed");
}
