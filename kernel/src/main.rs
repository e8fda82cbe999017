//! The sevenlines command.

mod cells;
mod child;
mod error;
mod kernel;

use error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = roles() {
        return code;
    }
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sevenlines: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The roles in which cargo and evcxr start this binary.
fn roles() -> Option<ExitCode> {
    if child::wanted() {
        child::install();
        evcxr::runtime_hook();
    }
    if cells::shim::wanted() {
        cells::shim::run();
    }
    if cells::wrapper::wanted() {
        cells::wrapper::run();
    }
    None
}

fn command() -> error::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["kernel", "--control_file", file] => kernel::run(&PathBuf::from(file)),
        ["kernel", "--stock", "--control_file", file] => cells::stock::run(&PathBuf::from(file)),
        ["prepare"] => {
            cells::Prepared::ensure(&mut |step| eprintln!("{step}"))?;
            if cells::rust_src::find().is_none() {
                cells::rust_src::fetch(&mut |step| eprintln!("{step}"))?;
            }
            Ok(())
        }
        _ => Err(Error::Invalid("sevenlines prepare | kernel --control_file FILE".into())),
    }
}
