//! The loop in which cells run, in the place of evcxr's own.
//!
//! evcxr sends a line for each compiled cell, and wants to hear when it has ended.
//! That word goes out marked with the channel's token, on a descriptor that no cell
//! knows of: nothing that is printed, by whichever thread or program, ends a cell.

use super::parse::COMPLETE;
use sevenlines::channel;
use std::error::Error;
use std::ffi::c_void;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};

/// What evcxr's one command begins with; the library and the function follow.
const COMMAND: &str = "LOAD_AND_RUN ";
/// How the process ends after a command that it could not follow, as evcxr's does.
pub const FAILED: i32 = 99;
/// What it says then, before the reason.
pub const NOT_RUN: &str = "a cell could not be run: ";

/// A cell's function: takes and hands back the notebook's variables.
type Cell = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// The ends that the loop needs.
pub struct Serve {
    /// Where evcxr's commands come from.
    pub commands: File,
    /// Where its words go.
    pub words: File,
    /// What they are marked with.
    pub token: String,
}

impl Serve {
    /// Runs cells until evcxr has gone.
    pub fn run(mut self) -> ! {
        let mut variables = std::ptr::null_mut();
        let commands = self.commands.try_clone();
        for line in commands.into_iter().flat_map(|commands| BufReader::new(commands).lines()) {
            let done = line.map_err(|error| error.to_string()).and_then(|line| {
                variables = run(&line, variables)?;
                self.tell(COMPLETE).map_err(|error| error.to_string())
            });
            if let Err(reason) = done {
                eprintln!("{NOT_RUN}{reason}");
                std::process::exit(FAILED);
            }
        }
        std::process::exit(0)
    }

    fn tell(&mut self, word: &str) -> std::io::Result<()> {
        let line = format!("{}{}\n", channel::mark(&self.token), channel::word(word));
        self.words.write_all(line.as_bytes())
    }
}

/// Follows one command.
fn run(line: &str, variables: *mut c_void) -> Result<*mut c_void, String> {
    let command = line.strip_prefix(COMMAND).and_then(|rest| rest.rsplit_once(' '));
    let (file, function) = command.ok_or_else(|| format!("`{line}` is no command"))?;
    // SAFETY: the compiler has just made this library from the user's cell, for this
    // process; evcxr has given the function this type.
    unsafe {
        let library = libloading::Library::new(file).map_err(told)?;
        let cell = *library.get::<Cell>(function).map_err(told)?;
        // Never unloaded: values, threads and destructors refer to its code.
        std::mem::forget(library);
        Ok(cell(variables))
    }
}

/// The error with what the system said.
fn told(error: libloading::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_command_is_said() {
        let fails = |line: &str| run(line, std::ptr::null_mut()).unwrap_err();
        assert!(fails("EVCXR_EXECUTION_COMPLETE").contains("is no command"));
        assert!(fails("LOAD_AND_RUN /there/is no.so run_user_code_1").contains("/there/is no.so"));
    }
}
