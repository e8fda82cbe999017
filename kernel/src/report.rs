//! What the commands say while they work: one line a task, with its progress and
//! its time, on stderr; results go to stdout. Colours only on a terminal.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a long function is given to say how far it is.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// Prints a result line. A reader that went away (`| head`) is no error.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a remark to stderr.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A colour for a word, as terminals know it.
#[derive(Clone, Copy)]
pub enum Colour {
    /// Went well.
    Green,
    /// Went wrong.
    Red,
    /// Worth a look.
    Yellow,
    /// Of less weight.
    Dim,
}

/// Paints `text`, if `painted`.
pub fn paint(text: &str, colour: Colour, painted: bool) -> String {
    let code = match colour {
        Colour::Green => 32,
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Dim => 2,
    };
    if painted { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Whether to paint what goes to `stream`: a terminal whose user has not set
/// `NO_COLOR`.
pub fn painted(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A time as people say it: `0.4 s`, `12.3 s`, `3 min 12 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole if whole >= 60 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A size as people say it: `59 MB`, `1.4 GB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{} kB", count.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

/// One line about one task, kept up to date by a thread of its own, so that time
/// passes visibly also while the task is silent.
pub struct Task {
    heading: String,
    started: Instant,
    note: Arc<Mutex<String>>,
    stop: Option<Sender<()>>,
    /// Gives back whether it printed lines of its own below the heading.
    thread: Option<JoinHandle<bool>>,
}

impl Task {
    /// Prints the heading and begins to count.
    pub fn begin(heading: &str) -> Task {
        let terminal = std::io::stderr().is_terminal();
        let _ = write!(std::io::stderr().lock(), "{heading} … ");
        let started = Instant::now();
        let note = Arc::new(Mutex::new(String::new()));
        let (stop, stopped) = channel::<()>();
        let (title, shared) = (heading.to_owned(), Arc::clone(&note));
        let thread = std::thread::spawn(move || {
            let pause = if terminal { Duration::from_millis(200) } else { Duration::from_secs(30) };
            let mut wrote = false;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let note = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let time = started.elapsed();
                match terminal {
                    true => redraw(&title, &note, time),
                    false => append(&note, time, wrote),
                }
                wrote = true;
            }
            wrote && !terminal
        });
        Task { heading: heading.to_owned(), started, note, stop: Some(stop), thread: Some(thread) }
    }

    /// Says how far the task is.
    pub fn note(&self, text: &str) {
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// Ends the line well: what came of it, and the time it took.
    pub fn done(mut self, what: &str) {
        let time = seconds(self.started.elapsed());
        let end = if what.is_empty() { time } else { format!("{what}, {time}") };
        self.end(&end, Colour::Green);
    }

    /// Ends the line badly; the error itself is told elsewhere.
    pub fn failed(mut self) {
        let end = format!("failed after {}", seconds(self.started.elapsed()));
        self.end(&end, Colour::Red);
    }

    fn end(&mut self, text: &str, colour: Colour) {
        let Some(lines_below) = self.quiet() else { return };
        let stderr = std::io::stderr();
        let text = paint(text, colour, painted(&stderr));
        let line = match (stderr.is_terminal(), lines_below) {
            (true, _) => format!("\r\x1b[K{} … {text}", self.heading),
            (false, true) => format!("{} … {text}", self.heading),
            (false, false) => text,
        };
        let _ = writeln!(stderr.lock(), "{line}");
    }

    /// Stops the thread; nothing if it was stopped before.
    fn quiet(&mut self) -> Option<bool> {
        drop(self.stop.take()?);
        self.thread.take()?.join().ok()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.end("stopped", Colour::Yellow);
    }
}

fn redraw(heading: &str, note: &str, time: Duration) {
    // Without automatic wrapping, a line that is too long is cut and not piled up.
    let _ = write!(
        std::io::stderr().lock(),
        "\r\x1b[?7l\x1b[K{heading} … {}{note}\x1b[?7h",
        paint(&format!("{:<7}", seconds(time)), Colour::Dim, painted(&std::io::stderr()))
    );
}

fn append(note: &str, time: Duration, below: bool) {
    let start = if below { "" } else { "\n" };
    let line = format!("{start}      {} {note}", seconds(time));
    let _ = writeln!(std::io::stderr().lock(), "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(192)), "3 min 12 s");
        assert_eq!(bytes(58_900_000), "58 MB");
        assert_eq!(bytes(1_400_000_000), "1.4 GB");
        assert_eq!(bytes(1), "1 kB");
    }

    #[test]
    fn paint_only_where_asked() {
        assert_eq!(paint("ok", Colour::Green, false), "ok");
        assert_eq!(paint("ok", Colour::Green, true), "\x1b[32mok\x1b[0m");
    }
}
