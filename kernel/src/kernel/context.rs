//! Starting evcxr with the library loaded.

use super::requests::Shared;
use crate::cells::{self, Prepared, rust_src, toolchain::Toolchain, work::Work};
use crate::child;
use crate::error::{Error, Result};
use evcxr::{CommandContext, EvalContext};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// What every notebook begins with, behind the library's `:dep`.
///
/// `vec` and `format` are named because rust-analyzer, given only the sources of
/// `core`, `alloc` and `std`, does not find these two macros by itself. The `?`
/// makes evcxr generate code that allows it, once and for all.
const PRELUDE: &str = "\
use sevenlines::prelude::*;
use std::{format, vec};
Ok::<(), std::fmt::Error>(())?;
";

/// Run again whenever the cells' process is a new one.
pub const START: &str = "sevenlines::interrupt::install_handler();";

/// evcxr, ready for the first cell.
pub struct Context {
    /// evcxr itself.
    pub evcxr: CommandContext,
    // After evcxr: its processes use the folder until they end.
    _work: Work,
    _socket: UnixStream,
}

impl Context {
    /// Starts everything.
    pub fn start(shared: &Shared) -> Result<Context> {
        let note = |text: &str| shared.output.note(&format!("{text}\n"));
        let prepared = match Prepared::find() {
            Some(prepared) => prepared,
            None => {
                note("preparing the library for cells (once; `sevenlines setup` does it beforehand)");
                Prepared::ensure(&mut |step| note(step))?
            }
        };
        let sources = match rust_src::find() {
            Some(sources) => sources,
            None => rust_src::fetch(&mut |step| note(step))?,
        };
        let toolchain = Toolchain::find()?;
        let work = Work::create(&prepared)?;
        shared.stop.set_work(work.path());
        let (ours, theirs) = UnixStream::pair().map_err(|error| Error::Evcxr(error.to_string()))?;
        let output = shared.output.clone();
        std::thread::Builder::new()
            .name("output".into())
            .spawn(move || output.listen(ours))
            .map_err(|error| Error::Evcxr(error.to_string()))?;
        let token = uuid::Uuid::new_v4().simple().to_string();
        write_config(work.path())?;
        set_environment(&work, &toolchain, &sources);
        let process = cells_process(&theirs, &token, &work, &toolchain)?;
        let mut evcxr = start_evcxr(&work, process)?;
        shared.stop.connect(evcxr.process_handle());
        work.restore_lock(&prepared)?;
        load_library(&mut evcxr, "")?;
        Ok(Context { evcxr, _work: work, _socket: theirs })
    }

    /// Forgets everything, and loads the library again.
    pub fn clear(&mut self) -> Result<()> {
        load_library(&mut self.evcxr, ":clear\n")
    }
}

/// Runs the prelude, behind other commands.
fn load_library(evcxr: &mut CommandContext, commands: &str) -> Result<()> {
    let prelude = format!("{commands}:dep sevenlines = {}\n{PRELUDE}{START}", cells::dependency()?);
    evcxr.execute(&prelude).map_err(|error| Error::Evcxr(describe(&error)))?;
    Ok(())
}

fn describe(error: &evcxr::Error) -> String {
    match error {
        evcxr::Error::CompilationErrors(errors) => {
            errors.iter().map(|error| error.rendered()).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// evcxr reads this from the folder it is started in.
fn write_config(work: &Path) -> Result<()> {
    let file = work.join("evcxr.toml");
    // The level of the workspace's profile; the shim builds in that one anyway.
    std::fs::write(&file, "[evcxr]\nopt_level = \"3\"\n").map_err(Error::io("write", &file))
}

/// What evcxr, cargo and rust-analyzer read from this process's environment.
fn set_environment(work: &Work, toolchain: &Toolchain, sources: &Path) {
    let mut variables: Vec<(&str, std::ffi::OsString)> = work.variables(toolchain);
    variables.push(("EVCXR_TMPDIR", work.path().into()));
    variables.push(("EVCXR_CONFIG_DIR", work.path().into()));
    variables.push(("RUST_SRC_PATH", sources.into()));
    for (name, value) in variables {
        // SAFETY: the other threads of this process neither read nor write the
        // environment (tokio's and the sockets' do not).
        unsafe { std::env::set_var(name, value) };
    }
}

/// The command that starts the cells' process: this binary, in the notebook's
/// folder, in the environment that the user gave the kernel.
fn cells_process(socket: &UnixStream, token: &str, work: &Work, toolchain: &Toolchain) -> Result<Command> {
    let exe = std::env::current_exe().map_err(Error::io("find", "this program"))?;
    let folder = std::env::current_dir().map_err(Error::io("find", "the notebook's folder"))?;
    let mut command = Command::new(exe);
    let fd: RawFd = socket.as_raw_fd();
    command
        .current_dir(folder)
        .env(sevenlines::channel::VARIABLE, token)
        .env(child::SOCKET, fd.to_string())
        // candle's errors carry a backtrace otherwise.
        .env("RUST_LIB_BACKTRACE", "0")
        .env(child::WORK, work.path())
        .env(cells::LIBRARY_PATH, cells::library_path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, _) in work.variables(toolchain) {
        command.env_remove(name);
    }
    for name in ["EVCXR_TMPDIR", "EVCXR_CONFIG_DIR", "RUST_SRC_PATH"] {
        command.env_remove(name);
    }
    // SAFETY: between fork and exec only fcntl is called, which is allowed there.
    unsafe {
        command.pre_exec(move || match libc::fcntl(fd, libc::F_SETFD, 0) {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    Ok(command)
}

/// evcxr takes its settings from the current folder and its cargo from PATH, both
/// when it starts; then both are as they were.
fn start_evcxr(work: &Work, process: Command) -> Result<CommandContext> {
    let folder = std::env::current_dir().map_err(Error::io("find", "the notebook's folder"))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::set_current_dir(work.path()).map_err(Error::io("enter", work.path()))?;
    // SAFETY: as in `set_environment`.
    unsafe { std::env::set_var("PATH", work.path_with_shims()) };
    let started = EvalContext::with_subprocess_command(process);
    // SAFETY: as in `set_environment`.
    unsafe { std::env::set_var("PATH", path) };
    std::env::set_current_dir(&folder).map_err(Error::io("enter", &folder))?;
    // Whatever the cells' process says comes over the socket.
    let (context, _outputs) = started.map_err(|error| Error::Evcxr(describe(&error)))?;
    Ok(CommandContext::with_eval_context(context))
}
