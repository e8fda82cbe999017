//! Where in the notebook a place of the compiled text is.
//!
//! rustc names lines of the text that evcxr generated. Each of the user's
//! statements begins a new line there, so a line of it is a part of one of the
//! user's lines: of this cell, or of an earlier one whose functions are compiled
//! again.

use super::Memory;
use evcxr::CompilationError;
use serde_json::Value;

/// The file that evcxr writes a cell to.
const FILE: &str = "src/lib.rs";
/// In no user's line.
const GENERATED: [&str; 4] =
    ["evcxr_variable_store", "EvcxrUserCodeError", "evcxr_send_text_plain", ").evcxr_display();"];

/// A range of text: lines and columns from 1, the end behind the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Line and column of the first character.
    pub start: (usize, usize),
    /// Line and column behind the last one.
    pub end: (usize, usize),
}

/// A place in the notebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The number of the earlier cell; `None` for the cell that was to run.
    pub cell: Option<usize>,
    /// Where in it.
    pub range: Range,
}

/// The texts of the notebook.
pub struct Source<'a> {
    code: &'a str,
    memory: &'a Memory,
    /// Places of the cell that evcxr has found itself.
    known: Vec<Range>,
}

impl<'a> Source<'a> {
    /// For the errors of a cell.
    pub fn new(code: &'a str, memory: &'a Memory, errors: &[CompilationError]) -> Source<'a> {
        let messages =
            errors.iter().flat_map(|error| error.spanned_messages().iter().chain(error.help_spanned()));
        let known = messages.filter_map(|message| message.span).map(|span| Range {
            start: (span.start_line, span.start_column),
            end: (span.end_line, span.end_column),
        });
        Source { code, memory, known: known.collect() }
    }

    /// The lines of a cell; no number means the cell that was to run.
    pub fn lines(&self, cell: Option<usize>) -> Vec<&'a str> {
        let code = match cell {
            None => Some(self.code),
            Some(number) => self.memory.cells().find(|(other, _)| *other == number).map(|(_, code)| code),
        };
        code.unwrap_or_default().lines().collect()
    }

    /// The place of one of rustc's spans.
    pub fn place(&self, span: &Value) -> Option<Place> {
        if span["file_name"] != FILE {
            let expansion = &span["expansion"]["span"];
            return if expansion.is_object() { self.place(expansion) } else { None };
        }
        let text = span["text"][0]["text"].as_str()?.trim_end();
        if GENERATED.iter().any(|part| text.contains(part)) {
            return None;
        }
        if let Some(range) = self.here(span, text) {
            return Some(Place { cell: None, range });
        }
        if !says_something(text) {
            return None;
        }
        self.memory.cells().find_map(|(number, code)| {
            let (line, shift) = occurrences(code, text).next()?;
            Some(Place { cell: Some(number), range: range(span, line, shift)? })
        })
    }

    /// The place in this cell: where evcxr has seen it, else where the text is.
    fn here(&self, span: &Value, text: &str) -> Option<Range> {
        let mut found: Vec<Range> =
            occurrences(self.code, text).filter_map(|(line, shift)| range(span, line, shift)).collect();
        if let Some(known) = found.iter().find(|range| self.known.contains(range)) {
            return Some(*known);
        }
        (says_something(text) && !found.is_empty()).then(|| found.remove(0))
    }
}

/// Whether a line can be told from others: `}` cannot.
fn says_something(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() > 1
}

/// The lines of the code that have the text in them, and how many characters before it.
fn occurrences<'a>(code: &'a str, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    code.lines().enumerate().filter_map(move |(index, line)| {
        let byte = line.find(text)?;
        Some((index + 1, line[..byte].chars().count()))
    })
}

/// A span's range, when its first line is `line` of a cell, behind `shift` characters.
fn range(span: &Value, line: usize, shift: usize) -> Option<Range> {
    let number = |name: &str| Some(span[name].as_u64()? as usize);
    let lines = number("line_end")?.checked_sub(number("line_start")?)?;
    let end = number("column_end")? + if lines == 0 { shift } else { 0 };
    Some(Range { start: (line, number("column_start")? + shift), end: (line + lines, end) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn span(line: usize, columns: (usize, usize), text: &str) -> Value {
        json!({"file_name": FILE, "line_start": line, "line_end": line, "column_start": columns.0,
            "column_end": columns.1, "text": [{"text": text}]})
    }

    #[test]
    fn finds_this_cell_before_earlier_ones() {
        let mut memory = Memory::default();
        memory.ran(3, "struct P { x: i32 }\nfn getx(p: &P) -> i32 { p.x }", false, &[], &[]);
        let source = Source::new("let a = 1; let b: u8 = \"ä\";", &memory, &[]);
        let place = source.place(&span(99, (13, 16), "let b: u8 = \"ä\";")).unwrap();
        assert_eq!(place, Place { cell: None, range: Range { start: (1, 24), end: (1, 27) } });
        let place = source.place(&span(5, (27, 28), "fn getx(p: &P) -> i32 { p.x }")).unwrap();
        assert_eq!((place.cell, place.range.start), (Some(3), (2, 27)));
        assert_eq!(source.lines(Some(3))[0], "struct P { x: i32 }");
    }

    #[test]
    fn generated_lines_are_nobodys() {
        let memory = Memory::default();
        let source = Source::new("}\nlet a = 1;", &memory, &[]);
        for text in ["}", "evcxr_variable_store.put_variable::<i32>(stringify!(a), a);", "let other = 2;"] {
            assert_eq!(source.place(&span(1, (1, 2), text)), None, "{text}");
        }
    }

    #[test]
    fn a_macros_span_is_where_it_is_called() {
        let memory = Memory::default();
        let source = Source::new("println!(\"{}\");", &memory, &[]);
        let inner =
            json!({"file_name": "macros.rs", "expansion": {"span": span(7, (1, 15), "println!(\"{}\");")}});
        assert_eq!(source.place(&inner).unwrap().range.end, (1, 15));
    }
}
