//! Starting evcxr with the library loaded.

use super::requests::Shared;
use super::room::Room;
use crate::cells::{self, Prepared, rust_src, toolchain::Toolchain, work::Work};
use crate::child;
use crate::error::{Error, Result};
use evcxr::{CommandContext, EvalContext};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::PoisonError;

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
    room: Room,
    // After evcxr: its processes use the folder until they end.
    work: Work,
    _socket: UnixStream,
}

impl Context {
    /// What has to be there first: the toolchain, and the library compiled for cells.
    pub fn prepare(shared: &Shared) -> Result<(Toolchain, Prepared)> {
        let note = |text: &str| shared.output.progress(&format!("{text}\n"));
        let toolchain = Toolchain::find()?;
        let prepared = match Prepared::find(&toolchain) {
            Some(prepared) => prepared,
            None => {
                note("preparing the library for cells (once; `sevenlines setup` does it beforehand)");
                Prepared::ensure(&toolchain, &mut |step| note(step))?
            }
        };
        Ok((toolchain, prepared))
    }

    /// Starts everything.
    pub fn start(shared: &Shared, toolchain: &Toolchain, prepared: &Prepared) -> Result<Context> {
        let note = |text: &str| shared.output.note(&format!("{text}\n"));
        // Before the variable that may name them is changed.
        let sources = rust_src::find(toolchain);
        let work = Work::create(prepared)?;
        shared.stop.set_work(work.path());
        let (ours, theirs) = UnixStream::pair().map_err(|error| Error::Evcxr(error.to_string()))?;
        let output = shared.output.clone();
        thread("output", move || output.listen(ours))?;
        listen_to_builds(&work, shared)?;
        write_config(work.path())?;
        set_environment(&work, toolchain)?;
        let process = cells_process(&theirs, &work, toolchain)?;
        let mut evcxr = start_evcxr(&work, process)?;
        shared.stop.connect(evcxr.process_handle());
        show_sources(sources.as_deref(), &note)?;
        load_library(&mut evcxr, "")?;
        Ok(Context { evcxr, room: Room::default(), work, _socket: theirs })
    }

    /// evcxr's folder.
    pub fn work(&self) -> &Path {
        self.work.path()
    }

    /// Why another cell cannot run, if it cannot.
    pub fn refusal(&self) -> Option<String> {
        Room::refusal(self.process())
    }

    /// After a cell: what the user should know of the room that is left.
    pub fn notes(&mut self) -> Vec<String> {
        let process = self.process();
        self.room.look(process, self.work.path())
    }

    /// The cells' process.
    fn process(&self) -> u32 {
        self.evcxr.process_handle().lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// Has rust-analyzer infer a first type, which takes it a second, while nobody
    /// waits; and hands back what it no longer needs.
    pub fn warm(&mut self) {
        const CODE: &str = "let warm = vec![1]; warm.";
        // It may fail or panic: the first cell then takes its time.
        let _ = catch_unwind(AssertUnwindSafe(|| self.evcxr.completions(CODE, CODE.len())));
        #[cfg(target_env = "gnu")]
        // SAFETY: a request to the allocator, without effect on what is in use.
        unsafe {
            libc::malloc_trim(0);
        }
    }

    /// Starts a new process for the cells, which needs what the prelude did.
    pub fn restart(&mut self) -> std::result::Result<(), evcxr::Error> {
        for code in [":restart", START] {
            self.evcxr.execute(code)?;
        }
        Ok(())
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

fn thread<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> Result<()> {
    let thread = std::thread::Builder::new().name(name.into());
    thread.spawn(run).map(|_| ()).map_err(|error| Error::Evcxr(error.to_string()))
}

/// Shows what cargo compiles for a `:dep` while it does.
fn listen_to_builds(work: &Work, shared: &Shared) -> Result<()> {
    // Where the path is too long for a socket, a build is merely not shown.
    let Ok(socket) = UnixListener::bind(work.path().join(cells::progress::SOCKET)) else { return Ok(()) };
    let output = shared.output.clone();
    thread("builds", move || socket.incoming().flatten().for_each(|build| drop(output.listen(build))))
}

/// Lets rust-analyzer see the standard library from the next manifest on. Before,
/// evcxr has evaluated a number, for which it needs none.
fn show_sources(sources: Option<&Path>, note: &dyn Fn(&str)) -> Result<()> {
    match sources {
        Some(sources) => set_variable(rust_src::VARIABLE, rust_src::for_inference(sources)?.into()),
        None => note(
            "the standard library's sources are not here, so completion is poor and `let` slower; `sevenlines setup` or `rustup component add rust-src` brings them",
        ),
    }
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
    let text = format!("[evcxr]\nopt_level = \"{}\"\n", cells::OPT_LEVEL);
    std::fs::write(&file, text).map_err(Error::io("write", &file))
}

/// What evcxr, cargo and rust-analyzer read from this process's environment.
fn set_environment(work: &Work, toolchain: &Toolchain) -> Result<()> {
    let variables = work.variables(toolchain);
    variables.into_iter().for_each(|(name, value)| set_variable(name, value));
    set_variable("EVCXR_TMPDIR", work.path().into());
    set_variable("EVCXR_CONFIG_DIR", work.path().into());
    // rust-analyzer's; through rustup each call would take longer.
    set_variable("RUSTC", toolchain.rustc.clone().into());
    set_variable(rust_src::VARIABLE, rust_src::none(work.outer())?.into());
    Ok(())
}

fn set_variable(name: &str, value: std::ffi::OsString) {
    // SAFETY: the other threads of this process neither read nor write the
    // environment (tokio's and the sockets' do not).
    unsafe { std::env::set_var(name, value) };
}

/// The command that starts the cells' process: this binary, in the notebook's
/// folder, in the environment that the user gave the kernel.
fn cells_process(socket: &UnixStream, work: &Work, toolchain: &Toolchain) -> Result<Command> {
    let exe = std::env::current_exe().map_err(Error::io("find", "this program"))?;
    let folder = std::env::current_dir().map_err(Error::io("find", "the notebook's folder"))?;
    let mut command = Command::new(exe);
    let fd: RawFd = socket.as_raw_fd();
    command
        .current_dir(folder)
        .env(child::SOCKET, fd.to_string())
        // candle's errors carry a backtrace otherwise.
        .env("RUST_LIB_BACKTRACE", "0")
        .env(child::WORK, work.outer())
        .env(cells::LIBRARY_PATH, cells::library_path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, _) in work.variables(toolchain) {
        command.env_remove(name);
    }
    for name in ["EVCXR_TMPDIR", "EVCXR_CONFIG_DIR", rust_src::VARIABLE, "RUSTC"] {
        command.env_remove(name);
    }
    cells::restore_cargo_home(&mut command);
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
    set_variable("PATH", work.path_with_shims());
    let started = EvalContext::with_subprocess_command(process);
    set_variable("PATH", path);
    std::env::set_current_dir(&folder).map_err(Error::io("enter", &folder))?;
    // Whatever the cells' process says comes over the socket.
    let (context, _outputs) = started.map_err(|error| Error::Evcxr(describe(&error)))?;
    Ok(CommandContext::with_eval_context(context))
}
