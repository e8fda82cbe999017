//! The process between the cells and the kernel: reads the cells' two pipes,
//! hands evcxr its words, sends everything else to the kernel.

use super::parse::{COMPLETE, Event, INPUT, Parser};
use super::queue::{Queue, Stream};
use super::remains;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::path::Path;
use std::time::Duration;

/// How long an unfinished line or display waits for its rest.
const PARTIAL: Duration = Duration::from_millis(30);
/// How much of standard error is kept for the case that the process dies.
const LAST_WORDS: usize = 500;
/// evcxr's words are names at the longest.
const LONGEST_WORD: usize = 1 << 16;

/// The descriptors of the pump.
pub struct Ends {
    /// The cells' standard output.
    pub out: RawFd,
    /// The cells' standard error.
    pub err: RawFd,
    /// Closes when the cells' process dies; before, a byte if its stack overflowed.
    pub life: RawFd,
    /// To the kernel.
    pub socket: RawFd,
}

/// Whether the other end of a socket is closed: the kernel is gone.
pub fn is_closed(socket: RawFd) -> bool {
    let mut watched = libc::pollfd { fd: socket, events: 0, revents: 0 };
    // SAFETY: `watched` is one valid entry.
    unsafe { libc::poll(&mut watched, 1, 0) > 0 && watched.revents & libc::POLLHUP != 0 }
}

/// Works until the cells' process is gone and its output is passed on. If it is the
/// kernel that is gone, nobody else can clear up.
pub fn run(ends: Ends, token: &str) {
    // SAFETY: these descriptors are this process's own and used nowhere else.
    let file = |fd| unsafe { File::from_raw_fd(fd) };
    let mut pump = Pump {
        out: file(ends.out),
        err: file(ends.err),
        socket: file(ends.socket),
        life: file(ends.life),
        ends,
        parser: Parser::new(token),
        queue: Queue::default(),
        buffer: vec![0; 1 << 16],
        last_words: Vec::new(),
        overflowed: false,
    };
    while pump.step().is_ok_and(|alive| alive) {}
    // A killed kernel's threads end one by one; this may see the cells' process die
    // before the socket closes.
    if !is_closed(pump.ends.socket) && pump.finish().is_err() {
        let _ = pump.sync();
    }
    if is_closed(pump.ends.socket)
        && let Some(work) = std::env::var_os(super::WORK)
    {
        remains::remove(Path::new(&work));
    }
}

struct Pump {
    out: File,
    err: File,
    socket: File,
    life: File,
    ends: Ends,
    parser: Parser,
    queue: Queue,
    buffer: Vec<u8>,
    /// The end of standard error.
    last_words: Vec<u8>,
    /// The cells' stack has overflowed.
    overflowed: bool,
}

/// Shows a MIME bundle. It may be large, and is written from where it is.
#[derive(Serialize)]
struct Display {
    op: &'static str,
    data: Map<String, Value>,
}

/// What there is to read.
struct Readable {
    out: bool,
    err: bool,
    overflow: bool,
    dead: bool,
    /// The kernel is gone.
    alone: bool,
}

/// One of evcxr's words, if the operation is one: all others may be large, and are not
/// looked into here.
fn word(operation: &str) -> Option<String> {
    if operation.len() > LONGEST_WORD {
        return None;
    }
    let operation: Value = serde_json::from_str(operation).ok()?;
    (operation["op"] == "evcxr").then(|| operation["line"].as_str().unwrap_or_default().to_owned())
}

impl Pump {
    /// Waits for output and passes it on; false once the cells' process is gone.
    fn step(&mut self) -> std::io::Result<bool> {
        let partial = self.parser.has_partial().then_some(PARTIAL);
        let wait = [partial, self.queue.wait()].into_iter().flatten().min();
        let ready = self.poll(wait)?;
        if ready.alone {
            return Ok(false);
        }
        if ready.err {
            self.read_err()?;
        }
        if ready.out {
            self.read_out()?;
        }
        if ready.overflow {
            self.life.read_exact(&mut [0])?;
            self.overflowed = true;
        } else if !ready.out && !ready.err {
            if ready.dead {
                return Ok(false);
            }
            let mut events = Vec::new();
            self.parser.flush(false, &mut events);
            self.handle(events)?;
        }
        if self.queue.wait().is_some_and(|wait| wait.is_zero()) {
            self.send_text(false)?;
        }
        Ok(true)
    }

