//! The Python tests beside this file.

use crate::python;

fn run(file: &str, variables: &[(&str, &str)]) {
    python::run("tests/elsewhere", file, variables);
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
