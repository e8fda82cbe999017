//! A note, under a cell that ran, on Results that it ignores.

use super::source::Source;
use super::{CYAN, Memory, PLAIN};
use serde_json::Value;

/// The note; `warnings` are rustc's on unused results.
pub fn unused(warnings: &[Value], code: &str, memory: &Memory) -> Option<String> {
    let source = Source::new(code, memory, &[]);
    let mut lines: Vec<usize> = Vec::new();
    for warning in warnings.iter().filter(|warning| is_result(warning)) {
        let place = source.place(&warning["spans"][0]).filter(|place| place.cell.is_none());
        lines.extend(place.map(|place| place.range.start.0));
    }
    lines.sort_unstable();
    lines.dedup();
    let where_ = match lines.as_slice() {
        [] => return None,
        [one] => format!("line {one} ignores a Result"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(usize::to_string).collect();
            format!("lines {} and {last} ignore Results", most.join(", "))
        }
    };
    Some(format!(
        "{CYAN}note{PLAIN}: {where_}, so an error in it goes unseen: add `?` to stop the cell on errors\n"
    ))
}

/// Whether it is a Result, rather than an iterator or a future, that goes unused.
fn is_result(warning: &Value) -> bool {
    warning["message"].as_str().is_some_and(|message| message.contains("`Result`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn warning(text: &str, what: &str) -> Value {
        json!({"message": format!("unused `{what}` that must be used"), "spans": [{"file_name": "src/lib.rs",
            "line_start": 70, "line_end": 70, "column_start": 1, "column_end": 9, "text": [{"text": text}]}]})
    }

    #[test]
    fn the_lines_that_ignore_results_are_named() {
        let (code, memory) = ("remove(a);\nkeep(b);\nremove(c);", Memory::default());
        let note = |warnings: &[Value]| unused(warnings, code, &memory);
        assert!(note(&[warning("remove(c);", "Result")]).unwrap().contains("line 3 ignores a Result"));
        let both = [warning("remove(c);", "Result"), warning("remove(a);", "Result")];
        assert!(note(&both).unwrap().contains("lines 1 and 3 ignore"));
        assert_eq!(note(&[warning("keep(b);", "Map")]), None);
        assert_eq!(note(&[warning("somewhere_else();", "Result")]), None);
    }
}
