//! `sevenlines doctor`: what is there, what is missing, which command mends it.

mod checks;
mod disk;
mod room;

use crate::error::{Error, Result};
use crate::report::{Colour, Mode, event, mode, paint, painted, say};
use clap::Args;
use serde_json::{Value, json};

/// Say what is installed, what is missing, and which command mends it.
///
/// The exit code is 1 if something is missing that notebooks need. With --quiet, that alone is told.
#[derive(Args)]
pub struct Options {}

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There, as it should be.
    Ok,
    /// Needed, and not there or not usable.
    Missing,
    /// Not there, and needed by some notebooks alone.
    Optional,
    /// Only said.
    Note,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Missing => "missing",
            State::Optional => "optional",
            State::Note => "note",
        }
    }

    fn colour(self) -> Colour {
        match self {
            State::Ok => Colour::Green,
            State::Missing => Colour::Red,
            State::Optional => Colour::Yellow,
            State::Note => Colour::Dim,
        }
    }
}

/// One line of the table.
struct Line {
    name: &'static str,
    state: State,
    detail: String,
    /// The command that mends it.
    mend: Option<String>,
}

impl Line {
    fn ok(name: &'static str, detail: impl Into<String>) -> Line {
        Line { name, state: State::Ok, detail: detail.into(), mend: None }
    }

    fn note(name: &'static str, detail: impl Into<String>) -> Line {
        Line { name, state: State::Note, detail: detail.into(), mend: None }
    }

    fn missing(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Line {
        Line { name, state: State::Missing, detail: detail.into(), mend: Some(mend.into()) }
    }

    fn optional(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Line {
        Line { name, state: State::Optional, detail: detail.into(), mend: Some(mend.into()) }
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "state": self.state.word(), "detail": self.detail, "mend": self.mend })
    }

    fn text(&self, colours: bool) -> String {
        let state = paint(&format!("{:<9}", self.state.word()), self.state.colour(), colours);
        let mend = self.mend.as_ref().map(|mend| format!("\n{:<35}→ {mend}", "")).unwrap_or_default();
        format!("{:<24}  {state}{}{mend}", self.name, self.detail)
    }
}

/// Runs the command.
pub fn main(_: &Options) -> Result<()> {
    let lines = checks::all();
    let missing = lines.iter().filter(|line| line.state == State::Missing).count();
    match mode() {
        Mode::Json => event(&json(&lines, missing)),
        Mode::Quiet => table(lines.iter().filter(|line| line.state == State::Missing)),
        Mode::Text => {
            table(lines.iter());
            say(&match missing {
                0 => "\nNotebooks can run.".to_owned(),
                1 => "\n1 thing is missing.".to_owned(),
                _ => format!("\n{missing} things are missing."),
            });
        }
    }
    if missing == 0 { Ok(()) } else { Err(Error::Reported) }
}

fn table<'a>(lines: impl Iterator<Item = &'a Line>) {
    let colours = painted(&std::io::stdout());
    lines.for_each(|line| say(&line.text(colours)));
}

fn json(lines: &[Line], missing: usize) -> Value {
    let table: Vec<Value> = lines.iter().map(Line::json).collect();
    json!({ "ready": missing == 0, "checks": table })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_state_and_what_mends_it() {
        let text = Line::missing("weights", "none", "sevenlines setup").text(false);
        assert!(text.contains("weights") && text.contains("missing") && text.contains("→ sevenlines setup"));
        assert!(!text.contains('\x1b'));
        assert_eq!(Line::ok("weights", "there").json()["mend"], Value::Null);
    }
}
