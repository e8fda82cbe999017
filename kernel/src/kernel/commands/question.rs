//! `name?` and `?name`: help, as IPython's users ask for it, where it cannot be
//! Rust.

use crate::kernel::context::Context;
use crate::kernel::inspect;
use serde_json::Value;

/// A cell that may ask about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A path, a variable, or a method of one.
    pub name: String,
    /// The mark stands before the name, which is never Rust.
    sure: bool,
}

impl Question {
    /// Reads a whole cell; `None` if it is anything but a name with the mark.
    pub fn read(cell: &str) -> Option<Question> {
        let cell = cell.trim();
        let (name, sure) = match cell.strip_prefix('?') {
            Some(name) => (name.trim_start_matches('?'), true),
            None => (cell.strip_suffix('?')?.trim_end_matches('?'), false),
        };
        let name = name.trim();
        is_path(name).then(|| Question { name: name.to_owned(), sure })
    }

    /// The MIME bundle to show; `None` if the cell is Rust after all.
    pub fn answer(&self, context: &mut Context) -> Option<Result<Value, String>> {
        if !self.sure
            && context.evcxr.variables_and_types().any(|(name, of)| name == self.name && may_fail(of))
        {
            return None;
        }
        match inspect::name(context, &self.name) {
            // A field or constant that holds a result can be asked with `?` as well.
            Some(found) if !self.sure && has_value(&found, &self.name, context) => None,
            Some(found) => Some(Ok(found)),
            None if self.sure => Some(Err(Question::not_found(&self.name))),
            None => None,
        }
    }

    /// What is said of a name that nobody knows.
    pub fn not_found(name: &str) -> String {
        format!("nothing is known of `{name}`")
    }
}

/// Names joined by `::` and `.`; the last may be a macro's.
fn is_path(text: &str) -> bool {
    let text = text.strip_suffix('!').unwrap_or(text);
    text.split("::").flat_map(|part| part.split('.')).all(is_name)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether `?` can be applied to a value of this type.
fn may_fail(of: &str) -> bool {
    let name = of.split('<').next().unwrap_or(of);
    matches!(name.trim().rsplit("::").next(), Some("Result" | "Option" | "Poll" | "ControlFlow"))
}

/// Whether the name stands for a value that may fail: not a variable, which was
/// asked before, but a field, a constant or a static.
fn has_value(found: &Value, name: &str, context: &Context) -> bool {
    if context.evcxr.variables_and_types().any(|(variable, _)| variable == name) {
        return false;
    }
    let text = found["text/plain"].as_str().unwrap_or_default();
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    text.lines().any(|line| {
        let declared = line.split_once(&format!("{last}: "));
        declared.is_some_and(|(before, of)| {
            !before.contains(['(', '/']) && may_fail(of.split(" = ").next().unwrap_or(of))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(cell: &str) -> Option<String> {
        Question::read(cell).map(|question| question.name)
    }

    #[test]
    fn only_a_bare_name_is_a_question() {
        for (cell, wanted) in [
            ("Vec?", Some("Vec")),
            ("?Vec", Some("Vec")),
            ("??Vec::push", Some("Vec::push")),
            (" vgg.fit?\n", Some("vgg.fit")),
            ("println!?", Some("println!")),
            ("foo()?", None),
            ("a + b?", None),
            ("x?;", None),
            ("?", None),
            ("\"?\"", None),
            ("5?", None),
        ] {
            assert_eq!(name(cell).as_deref(), wanted, "{cell}");
        }
    }

    #[test]
    fn results_and_options_may_fail() {
        for (of, wanted) in [
            ("Result<i32, Error>", true),
            ("std::option::Option<&str>", true),
            ("Vec<Option<i32>>", false),
            ("i32", false),
        ] {
            assert_eq!(may_fail(of), wanted, "{of}");
        }
    }
}
