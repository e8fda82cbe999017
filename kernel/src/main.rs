//! The `sevenlines` command: the notebook's kernel and everything that sets it up.
//!
//! One binary in several roles. Some are not asked for on the command line but in
//! the environment, and come before anything else: the process in which the cells
//! run, and cargo's and the compiler's stand-ins while a cell is built.

mod cells;
mod child;
mod commands;
mod error;
mod kernel;
mod lock;
mod paths;
mod programs;
mod python;
mod report;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    if child::wanted() {
        child::run();
    }
    if cells::shim::wanted() {
        cells::shim::run();
    }
    if cells::wrapper::wanted() {
        cells::wrapper::run();
    }
    commands::main()
}