    fn read_out(&mut self) -> std::io::Result<()> {
        let n = self.out.read(&mut self.buffer)?;
        let mut events = Vec::new();
        let piece = std::mem::take(&mut self.buffer);
        self.parser.feed(&piece[..n], &mut events);
        self.buffer = piece;
        self.handle(events)
    }

    fn read_err(&mut self) -> std::io::Result<()> {
        let n = self.err.read(&mut self.buffer)?;
        self.queue.push(Stream::Stderr, &self.buffer[..n]);
        self.last_words.extend_from_slice(&self.buffer[n.saturating_sub(LAST_WORDS)..n]);
        self.last_words.drain(..self.last_words.len().saturating_sub(LAST_WORDS));
        Ok(())
    }

    fn handle(&mut self, events: Vec<Event>) -> std::io::Result<()> {
        for event in events {
            match event {
                Event::Text(text) => self.queue.push(Stream::Stdout, &text),
                Event::Operation(json) => match word(&json) {
                    Some(word) => self.tell_evcxr(&word)?,
                    None => {
                        self.send_text(true)?;
                        // What is no JSON the kernel leaves out.
                        self.socket.write_all(json.as_bytes())?;
                        self.socket.write_all(b"\n")?;
                    }
                },
                Event::Display(data) => {
                    self.send_text(true)?;
                    self.send(&Display { op: "display", data })?;
                }
            }
        }
        Ok(())
    }

    /// Hands evcxr a word. Before it hears that the cell has ended, or asks
    /// something, the kernel has taken all of the cell's output.
    fn tell_evcxr(&mut self, line: &str) -> std::io::Result<()> {
        if line == COMPLETE || line.starts_with(INPUT) {
            while self.poll(Some(Duration::ZERO))?.err {
                self.read_err()?;
            }
            self.sync()?;
        } else {
            self.send_text(true)?;
            if line == "EVCXR_PANIC_NOTIFICATION" || line == "EVCXR_ERROR_OCCURRED" {
                self.send(&json!({ "op": "failed", "line": line }))?;
            }
        }
        let mut evcxr = std::io::stdout().lock();
        writeln!(evcxr, "{line}").and_then(|()| evcxr.flush())
    }

    /// Sends all text and waits until the kernel has it.
    fn sync(&mut self) -> std::io::Result<()> {
        self.send_text(true)?;
        self.send(&json!({ "op": "end" }))?;
        self.socket.read_exact(&mut [0])
    }

    fn finish(&mut self) -> std::io::Result<()> {
        let mut events = Vec::new();
        self.parser.flush(true, &mut events);
        self.handle(events)?;
        self.send_text(true)?;
        self.send(&json!({
            "op": "died",
            "overflow": self.overflowed,
            "said": String::from_utf8_lossy(&self.last_words),
        }))?;
        self.sync()
    }

    fn send_text(&mut self, all: bool) -> std::io::Result<()> {
        for operation in self.queue.take(all) {
            self.send(&operation)?;
        }
        Ok(())
    }

    fn send(&mut self, operation: &impl Serialize) -> std::io::Result<()> {
        let mut socket = BufWriter::with_capacity(1 << 16, &self.socket);
        serde_json::to_writer(&mut socket, operation)?;
        socket.write_all(b"\n")?;
        socket.flush()
    }

    fn poll(&mut self, wait: Option<Duration>) -> std::io::Result<Readable> {
        let watch = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut fds =
            [watch(self.ends.out), watch(self.ends.err), watch(self.ends.life), watch(self.ends.socket)];
        // The kernel's answers are waited for elsewhere.
        fds[3].events = 0;
        // Rounded up, or a wait of less than a millisecond would spin.
        let wait = wait.map_or(-1, |wait| wait.as_micros().div_ceil(1000) as libc::c_int);
        // SAFETY: `fds` is an array of valid entries.
        if unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, wait) } < 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        // A cell that closed its own output must not make this loop spin.
        for (index, end) in [(0, &mut self.ends.out), (1, &mut self.ends.err)] {
            if fds[index].revents & (libc::POLLHUP | libc::POLLERR) != 0
                && fds[index].revents & libc::POLLIN == 0
            {
                *end = -1;
            }
        }
        let readable = |index: usize| fds[index].revents & libc::POLLIN != 0;
        Ok(Readable {
            out: readable(0),
            err: readable(1),
            overflow: readable(2),
            dead: fds[2].revents & (libc::POLLHUP | libc::POLLERR) != 0,
            alone: fds[3].revents & libc::POLLHUP != 0,
        })
    }
}
