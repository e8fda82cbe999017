//! The log of what was refused: a line for each, but never so many that a flood
//! fills the disk.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many lines are written in one [`PERIOD`]; the rest are counted.
const LINES: u64 = 20;
const PERIOD: Duration = Duration::from_secs(5);
/// A reason may quote what was sent; no more of it than this is written.
const LENGTH: usize = 200;

/// The log, shared by all ports.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    begun: Option<Instant>,
    /// Lines of this period.
    lines: u64,
    /// Refusals that no line told of yet.
    untold: u64,
}

impl Refusals {
    /// Something that came on the port of `channel` is refused.
    pub fn note(&self, channel: &str, reason: impl Display) {
        for line in self.lines(channel, &reason.to_string(), Instant::now()) {
            eprintln!("sevenlines: {line}");
        }
    }

    fn lines(&self, channel: &str, reason: &str, now: Instant) -> Vec<String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        if state.begun.is_none_or(|begun| now.duration_since(begun) >= PERIOD) {
            if state.untold > 0 {
                lines.push(format!("{} more were ignored", state.untold));
            }
            *state = State { begun: Some(now), ..State::default() };
        }
        if state.lines < LINES {
            state.lines += 1;
            lines.push(format!("ignored on {channel}: {}", one_line(reason)));
        } else {
            state.untold += 1;
        }
        lines
    }
}

/// Without what could end the line or change the terminal.
fn one_line(reason: &str) -> String {
    let shown: String =
        reason.chars().take(LENGTH).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if shown.len() < reason.len() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let told: Vec<String> =
            (0..1000).flat_map(|i| refusals.lines("shell", &i.to_string(), now)).collect();
        assert_eq!(told.len() as u64, LINES);
        assert_eq!(told[0], "ignored on shell: 0");
        let later = refusals.lines("stdin", "again", now + PERIOD);
        assert_eq!(later, ["980 more were ignored", "ignored on stdin: again"]);
    }

    #[test]
    fn what_was_sent_cannot_write_lines() {
        assert_eq!(one_line("a\n\u{1b}[2Jb"), "a\u{fffd}\u{fffd}[2Jb");
        assert_eq!(one_line(&"é".repeat(300)).chars().count(), LENGTH + 1);
    }
}
