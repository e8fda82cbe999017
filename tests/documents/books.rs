//! What the pages say is tried: links, paths, forms, commands, and Rust blocks as cells.
//!
//! The tests themselves are Python, since the kernel's harness is; `sevenlines setup` runs
//! first, so that these may be the first thing that is ever run in a clone.

use crate::python;

fn run(file: &str) {
    python::run("tests/documents", file, &[]);
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
