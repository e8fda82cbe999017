//! The command line: what can be asked of the binary, and how it ends.

mod bench;
mod clean;
mod data;
mod doctor;
mod features;
mod lab;
mod notes;
mod run;
mod scripts;
mod setup;

use crate::error::{Error, Result};
use crate::report::{Colour, paint, painted, remark};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const CODES: &str = "\
Exit codes: 0 all went well, 1 something failed (the last lines say what to do), 2 the command line was not understood.

Places: weights, pictures, stored features and prepared builds lie in ~/.cache/sevenlines (or $XDG_CACHE_HOME/sevenlines, or \
$SEVENLINES_HOME); Jupyter lies in .venv in the repository (or $SEVENLINES_VENV).";

/// fast.ai's lesson 1 in Rust, in Jupyter: fine-tune a VGG16 on folders of pictures in seven lines.
#[derive(Parser)]
#[command(name = "sevenlines", version, after_help = CODES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Setup(setup::Options),
    Run(run::Options),
    Notes(notes::Options),
    Clean(clean::Options),
    Lab(lab::Options),
    Doctor(doctor::Options),
    #[command(subcommand)]
    Data(data::Command),
    Features(features::Options),
    Bench(bench::Options),
    /// Be the kernel of a notebook; Jupyter calls this.
    Kernel(Connection),
    /// Be evcxr_jupyter's own kernel; Jupyter calls this.
    #[command(hide = true)]
    StockKernel(Connection),
}

#[derive(Args)]
struct Connection {
    /// The connection file that Jupyter wrote.
    #[arg(long = "control_file", visible_alias = "control-file", value_name = "FILE")]
    control_file: PathBuf,
}

/// Reads the command line, obeys it, and tells of what went wrong.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Setup(options) => setup::main(&options),
        Command::Run(options) => run::main(&options),
        Command::Notes(options) => notes::main(&options),
        Command::Clean(options) => clean::main(&options),
        Command::Lab(options) => lab::main(&options),
        Command::Doctor(options) => doctor::main(&options),
        Command::Data(command) => data::main(&command),
        Command::Features(options) => features::main(&options),
        Command::Bench(options) => bench::main(&options),
        Command::Kernel(connection) => crate::kernel::run(&connection.control_file),
        Command::StockKernel(connection) => crate::cells::stock::run(&connection.control_file),
    };
    end(outcome)
}

fn end(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Reported) => ExitCode::FAILURE,
        Err(error) => {
            remark(&format!("{}: {error}", paint("error", Colour::Red, painted(&std::io::stderr()))));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
