//! The compiler's wrapper: what cargo runs in place of rustc for cells.
//!
//! The library and the cells are linked dynamically, so that every `static`
//! exists once in a kernel: with a copy in each cell, candle's tensor ids would
//! start again and autograd would go wrong without a word. Everything else is
//! compiled as the workspace compiles it. Cargo has no part in these flags, so
//! they leave all fingerprints alone.

use super::{CELL_CRATE, recipe::Call, rewrite, shim::become_program, superseded};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Set, to anything, where this binary is to wrap rustc.
pub const ROLE: &str = "SEVENLINES_RUSTC_WRAPPER";
/// Set to `0` where cells are to be compiled as evcxr wrote them (the stock kernel).
pub const REWRITE: &str = "SEVENLINES_REWRITE";

/// Where a cell's text is compiled, below evcxr's folder.
const SHADOW: &str = "shadow";

/// Whether this process was started to wrap rustc.
pub fn wanted() -> bool {
    std::env::var_os(ROLE).is_some()
        && std::env::args_os()
            .nth(1)
            .is_some_and(|rustc| Path::new(&rustc).file_stem().is_some_and(|s| s == "rustc"))
}

/// Plays the role.
pub fn run() -> ! {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let name = crate_name(&args).and_then(|name| name.to_str());
    let mut command = Command::new(&args[0]);
    match name {
        Some("sevenlines") => become_program(command.args(&args[1..]).args(["-C", "prefer-dynamic"])),
        Some(CELL_CRATE) => {
            Call::note(&args);
            compile(command, &args)
        }
        _ => become_program(command.args(&args[1..])),
    }
}

/// Compiles a cell, as `args` (the compiler first) say of `command`.
pub fn compile(mut command: Command, args: &[OsString]) -> ! {
    // Two units: for so small a crate more cost more than they save.
    command.args(&args[1..]).args(["-C", "prefer-dynamic", "-C", "codegen-units=2"]);
    if let Some(folder) = out_dir(args) {
        name_result(folder);
        superseded::remove(folder);
    }
    match rewrites() {
        true => cell(command, has_library(args)),
        false => become_program(&mut command),
    }
}

/// Whether cells are for this project's own kernel.
pub fn rewrites() -> bool {
    std::env::var_os(REWRITE).is_none_or(|value| value != "0")
}

/// Tells evcxr to load the cell's library from where rustc puts it. Cargo names a
/// copy one folder up, where the library's relative search path for the standard
/// library leads nowhere.
fn name_result(folder: &Path) {
    if let Some(file) = std::env::var_os("EVCXR_EXECUTION_SO_PATH") {
        let library = format!("{}{CELL_CRATE}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let library = folder.join(library);
        // Without the file evcxr takes cargo's word: worth no more than a try.
        let _ = fs::write(file, library.to_string_lossy().as_bytes());
    }
}

fn out_dir(args: &[OsString]) -> Option<&Path> {
    args.iter().skip_while(|arg| *arg != "--out-dir").nth(1).map(Path::new)
}

fn crate_name(args: &[OsString]) -> Option<&OsString> {
    args.iter().skip_while(|arg| *arg != "--crate-name").nth(1)
}

/// Whether the crate depends on the library.
fn has_library(args: &[OsString]) -> bool {
    args.windows(2).any(|two| two[0] == "--extern" && two[1].to_string_lossy().starts_with("sevenlines="))
}

/// Compiles a cell: the best rewriting that compiles, at last the original, whose
/// messages then fit what the user wrote.
///
/// The text lies in a folder of its own, under the same relative name, so that
/// evcxr's file and cargo's view of it stay untouched.
fn cell(mut command: Command, library: bool) -> ! {
    let original = match fs::read_to_string("src/lib.rs") {
        Ok(text) => text,
        Err(_) => become_program(&mut command),
    };
    let write = |text: &str| {
        let dir = Path::new(SHADOW).join("src");
        fs::create_dir_all(&dir).and_then(|()| fs::write(dir.join("lib.rs"), text))
    };
    command.current_dir(SHADOW);
    let formatted = super::work::formatted(Path::new("."));
    for mut version in rewrite::versions(&original, library) {
        if formatted {
            // The short way shows by `{:?}` alone.
            version.text = version.text.replace(rewrite::SHOW_DEBUG, "");
        }
        if write(&version.text).is_err() {
            break;
        }
        let Ok(output) = command.output() else { break };
        // A failure on lines that are the user's own is final, and its columns are
        // right; one on an edited line says nothing, and the next version is tried.
        if output.status.success() || !concerns(&output.stderr, &version.edited) {
            use std::io::Write;
            super::unused::keep(Path::new("."), &output.stderr);
            let _ = std::io::stdout().write_all(&output.stdout);
            let _ = std::io::stderr().write_all(&output.stderr);
            std::process::exit(output.status.code().unwrap_or(101));
        }
    }
    if write(&original).is_err() {
        command.current_dir(".");
    }
    become_program(&mut command)
}

/// Whether a message of rustc's names one of the edited lines.
fn concerns(messages: &[u8], edited: &BTreeSet<usize>) -> bool {
    let messages = String::from_utf8_lossy(messages);
    let mut errors = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).peekable();
    // Killed, or not as expected.
    errors.peek().is_none() || errors.any(|message: Value| names(&message, edited))
}

fn names(value: &Value, edited: &BTreeSet<usize>) -> bool {
    match value {
        Value::Object(map) => {
            let line = |name: &str| map.get(name).and_then(Value::as_u64).map(|line| line as usize);
            if let (Some(start), Some(end)) = (line("line_start"), line("line_end"))
                && edited.range(start..=end.max(start)).next().is_some()
            {
                return true;
            }
            map.values().any(|value| names(value, edited))
        }
        Value::Array(values) => values.iter().any(|value| names(value, edited)),
        _ => false,
    }
}
