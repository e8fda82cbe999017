//! `sevenlines completions`: what a shell needs to complete this command line.

use crate::error::Result;
use crate::report::print;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print what your shell completes this command with.
///
/// bash: `sevenlines completions bash > ~/.local/share/bash-completion/completions/sevenlines`;
/// zsh: `sevenlines completions zsh > ~/.zfunc/_sevenlines`, with ~/.zfunc in fpath;
/// fish: `sevenlines completions fish > ~/.config/fish/completions/sevenlines.fish`.
#[derive(Args)]
pub struct Options {
    /// The shell.
    shell: Shell,
}

/// Runs the command; `line` is the whole command line.
pub fn main(options: &Options, mut line: Command) -> Result<()> {
    let mut script = Vec::new();
    let name = line.get_name().to_owned();
    clap_complete::generate(options.shell, &mut line, name, &mut script);
    print(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
