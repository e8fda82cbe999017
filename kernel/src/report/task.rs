//! One line about one task, kept up to date by a thread of its own, so that time
//! passes visibly also while the task is silent.

use super::{Colour, Mode, event, live, mode, paint, painted, seconds};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Says what is left, after so much time.
pub type Left = Box<dyn Fn(Duration) -> String + Send>;

/// A task under way.
pub struct Task {
    heading: String,
    about: Value,
    started: Instant,
    note: Arc<Mutex<String>>,
    stop: Option<Sender<()>>,
    /// Gives back whether it printed lines of its own below the heading.
    thread: Option<JoinHandle<bool>>,
    ended: bool,
}

impl Task {
    /// Prints the heading and begins to count.
    pub fn begin(heading: &str) -> Task {
        Task::of(heading, json!({ "name": heading }), Box::new(|_| String::new()))
    }

    /// The same for a task of which more is known: what JSON says of it, and what is left.
    pub fn of(heading: &str, about: Value, left: Left) -> Task {
        let started = Instant::now();
        let note = Arc::new(Mutex::new(String::new()));
        let mut task = Task {
            heading: heading.to_owned(),
            about,
            started,
            note: Arc::clone(&note),
            stop: None,
            thread: None,
            ended: false,
        };
        task.event("step_started", json!({}));
        if mode() != Mode::Text {
            return task;
        }
        let live = live(&std::io::stderr());
        let _ = write!(std::io::stderr().lock(), "{heading} … ");
        let (stop, stopped) = channel::<()>();
        let title = heading.to_owned();
        task.stop = Some(stop);
        task.thread = Some(std::thread::spawn(move || {
            let pause = if live { Duration::from_millis(200) } else { Duration::from_secs(30) };
            let mut wrote = false;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let note = note.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let time = started.elapsed();
                match live {
                    true => redraw(&title, &left(time), &note, time),
                    false => append(&left(time), &note, time, wrote),
                }
                wrote = true;
            }
            wrote && !live
        }));
        task
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
        self.end(&end, Colour::Green, json!({ "state": "done", "result": what }));
    }

    /// Ends the line badly; the error itself is told elsewhere.
    pub fn failed(mut self) {
        let end = format!("failed after {}", seconds(self.started.elapsed()));
        self.end(&end, Colour::Red, json!({ "state": "failed" }));
    }

    /// How long it has been under way.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn end(&mut self, text: &str, colour: Colour, outcome: Value) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.event("step_finished", outcome);
        let Some(lines_below) = self.quiet() else { return };
        let stderr = std::io::stderr();
        let text = paint(text, colour, painted(&stderr));
        let line = match (live(&stderr), lines_below) {
            (true, _) => format!("\r\x1b[K{} … {text}", self.heading),
            (false, true) => format!("{} … {text}", self.heading),
            (false, false) => text,
        };
        let _ = writeln!(stderr.lock(), "{line}");
    }

    fn event(&self, name: &str, more: Value) {
        let mut all = json!({ "event": name });
        if name == "step_finished" {
            all["seconds"] = json!((self.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
        }
        for (key, value) in [&self.about, &more].into_iter().filter_map(Value::as_object).flatten() {
            all[key] = value.clone();
        }
        event(&all);
    }

    /// Stops the thread; nothing if there is none.
    fn quiet(&mut self) -> Option<bool> {
        drop(self.stop.take()?);
        self.thread.take()?.join().ok()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.end("stopped", Colour::Yellow, json!({ "state": "stopped" }));
    }
}

fn redraw(heading: &str, left: &str, note: &str, time: Duration) {
    let comma = if left.is_empty() || note.is_empty() { "" } else { ": " };
    // Without automatic wrapping, a line that is too long is cut and not piled up.
    let _ = write!(
        std::io::stderr().lock(),
        "\r\x1b[?7l\x1b[K{heading} … {}{left}{comma}{note}\x1b[?7h",
        paint(&format!("{:<7} ", seconds(time)), Colour::Dim, painted(&std::io::stderr()))
    );
}

fn append(left: &str, note: &str, time: Duration, below: bool) {
    // A dumb terminal has the heading on a line that is still open, as a file has.
    let start = if below { "" } else { "\n" };
    let left = if left.is_empty() { String::new() } else { format!(", {left}") };
    let line = format!("{start}      {}{left} {note}", seconds(time));
    let _ = writeln!(std::io::stderr().lock(), "{}", line.trim_end());
}
