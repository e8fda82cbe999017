//! Errors as a notebook shows them.

mod compile;
mod crash;
mod memory;
mod notes;
mod panic;
mod refusal;
mod snippet;
mod source;
mod suggestion;
mod unused;

pub use crash::process_ended;
pub use memory::Memory;
pub use unused::unused;

use super::interrupt::Pressed;
use super::output::Failure;
use evcxr::Error;
use jupyter_protocol::ErrorOutput;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[34m";
const CYAN: &str = "\u{1b}[36m";
const GREEN: &str = "\u{1b}[32m";
const PLAIN: &str = "\u{1b}[0m";

/// What the last cell was: its text, and what evcxr made of it.
#[derive(Debug, Clone, Copy)]
pub struct Ran<'a> {
    /// As the user wrote it.
    pub code: &'a str,
    /// As it was compiled.
    pub generated: &'a str,
}

/// The error of a cell that ran and failed.
pub fn failure(failure: &Failure, pressed: Pressed, ran: Ran, memory: &Memory) -> ErrorOutput {
    let name = match pressed {
        Pressed::Once if failure.name != "panic" => "Interrupted".to_owned(),
        _ => short_name(&failure.name),
    };
    let mut causes = failure.text.split(CAUSE);
    let text = causes.next().unwrap_or_default();
    let mut traceback = vec![format!("{RED}{name}{PLAIN}: {text}")];
    traceback.extend(causes.map(|cause| format!("{CYAN}caused by{PLAIN}: {cause}")));
    match &failure.code {
        Some(place) if failure.name == "panic" => traceback.extend(panic::place(place, ran, memory)),
        Some(code) => traceback.push(format!("{BLUE}  in{PLAIN} {code}")),
        None => {}
    }
    ErrorOutput { ename: name, evalue: text.to_owned(), traceback }
}

/// Stands before each of the errors that caused a cell's error.
const CAUSE: char = '\u{1}';

/// A type's name without the modules it lies in: `candle_core::error::Error` is
/// `candle_core::Error`, `core::num::error::ParseIntError` is `ParseIntError`.
fn short_name(name: &str) -> String {
    if name.contains("Box<dyn ") && name.contains("::Error") {
        return "Error".into();
    }
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
pub fn not_run() -> ErrorOutput {
    plain("Interrupted", "stopped before the cell ran; all variables are kept")
}

/// What evcxr says of a cell that it could not compile or run.
pub fn evcxr(error: &Error, code: &str, pressed: Pressed, memory: &Memory) -> ErrorOutput {
    if let Error::CompilationErrors(errors) = error
        && let Some(error) = compile::errors(errors, code, memory)
    {
        return error;
    }
    match pressed {
        Pressed::Not => refusal::shown(&error.to_string(), code, memory),
        // Its compiler was ended.
        _ => not_run(),
    }
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
            ("alloc::boxed::Box<dyn core::error::Error>", "Error"),
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
        let (ran, memory) = (Ran { code: "", generated: "" }, Memory::default());
        assert_eq!(failure(&said, Pressed::Once, ran, &memory).ename, "Interrupted");
        assert_eq!(failure(&said, Pressed::Not, ran, &memory).ename, "sevenlines::Error");
    }

    #[test]
    fn causes_follow_the_error() {
        let said =
            Failure { name: "E".into(), text: "no model\u{1}no file".into(), code: Some("f()?".into()) };
        let error = failure(&said, Pressed::Not, Ran { code: "f()?", generated: "" }, &Memory::default());
        assert_eq!(error.evalue, "no model");
        assert!(error.traceback[1].ends_with(": no file") && error.traceback[1].contains("caused by"));
        assert!(error.traceback[2].ends_with("f()?"));
    }
}
