//! Errors as a notebook shows them.

mod crash;
mod memory;

pub use crash::process_ended;
pub use memory::Memory;

use super::interrupt::Pressed;
use super::output::Failure;
use evcxr::{CompilationError, Error};
use jupyter_protocol::ErrorOutput;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[34m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// The error of a cell that ran and failed.
pub fn failure(failure: &Failure, pressed: Pressed) -> ErrorOutput {
    let name = match pressed {
        Pressed::Once if failure.name != "panic" => "Interrupted".to_owned(),
        _ => short_name(&failure.name),
    };
    let mut traceback = vec![format!("{RED}{name}{PLAIN}: {}", failure.text)];
    if let Some(code) = &failure.code {
        traceback.push(format!("{BLUE}  in{PLAIN} {code}"));
    }
    ErrorOutput { ename: name, evalue: failure.text.clone(), traceback }
}

/// A type's name without the modules it lies in: `candle_core::error::Error` is
/// `candle_core::Error`, `core::num::error::ParseIntError` is `ParseIntError`.
fn short_name(name: &str) -> String {
    let plain = name.split('<').next().unwrap_or(name);
    let parts: Vec<&str> = plain.split("::").collect();
    match parts.as_slice() {
        ["std" | "core" | "alloc", .., module, "error", "Error"] => format!("{module}::Error"),
        [first, .., "Error"] => format!("{first}::Error"),
        [.., last] => (*last).to_owned(),
        [] => name.to_owned(),
    }
}

/// A plain error, of the kernel rather than the cell.
pub fn plain(name: &str, text: &str) -> ErrorOutput {
    let mut traceback = vec![format!("{RED}{name}{PLAIN}: {}", text.lines().next().unwrap_or_default())];
    traceback.extend(text.lines().skip(1).map(str::to_owned));
    ErrorOutput { ename: name.into(), evalue: text.into(), traceback }
}

/// Stop was pressed before the cell ran.
fn not_run() -> ErrorOutput {
    plain("Interrupted", "stopped before the cell ran; all variables are kept")
}

/// What evcxr says of a cell that it could not compile or run.
pub fn evcxr(error: &Error, code: &str, pressed: Pressed, memory: &Memory) -> ErrorOutput {
    let _ = memory;
    match error {
        Error::CompilationErrors(errors) if !errors.is_empty() => {
            let traceback: Vec<String> = errors.iter().flat_map(|error| compilation(error, code)).collect();
            let first = &errors[0];
            let name =
                first.code().map_or("compile error".to_owned(), |code| format!("compile error {code}"));
            ErrorOutput { ename: name, evalue: first.message(), traceback }
        }
        _ if pressed != Pressed::Not => not_run(),
        other => plain("Error", &other.to_string()),
    }
}

/// One compile error, with the lines it concerns.
fn compilation(error: &CompilationError, code: &str) -> Vec<String> {
    let number = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut lines = vec![format!("{RED}error{number}{PLAIN}: {}", error.message())];
    let source: Vec<&str> = code.lines().collect();
    for message in error.spanned_messages() {
        let Some(span) = message.span else { continue };
        let Some(text) = source.get(span.start_line.wrapping_sub(1)) else { continue };
        let width = text.chars().count() + 1;
        let end = if span.end_line == span.start_line { span.end_column } else { width };
        let (start, end) = (span.start_column.min(width), end.min(width + 1));
        let (colour, mark) = if message.is_primary { (RED, "^") } else { (BLUE, "-") };
        let number = format!("{:>3} | ", span.start_line);
        lines.push(format!("{BLUE}{number}{PLAIN}{text}"));
        lines.push(format!(
            "{BLUE}{:>4} {PLAIN} {}{colour}{} {}{PLAIN}",
            "|",
            " ".repeat(start.saturating_sub(1)),
            mark.repeat(end.saturating_sub(start).max(1)),
            // evcxr fills an empty label with the message itself.
            if message.label.starts_with("error: ") { "" } else { &message.label }
        ));
    }
    for help in error.help() {
        lines.extend(help.lines().enumerate().map(|(index, line)| match index {
            0 => format!("{CYAN}help{PLAIN}: {line}"),
            _ => format!("      {line}"),
        }));
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        lines.push(format!("{CYAN}note{PLAIN}: {hint}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short() {
        for (name, short) in [
            ("sevenlines::error::Error", "sevenlines::Error"),
            ("std::io::error::Error", "io::Error"),
            ("core::num::error::ParseIntError", "ParseIntError"),
            ("alloc::boxed::Box<dyn core::error::Error>", "Box"),
            ("&str", "&str"),
            ("panic", "panic"),
        ] {
            assert_eq!(short_name(name), short);
        }
    }

    #[test]
    fn an_interrupted_cell_is_named_so() {
        let said =
            Failure { name: "sevenlines::error::Error".into(), text: "interrupted".into(), code: None };
        assert_eq!(failure(&said, Pressed::Once).ename, "Interrupted");
        assert_eq!(failure(&said, Pressed::Not).ename, "sevenlines::Error");
    }
}
