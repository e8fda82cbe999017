//! The commonest mistakes in a notebook, in plain words: why, and what to write.

use super::{Memory, memory::Loss, refusal};
use evcxr::CompilationError;

/// What to add to one of the compiler's errors.
pub fn of(error: &CompilationError, code: &str, memory: &Memory) -> Vec<String> {
    let message = error.message();
    let text = everything(error);
    let notes = match error.code() {
        Some("E0425" | "E0423" | "E0432" | "E0433") => unknown_name(&message, code, memory),
        Some("E0382") => vec![
            "a value has one owner: lend it with `&` where it is only read, or give away a copy with `.clone()`".into(),
        ],
        Some("E0384" | "E0596") => changed_without_mut(&message),
        Some("E0373") => refusal::first_closure_note(code, memory).into_iter().collect(),
        Some("E0597" | "E0505" | "E0515" | "E0716" | "E0521") => vec![BORROW.into()],
        Some("E0308") if text.contains("found `Result<") && !text.contains("use the `?` operator") => {
            vec!["`?` behind the expression takes the value out of the Result and stops the cell on an error".into()]
        }
        Some("E0308") if text.contains("found `Option<") => vec![MISSING.into()],
        Some("E0277") if message.contains("`?`") && message.contains("Option") => {
            vec!["write `.ok_or(\"what is missing\")?`, or `.unwrap()` if it is always there".into()]
        }
        Some("E0599") if message.contains("`Result<") && !text.contains("use the `?` operator") => {
            vec!["`?` before the `.` takes the value out of the Result".into()]
        }
        Some("E0599") if message.contains("`Option<") => vec![MISSING.into()],
        Some("E0282" | "E0790" | "E0283") => {
            vec!["write the type where the variable is made: `let name: Vec<f32> = …;`".into()]
        }
        None if message.contains("contains a reference with a non-static lifetime") => vec![BORROW.into()],
        _ => Vec::new(),
    };
    if notes.is_empty() { from_python(code, &message) } else { notes }
}

const BORROW: &str = "keep a value of its own: `.to_owned()`, `.to_string()` or `.clone()`; \
or put the lines that need the borrow in braces, `{ … }`, in one cell";
const MISSING: &str = "an Option may be empty: `.unwrap_or(…)` gives another value for that case, \
`.ok_or(\"what is missing\")?` stops the cell";

/// All that rustc says of an error, in one text.
fn everything(error: &CompilationError) -> String {
    let mut text = error.message();
    for span in error.spanned_messages().iter().chain(error.help_spanned()) {
        text += &span.label;
    }
    for help in error.help() {
        text += &help;
    }
    text
}

fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// A name that is not there: perhaps it was once.
fn unknown_name(message: &str, code: &str, memory: &Memory) -> Vec<String> {
    let Some(name) = quoted(message) else { return Vec::new() };
    let maker = memory.maker(name).map_or(String::new(), |cell| format!(" [{cell}]"));
    match memory.gone(name) {
        Some((cell, Loss::Moved)) => {
            return vec![format!(
                "`{name}` was moved in cell [{cell}], which used it up: run the cell that makes it{maker} again, \
                 or write `&{name}` or `{name}.clone()` there"
            )];
        }
        Some((cell, Loss::Ended)) => {
            return vec![format!(
                "`{name}` was lost when the cells' process ended in cell [{cell}]: run the cell that makes it{maker} again"
            )];
        }
        None => {}
    }
    if let Some(cell) = memory.failed_maker(name) {
        return vec![format!("`{name}` is made in cell [{cell}], which failed")];
    }
    match name {
        "null" | "nil" | "NULL" => {
            vec!["Rust has no null: a value that may be missing is `None` or `Some(value)`".into()]
        }
        "print" => vec!["a line is printed with `println!(\"{}\", value);`".into()],
        _ => from_python(code, message),
    }
}

/// An assignment to what was declared without `mut`.
fn changed_without_mut(message: &str) -> Vec<String> {
    match quoted(message) {
        Some(name) => vec![format!(
            "a variable changes only if it was made with `let mut`; for one of an earlier cell: `let mut {name} = {name};`"
        )],
        None => Vec::new(),
    }
}

/// Lines that are Python's rather than Rust's.
fn from_python(code: &str, message: &str) -> Vec<String> {
    let line = |words: &[&str]| {
        code.lines().map(str::trim).any(|line| words.iter().any(|word| line.starts_with(word)))
    };
    let syntax = message.contains("expected") || message.contains("cannot find");
    let note = if !syntax {
        return Vec::new();
    } else if line(&["import ", "from "]) {
        "Rust's `import` is `use std::collections::HashMap;`; another crate first needs `:dep name = \"version\"`"
    } else if line(&["def "]) {
        "a function is `fn name(x: f64) -> f64 { … }`, with the types of all it takes and returns"
    } else if line(&["elif ", "for "]) && code.lines().any(|line| line.trim_end().ends_with(':')) {
        "blocks are in braces: `for x in 0..3 { … }`, `if a { … } else if b { … }`"
    } else {
        return Vec::new();
    };
    vec![note.into()]
}
