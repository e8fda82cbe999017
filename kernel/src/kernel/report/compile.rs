//! Errors of the compiler: as rustc shows them, but in the cell's own lines.

use super::snippet::{Mark, draw};
use super::source::{Place, Range, Source};
use super::{BLUE, CYAN, Memory, PLAIN, RED, notes, suggestion};
use evcxr::CompilationError;
use jupyter_protocol::ErrorOutput;
use serde_json::Value;

/// More help than this for one error is left out.
const MOST_HELP: usize = 4;
/// More errors than this are only counted: one mistake may cause many.
const MOST_ERRORS: usize = 6;

/// The errors of a cell; `None` if these are only warnings.
pub fn errors(errors: &[CompilationError], code: &str, memory: &Memory) -> Option<ErrorOutput> {
    let source = Source::new(code, memory, errors);
    let errors: Vec<&CompilationError> = errors.iter().filter(|error| error.level() == "error").collect();
    let first = errors.first()?;
    let mut shown: Vec<Vec<String>> = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for error in &errors {
        let lines = one(error, &source);
        // evcxr may compile a cell several times.
        if shown.iter().any(|other| other.starts_with(&lines)) {
            continue;
        }
        shown.push(lines);
        for note in notes::of(error, code, memory) {
            // One reason for several errors is given once.
            if !said.contains(&note)
                && let Some(last) = shown.last_mut()
            {
                last.extend(titled(&format!("{CYAN}note{PLAIN}"), &note));
                said.push(note);
            }
        }
    }
    let more = shown.len().saturating_sub(MOST_ERRORS);
    let mut traceback: Vec<String> = shown.into_iter().take(MOST_ERRORS).flatten().collect();
    if more > 0 {
        traceback.push(format!("{BLUE}{more} more errors are not shown{PLAIN}"));
    }
    if let Some(error) = errors.iter().find(|error| error.explanation().is_some_and(|text| !text.is_empty()))
    {
        let number = error.code().unwrap_or_default();
        traceback.push(format!("{BLUE}`:explain` in the next cell tells more about {number}{PLAIN}"));
    }
    let name = first.code().map_or("compile error".to_owned(), |code| format!("compile error {code}"));
    let message = reworded(&first.message());
    Some(ErrorOutput { ename: name, evalue: message, traceback })
}

/// One error: its message, the lines it concerns, rustc's notes and help.
fn one(error: &CompilationError, source: &Source) -> Vec<String> {
    let number = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut lines = titled(&format!("{RED}error{number}{PLAIN}"), &reworded(&error.message()));
    lines.extend(marked_lines(error, source));
    let children = error.json["children"].as_array().map_or(&[][..], Vec::as_slice);
    let help = children.iter().filter_map(|child| child_lines(child, source));
    lines.extend(help.take(MOST_HELP).flatten());
    lines
}

/// A text behind a title; its other lines are indented.
pub fn titled(title: &str, text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut out = vec![format!("{title}: {}", lines.next().unwrap_or_default())];
    out.extend(lines.map(|line| format!("      {line}")));
    out
}

/// evcxr's words for what it generates are not the user's.
fn reworded(message: &str) -> String {
    if let Some((_, rest)) = message.split_once("The variable `")
        && let Some((name, _)) = rest.split_once("` contains a reference with a non-static lifetime")
    {
        return format!(
            "the variable `{name}` borrows from another one, and a borrow cannot be kept for the next cell"
        );
    }
    message
        .replace(" in a closure that returns `Result`", " in a cell")
        .replace("`Result<(), EvcxrUserCodeError>`", "a cell's `?`")
}

