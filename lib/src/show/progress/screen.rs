//! Where a progress line is drawn: a kernel's display, a terminal, or nowhere
//! until its last line.

use crate::channel;
use crate::show::place::Turn;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Something a progress line is drawn on.
pub(super) trait Screen: Send {
    /// Replaces the line while the work goes on.
    fn live(&mut self, html: &str, text: &str);
    /// Replaces it for good.
    fn last(&mut self, line: &str);
}

/// The screen that fits where this process runs.
pub(super) fn fitting() -> Box<dyn Screen> {
    let turn = Turn::new();
    if channel::is_open() {
        Box::new(Display(turn))
    } else if std::io::stdout().is_terminal() {
        Box::new(Terminal(turn))
    } else {
        Box::new(LastLine(turn))
    }
}

/// A display of our kernel. Its last state is plain text, so that a saved
/// notebook keeps one line.
struct Display(Turn);

impl Screen for Display {
    fn live(&mut self, html: &str, text: &str) {
        self.0.show(&json!({ "text/html": html, "text/plain": text }));
    }

    fn last(&mut self, line: &str) {
        self.0.show(&json!({ "text/plain": line }));
    }
}

/// One line of a terminal, rewritten; a bar within another's loop leaves nothing.
struct Terminal(Turn);

impl Screen for Terminal {
    fn live(&mut self, _html: &str, text: &str) {
        print(&over_line(text, columns()));
    }

    fn last(&mut self, line: &str) {
        match self.0.is_inner() {
            true => print("\r\u{1b}[K"),
            false => print(&format!("\r\u{1b}[K{line}\n")),
        }
    }
}

/// No place to move: the last line only, and none of a bar within another's loop.
struct LastLine(Turn);

impl Screen for LastLine {
    fn live(&mut self, _html: &str, _text: &str) {}

    fn last(&mut self, line: &str) {
        if !self.0.is_inner() {
            print(&format!("{line}\n"));
        }
    }
}

/// Replaces the line, cut to fit: a line that wraps cannot be rewritten.
fn over_line(text: &str, columns: usize) -> String {
    let cut: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("\r\u{1b}[K{cut}")
}

fn columns() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(80)
}

/// A closed stdout is no reason to stop the work.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_wraps() {
        assert_eq!(over_line("Features: 1/2", 80), "\r\u{1b}[KFeatures: 1/2");
        assert_eq!(over_line("žluťoučký kůň", 5), "\r\u{1b}[Kžluť");
        assert_eq!(over_line("x", 0), "\r\u{1b}[K");
    }
}
