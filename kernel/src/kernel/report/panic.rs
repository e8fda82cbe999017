//! Where a panic was, in the notebook's own lines.

use super::snippet::{Mark, draw};
use super::source::{Range, Source};
use super::{BLUE, Memory, PLAIN, Ran};

/// The lines that show a panic's place, `file:line:column` of the compiled text.
pub fn place(place: &str, ran: Ran, memory: &Memory) -> Vec<String> {
    let mut parts = place.rsplitn(3, ':');
    let (Some(column), Some(line), Some(file)) = (number(parts.next()), number(parts.next()), parts.next())
    else {
        return Vec::new();
    };
    if !Source::is_cell(file) {
        let name = file.rsplit('/').next().unwrap_or(file);
        return vec![format!("{BLUE}  in code of a library: {name}, line {line}{PLAIN}")];
    }
    let source = Source::new(ran.code, memory, &[]);
    let text = ran.generated.lines().nth(line - 1).unwrap_or_default();
    let Some(place) = source.place_of(text, column) else { return Vec::new() };
    let mut out = Vec::new();
    if let Some(number) = place.cell {
        out.push(format!("{BLUE}  in code of an earlier cell, [{number}]:{PLAIN}"));
    }
    let start = place.range.start;
    let range = Range { start, end: (start.0, start.1 + 1) };
    out.extend(draw(&source.lines(place.cell), &[Mark { range, label: String::new(), primary: true }]));
    out
}

fn number(text: Option<&str>) -> Option<usize> {
    text?.parse().ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_line_becomes_the_users() {
        let ran = Ran { code: "let a = 1;\nlet x = m[&1];", generated: "// ours\nlet x = m[&1];" };
        let shown = place("src/lib.rs:2:9", ran, &Memory::default()).join("\n");
        assert!(shown.contains("  2 | ") && shown.contains("let x = m[&1];"), "{shown}");
        let mut memory = Memory::default();
        memory.ran(4, "fn f() { panic!() }", false, &[], &[]);
        let ran = Ran { code: "f()", generated: "fn f() { panic!() }" };
        assert!(place("src/lib.rs:1:10", ran, &memory)[0].contains("[4]"));
        assert!(
            place("/rustc/1/library/core/src/option.rs:7:1", ran, &memory)[0].contains("option.rs, line 7")
        );
        assert!(place("nonsense", ran, &memory).is_empty());
    }
}