/// The lines that an error marks: of this cell, then of earlier ones.
fn marked_lines(error: &CompilationError, source: &Source) -> Vec<String> {
    let spans = error.json["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let mut found: Vec<(Place, Mark)> = spans.iter().filter_map(|span| marked(span, source)).collect();
    if found.is_empty() {
        found = evcxr_marks(error);
    }
    drawn(&found, source)
}

/// The marked lines, cell by cell.
fn drawn(found: &[(Place, Mark)], source: &Source) -> Vec<String> {
    let mut cells: Vec<Option<usize>> = Vec::new();
    // The primary mark's cell comes first.
    for primary in [true, false] {
        let of_kind = found.iter().filter(|(_, mark)| mark.primary == primary);
        cells.extend(of_kind.map(|(place, _)| place.cell));
    }
    let mut out = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        if cells[..index].contains(cell) {
            continue;
        }
        if let Some(number) = cell {
            out.push(format!("{BLUE}  in code of an earlier cell, [{number}]:{PLAIN}"));
        }
        let marks = found.iter().filter(|(place, _)| place.cell == *cell).map(|(_, mark)| mark.clone());
        out.extend(draw(&source.lines(*cell), &marks.collect::<Vec<_>>()));
    }
    out
}

/// A span of rustc's with its label, in the notebook.
fn marked(span: &Value, source: &Source) -> Option<(Place, Mark)> {
    let place = source.place(span)?;
    let label = reworded(span["label"].as_str().unwrap_or_default());
    let mark = Mark { range: place.range, label, primary: span["is_primary"].as_bool().unwrap_or(false) };
    Some((place, mark))
}

/// The places of an error that is evcxr's own.
fn evcxr_marks(error: &CompilationError) -> Vec<(Place, Mark)> {
    let spans = error.spanned_messages().iter().filter_map(|message| Some((message.span?, message)));
    spans
        .map(|(span, message)| {
            let range =
                Range { start: (span.start_line, span.start_column), end: (span.end_line, span.end_column) };
            // evcxr fills an empty label with the message itself.
            let own = !message.label.starts_with("error: ");
            let label = if own { message.label.clone() } else { String::new() };
            (Place { cell: None, range }, Mark { range, label, primary: message.is_primary })
        })
        .collect()
}

/// A note or help of rustc's; `None` for what is of no use in a notebook.
fn child_lines(child: &Value, source: &Source) -> Option<Vec<String>> {
    let (level, message) = (child["level"].as_str()?, child["message"].as_str()?);
    let noise = ["this error originates in the macro", "`#[warn(", "`#[deny(", "Evcxr", "evcxr"];
    if noise.iter().any(|part| message.contains(part)) || !matches!(level, "note" | "help") {
        return None;
    }
    let spans = child["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = titled(&format!("{CYAN}{level}{PLAIN}"), &reworded(message));
    let new: Vec<(&Value, &str)> =
        spans.iter().filter_map(|span| Some((span, span["suggested_replacement"].as_str()?))).collect();
    if !new.is_empty() {
        lines.extend(suggested(&new, source)?);
        return Some(lines);
    }
    let found: Vec<(Place, Mark)> = spans.iter().filter_map(|span| marked(span, source)).collect();
    match found.is_empty() {
        true => lines.extend(spans.iter().find_map(elsewhere)),
        false => lines.extend(drawn(&found, source)),
    }
    // A note about generated lines alone says nothing.
    (spans.is_empty() || lines.len() > 1).then_some(lines)
}

/// The cell's lines with a suggestion carried out, or the suggested text alone.
fn suggested(new: &[(&Value, &str)], source: &Source) -> Option<Vec<String>> {
    let places: Option<Vec<Place>> = new.iter().map(|(span, _)| source.place(span)).collect();
    if let Some(places) = places
        && places.iter().all(|place| place.cell == places[0].cell)
    {
        let edits: Vec<(Range, String)> =
            places.iter().zip(new).map(|(place, (_, text))| (place.range, (*text).to_owned())).collect();
        return suggestion::changed(&source.lines(places[0].cell), &edits);
    }
    // An import, for example, belongs above the generated text.
    let text: Vec<&str> = new.iter().map(|(_, text)| text.trim()).collect();
    let own = text.iter().all(|text| !text.is_empty() && !text.contains("evcxr"));
    own.then(|| text.iter().flat_map(|text| text.lines()).map(|line| format!("      {line}")).collect())
}

/// The line of a library that a note names.
fn elsewhere(span: &Value) -> Option<String> {
    let file = span["file_name"].as_str().filter(|file| *file != "src/lib.rs")?;
    let text = span["text"][0]["text"].as_str()?.trim();
    let name = file.rsplit('/').next()?;
    Some(format!("      {text}   {BLUE}({name}, line {}){PLAIN}", span["line_start"]))
}
