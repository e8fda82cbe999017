//! The `cargo` and `rustup` that evcxr finds first on PATH: this binary under
//! another name.
//!
//! evcxr asks `rustup which cargo` once and builds every cell with the answer.
//! The `cargo` role adds `--release` and the workspace's profile, because cargo
//! keeps artifacts of different profiles in different folders and never takes
//! one for the other: only so is candle compiled once for the binary and the
//! cells. A `check` becomes a `build` for the same reason: cargo would check
//! every dependency from source first, a minute's work.

use super::profile;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The names under which the role is taken.
pub const NAMES: [&str; 2] = ["cargo", "rustup"];
/// Names the folder of the shims: a program found on PATH does not know its own.
pub const BIN: &str = "SEVENLINES_SHIMS";
/// Names the real cargo to the shims.
pub const CARGO: &str = "SEVENLINES_REAL_CARGO";
/// Names the real rustc to the shims.
pub const RUSTC: &str = "SEVENLINES_REAL_RUSTC";
/// Names the real rustup to the shims, if there is one.
pub const RUSTUP: &str = "SEVENLINES_REAL_RUSTUP";

/// Whether this process was started as a shim.
pub fn wanted() -> bool {
    std::env::var_os(CARGO).is_some() && name().is_some_and(|name| NAMES.contains(&name.as_str()))
}

fn name() -> Option<String> {
    let program = std::env::args_os().next()?;
    Some(std::path::Path::new(&program).file_name()?.to_str()?.to_owned())
}

/// Plays the role.
pub fn run() -> ! {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match name().as_deref() {
        Some("rustup") => rustup(&args),
        _ => cargo(&args),
    }
}

/// Answers `which`, so that evcxr builds with the shim; hands on all else.
fn rustup(args: &[OsString]) -> ! {
    if let [which, tool] = args
        && which == "which"
    {
        let bin = std::env::var_os(BIN).map(std::path::PathBuf::from);
        let path = match tool.to_str() {
            Some("cargo") => bin.map(|bin| bin.join("cargo").into_os_string()),
            Some("rustc") => std::env::var_os(RUSTC),
            _ => None,
        };
        if let Some(path) = path {
            println!("{}", path.to_string_lossy());
            std::process::exit(0);
        }
    }
    match std::env::var_os(RUSTUP) {
        Some(real) => become_program(Command::new(real).args(args)),
        None => std::process::exit(1),
    }
}

fn cargo(args: &[OsString]) -> ! {
    let mut command = Command::new(std::env::var_os(CARGO).unwrap_or_else(|| "cargo".into()));
    for arg in args {
        let build = arg == OsStr::new("build") || arg == OsStr::new("check");
        if build && command.get_args().all(|arg| arg.to_string_lossy().starts_with('-')) {
            if super::work::interrupted(std::path::Path::new(".")) {
                // Stop was pressed while evcxr was still inferring types.
                std::process::exit(130);
            }
            command.args(["build", "--release"]);
            if let Ok(exe) = std::env::current_exe() {
                profile::apply(&mut command, &exe);
            }
        } else {
            command.arg(arg);
        }
    }
    become_program(&mut command)
}

/// Replaces this process.
pub fn become_program(command: &mut Command) -> ! {
    let error = command.exec();
    eprintln!("could not start {}: {error}", command.get_program().to_string_lossy());
    std::process::exit(127)
}
