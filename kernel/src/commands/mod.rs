//! The command line: what can be asked of the binary, and how it ends.

mod bench;
mod clean;
mod completions;
mod data;
mod doctor;
mod features;
mod lab;
mod man;
mod notes;
mod run;
mod scripts;
mod setup;

use crate::error::{Error, Result};
use crate::report::{self, Mode, choose, complain};
use crate::stop;
use clap::{Args, CommandFactory, Parser, Subcommand};
use sevenlines::Error as Cause;
use std::path::PathBuf;
use std::process::ExitCode;

const CODES: &str = "\
Exit codes: 0 all went well; 1 something failed (the last lines say what to do), or `doctor` misses something; \
2 the command line was not understood; 130 stopped by Ctrl-C; 143 stopped by SIGTERM.

Places: weights, pictures, stored features and prepared builds lie in ~/.cache/sevenlines (or $XDG_CACHE_HOME/sevenlines, or \
$SEVENLINES_HOME); Jupyter lies in .venv in the repository (or $SEVENLINES_VENV).";

/// fast.ai's lesson 1 in Rust, in Jupyter: fine-tune a VGG16 on folders of pictures in seven lines.
#[derive(Parser)]
#[command(name = "sevenlines", version, after_help = CODES, arg_required_else_help = true)]
struct Cli {
    /// Print results and errors, and nothing else.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Print results and progress as JSON, one object a line on standard output.
    #[arg(long, global = true)]
    json: bool,
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
    Completions(completions::Options),
    Man(man::Options),
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
    let line = Cli::parse();
    choose(match (line.json, line.quiet) {
        (true, _) => Mode::Json,
        (false, true) => Mode::Quiet,
        (false, false) => Mode::Text,
    });
    let outcome = match line.command {
        Command::Setup(options) => setup::main(&options),
        Command::Run(options) => run::main(&options),
        Command::Notes(options) => notes::main(&options),
        Command::Clean(options) => clean::main(&options),
        Command::Lab(options) => lab::main(&options),
        Command::Doctor(options) => doctor::main(&options),
        Command::Data(command) => data::main(&command),
        Command::Features(options) => features::main(&options),
        Command::Bench(options) => bench::main(&options),
        Command::Completions(options) => completions::main(&options, Cli::command()),
        Command::Man(options) => man::main(&options, Cli::command()),
        Command::Kernel(connection) => crate::kernel::run(&connection.control_file),
        Command::StockKernel(connection) => crate::cells::stock::run(&connection.control_file),
    };
    end(outcome.and_then(|()| all_was_said()))
}

/// Results that a full disk swallowed are no success.
fn all_was_said() -> Result<()> {
    report::unsaid().map_or(Ok(()), |error| Err(Error::io("write", "standard output")(error)))
}

fn end(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Reported) => stop::exit_code().unwrap_or(ExitCode::FAILURE),
        Err(error) => {
            match (&error, stop::exit_code()) {
                (Error::Library(Cause::Interrupted), Some(_)) => complain("stopped"),
                _ => report::error(&error),
            }
            stop::exit_code().unwrap_or(ExitCode::FAILURE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
