//! Where in the notebook a place of the compiled text is.
//!
//! rustc names lines of the text that evcxr generated. Each of the user's
//! statements begins a new line there, so a line of it is a part of one of the
//! user's lines: of this cell, or of an earlier one whose functions are compiled
//! again.

use super::Memory;
use evcxr::CompilationError;
use serde_json::{Value, json};

/// The file that evcxr writes a cell to.
const FILE: &str = "src/lib.rs";
/// Behind a cell's last expression, which stands in parentheses.
const SHOWN: &str = ").evcxr_display();";
/// In no user's line.
const GENERATED: [&str; 3] = ["evcxr_variable_store", "EvcxrUserCodeError", "evcxr_send_text_plain"];

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

    /// Whether a file's name is that of the compiled text of cells.
    pub fn is_cell(file: &str) -> bool {
        file == FILE
    }

    /// The place of a column of a line of the compiled text.
    pub fn place_of(&self, text: &str, column: usize) -> Option<Place> {
        let span = json!({"file_name": FILE, "line_start": 1, "line_end": 1, "column_start": column,
            "column_end": column + 1, "text": [{"text": text}]});
        self.place(&span)
    }

    /// The place of one of rustc's spans.
    pub fn place(&self, span: &Value) -> Option<Place> {
        if span["file_name"] != FILE {
            let expansion = &span["expansion"]["span"];
            return if expansion.is_object() { self.place(expansion) } else { None };
        }
        let line = span["text"][0]["text"].as_str()?.trim_end();
        // evcxr shows a cell's value so; the user's part begins one column later.
        let shown = line.strip_prefix('(').filter(|line| line.ends_with(SHOWN) && line.len() > SHOWN.len());
        let (text, shift) = match shown {
            Some(inner) => (&inner[..inner.len() - SHOWN.len()], 1),
            None => (line, 0),
        };
        if GENERATED.iter().any(|part| text.contains(part)) {
            return None;
        }
        let occurrences = |code: &'a str| -> Vec<Range> {
            let found = occurrences(code, text);
            found.filter_map(|(line, before)| range(span, line, before, shift)).collect()
        };
        let here = occurrences(self.code);
        if let Some(known) = here.iter().find(|range| self.known.contains(range)) {
            return Some(Place { cell: None, range: *known });
        }
        if !says_something(text) {
            return None;
        }
        let place = |cell: Option<usize>, found: Vec<Range>| Some(Place { cell, range: *found.first()? });
        place(None, here)
            .or_else(|| self.memory.cells().find_map(|(number, code)| place(Some(number), occurrences(code))))
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

/// A span's range, when its first line is `line` of a cell, behind `before` characters,
/// and `shift` characters stand before it in the compiled text.
fn range(span: &Value, line: usize, before: usize, shift: usize) -> Option<Range> {
    let number = |name: &str| Some(span[name].as_u64()? as usize);
    let lines = number("line_end")?.checked_sub(number("line_start")?)?;
    let start = (number("column_start")? + before).checked_sub(shift).filter(|column| *column > 0)?;
    let end = number("column_end")? + if lines == 0 { before } else { 0 };
    Some(Range {
        start: (line, start),
        end: (line + lines, end.checked_sub(if lines == 0 { shift } else { 0 })?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
