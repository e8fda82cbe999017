//! The cells' process: the role that this binary plays when evcxr starts it.
//!
//! evcxr reads the process's stdout line by line and keeps one output for each
//! MIME type until the cell ends. A notebook wants every output at once and in
//! order, so a second process, the [`pump`], stands between: the cells write to
//! pipes, the pump hands evcxr only what is meant for it and sends the rest to
//! the kernel over a socket. It is a process and not a thread so that the last
//! words of a crashing cell still arrive.
//!
//! Nor is evcxr's own loop used, which tells its words on stdout, where anything
//! that a cell prints could pose as them: [`serve`] is ours.

mod crash;
mod parse;
mod pump;
mod queue;
mod remains;
mod serve;

pub use serve::{FAILED, NOT_RUN};

use sevenlines::channel;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

/// Names the inherited descriptor of the socket to the kernel.
pub const SOCKET: &str = "SEVENLINES_OUTPUT_FD";

/// Names the kernel's work folder.
pub const WORK: &str = "SEVENLINES_WORK";

/// Where evcxr's commands come from: a descriptor that a cell, or what it starts, does
/// not read by accident. The kernel sees by it whether the process waits for one.
pub const COMMANDS: RawFd = 100;

/// Set, to anything, in the kernel's environment by a user who wants backtraces.
const BACKTRACE: &str = "SEVENLINES_BACKTRACE";

/// Whether evcxr started this process to run cells.
pub fn wanted() -> bool {
    std::env::var_os("EVCXR_IS_RUNTIME").is_some()
}

/// Plays the role. Call it first in `main`, before any thread is started.
pub fn run() -> ! {
    // SAFETY: ignoring a signal has no precondition. Until the library's handler
    // is there, stop must not end the process.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    // evcxr asks for backtraces; in a notebook the message alone is wanted.
    if std::env::var_os(BACKTRACE).is_none() {
        // SAFETY: no other thread is running yet.
        unsafe { std::env::remove_var("RUST_BACKTRACE") };
    }
    let socket = std::env::var(SOCKET).ok().and_then(|fd| fd.parse::<RawFd>().ok());
    let started = socket.ok_or_else(|| std::io::Error::other("no kernel listens")).and_then(|socket| {
        end_with_kernel(socket);
        split(socket)
    });
    match started {
        Ok(serve) => serve.run(),
        Err(error) => {
            eprintln!("the process for cells did not start: {error}");
            std::process::exit(1)
        }
    }
}

/// Lets the system end this process when the kernel dies, whatever a cell does
/// then. evcxr starts it from the evaluator's thread, which lives as long as the
/// kernel.
fn end_with_kernel(socket: RawFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: this option of prctl takes a signal number and touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL)
    };
    // It may have died before that.
    if pump::is_closed(socket) {
        std::process::exit(0);
    }
}

/// Forks: the new process becomes the pump, this one goes on to run cells.
fn split(socket: RawFd) -> std::io::Result<serve::Serve> {
    let (out_read, out_write) = pipe()?;
    let (err_read, err_write) = pipe()?;
    // Its writing end closes when this process dies, even if a process that a
    // cell started lives on and holds the other two open.
    let (life_read, life_write) = pipe()?;
    let token = uuid::Uuid::new_v4().simple().to_string();
    // SAFETY: there is one thread yet, so the new process may do anything.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => {
            close(&[0, out_write, err_write, life_write]);
            // SAFETY: it takes no arguments. Jupyter kills a kernel with its whole
            // process group; the pump must outlive that to clear up.
            unsafe { libc::setsid() };
            pump::run(pump::Ends { out: out_read, err: err_read, life: life_read, socket }, &token);
            std::process::exit(0)
        }
        _ => {
            redirect(out_write, 1)?;
            redirect(err_write, 2)?;
            close(&[out_read, err_read, life_read, err_write, socket]);
            crash::install(life_write);
            take_stdin()?;
            tell_library(&token)?;
            // SAFETY: nothing else in this process uses these two.
            let file = |fd| unsafe { File::from_raw_fd(fd) };
            Ok(serve::Serve { commands: file(COMMANDS), words: file(out_write), token })
        }
    }
}

/// Moves evcxr's commands to [`COMMANDS`]; standard input is empty from now on.
fn take_stdin() -> std::io::Result<()> {
    // SAFETY: 0 is open, evcxr's pipe; this early nothing else is at the other place.
    if unsafe { libc::dup3(0, COMMANDS, libc::O_CLOEXEC) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    redirect(File::open("/dev/null")?.as_raw_fd(), 0)
}

/// Says where the library finds the channel's token, once, and answers.
fn tell_library(token: &str) -> std::io::Result<()> {
    let (read, write) = pipe()?;
    // SAFETY: nothing else in this process uses this end.
    unsafe { File::from_raw_fd(write) }.write_all(token.as_bytes())?;
    // SAFETY: no other thread is running yet.
    unsafe {
        std::env::set_var(channel::VARIABLE, format!("/dev/fd/{read}"));
        std::env::set_var(channel::ANSWERS, format!("/dev/fd/{COMMANDS}"));
    }
    Ok(())
}

/// A pipe whose ends are not inherited by what a cell starts.
fn pipe() -> std::io::Result<(RawFd, RawFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for two descriptors.
    match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
        0 => Ok((ends[0], ends[1])),
        _ => Err(std::io::Error::last_os_error()),
    }
}

fn redirect(from: RawFd, to: RawFd) -> std::io::Result<()> {
    // SAFETY: both are open descriptors of this process.
    match unsafe { libc::dup2(from, to) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn close(fds: &[RawFd]) {
    for fd in fds {
        // SAFETY: nothing else in this process uses these descriptors.
        unsafe { libc::close(*fd) };
    }
}
