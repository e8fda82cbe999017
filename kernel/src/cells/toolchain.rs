//! The Rust toolchain that compiles cells: the one that cargo uses here.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs of one toolchain, and what it says of itself.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// cargo itself, not rustup's proxy.
    pub cargo: PathBuf,
    /// rustc itself.
    pub rustc: PathBuf,
    /// rustup, if there.
    pub rustup: Option<PathBuf>,
    /// The whole of `rustc -vV`.
    pub version: String,
    /// The machine, e.g. `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// The toolchain's folder.
    pub sysroot: PathBuf,
}

impl Toolchain {
    /// Finds it: by rustup, else on PATH.
    pub fn find() -> Result<Toolchain> {
        let rustup = on_path("rustup");
        let tool = |name: &str| -> Result<PathBuf> {
            if let Some(path) = rustup.as_deref().and_then(|rustup| which(rustup, name)) {
                return Ok(path);
            }
            on_path(name).ok_or_else(|| Error::Missing {
                what: name.to_owned(),
                hint: "install Rust (rustup.rs, or your system's packages), and see that it is on PATH"
                    .into(),
            })
        };
        let (cargo, rustc) = (tool("cargo")?, tool("rustc")?);
        let version = output(Command::new(&rustc).arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host
            .ok_or_else(|| Error::Program {
                program: rustc.display().to_string(),
                reason: "-vV names no host".into(),
            })?
            .to_owned();
        let sysroot = PathBuf::from(output(Command::new(&rustc).args(["--print", "sysroot"]))?.trim());
        Ok(Toolchain { cargo, rustc, rustup, version, host, sysroot })
    }
}

/// A program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

fn which(rustup: &Path, tool: &str) -> Option<PathBuf> {
    let output = Command::new(rustup).args(["which", tool]).output().ok()?;
    let path = PathBuf::from(std::str::from_utf8(&output.stdout).ok()?.trim());
    (output.status.success() && path.is_file()).then_some(path)
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(Error::program(&program))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Program { program, reason });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
