//! The cells' process: the role that this binary plays when evcxr starts it.
//!
//! evcxr reads the process's stdout line by line and keeps one output for each
//! MIME type until the cell ends. A notebook wants every output at once and in
//! order, so a second process, the [`pump`], stands between: the cells write to
//! pipes, the pump hands evcxr only what is meant for it and sends the rest to
//! the kernel over a socket. It is a process and not a thread so that the last
//! words of a crashing cell still arrive.

mod crash;
mod parse;
mod pump;
mod queue;
mod remains;

use std::os::fd::RawFd;

/// Names the inherited descriptor of the socket to the kernel.
pub const SOCKET: &str = "SEVENLINES_OUTPUT_FD";

/// Names the kernel's work folder.
pub const WORK: &str = "SEVENLINES_WORK";

/// Set, to anything, in the kernel's environment by a user who wants backtraces.
const BACKTRACE: &str = "SEVENLINES_BACKTRACE";

/// Whether evcxr started this process to run cells.
pub fn wanted() -> bool {
    std::env::var_os("EVCXR_IS_RUNTIME").is_some()
}

/// Puts the pump in place. Call it first in `main`, before any thread is started,
/// and `evcxr::runtime_hook()` afterwards. Without a kernel that listens, nothing
/// happens.
pub fn install() {
    // SAFETY: ignoring a signal has no precondition. Until the library's handler
    // is there, stop must not end the process.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    // evcxr asks for backtraces; in a notebook the message alone is wanted.
    if std::env::var_os(BACKTRACE).is_none() {
        // SAFETY: no other thread is running yet.
        unsafe { std::env::remove_var("RUST_BACKTRACE") };
    }
    let Some(socket) = std::env::var(SOCKET).ok().and_then(|fd| fd.parse::<RawFd>().ok()) else { return };
    end_with_kernel(socket);
    let token = std::env::var(sevenlines::channel::VARIABLE).unwrap_or_default();
    if let Err(error) = split(socket, &token) {
        eprintln!("the output of cells cannot be redirected: {error}");
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
fn split(socket: RawFd, token: &str) -> std::io::Result<()> {
    let (out_read, out_write) = pipe()?;
    let (err_read, err_write) = pipe()?;
    // Its writing end closes when this process dies, even if a process that a
    // cell started lives on and holds the other two open.
    let (life_read, life_write) = pipe()?;
    // SAFETY: there is one thread yet, so the new process may do anything.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => {
            close(&[0, out_write, err_write, life_write]);
            // SAFETY: it takes no arguments. Jupyter kills a kernel with its whole
            // process group; the pump must outlive that to clear up.
            unsafe { libc::setsid() };
            pump::run(pump::Ends { out: out_read, err: err_read, life: life_read, socket }, token);
            std::process::exit(0)
        }
        _ => {
            redirect(out_write, 1)?;
            redirect(err_write, 2)?;
            close(&[out_read, err_read, life_read, out_write, err_write, socket]);
            crash::install(life_write);
            Ok(())
        }
    }
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
