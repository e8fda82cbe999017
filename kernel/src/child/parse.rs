//! What a cell's stdout says: text, marked operations of the library, displays
//! in evcxr's form, and lines meant for evcxr itself.

use serde_json::{Map, Value};

/// One thing found in the output.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Text, as it was printed.
    Text(Vec<u8>),
    /// An operation of the library, as JSON.
    Operation(String),
    /// A MIME bundle that a value displayed.
    Display(Map<String, Value>),
    /// The value of the cell's last expression, as text.
    Value(String),
    /// A line for evcxr.
    Evcxr(String),
}

/// The line by which evcxr's runtime says that a cell has ended.
pub const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
/// What evcxr's lines begin with that ask the user for something.
pub const INPUT: &str = "EVCXR_INPUT_REQUEST";
const PANIC: &str = "EVCXR_PANIC_NOTIFICATION";
const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
const ANY: &[u8] = b"EVCXR_";
/// evcxr's lines, and the beginnings of those that say more.
const WHOLE: [&str; 3] = [COMPLETE, PANIC, "EVCXR_ERROR_OCCURRED"];
const START: [&str; 4] =
    ["EVCXR_VARIABLE_CHANGED_TYPE:", "EVCXR_INPUT_REQUEST:", "EVCXR_INPUT_REQUEST_PASSWORD:", BEGIN];
/// So much of a line, in bytes, is waited for.
const LONG: usize = 1 << 16;

/// Finds [`Event`]s in output that comes in pieces of any size.
#[derive(Debug)]
pub struct Parser {
    mark: Vec<u8>,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The MIME type and text of the display that is being read.
    content: Option<(String, String)>,
    /// A display that may yet get another MIME type.
    bundle: Map<String, Value>,
}

impl Parser {
    /// A parser that takes operations marked with this token.
    pub fn new(token: &str) -> Parser {
        Parser {
            mark: sevenlines::channel::mark(token).into_bytes(),
            line: Vec::new(),
            content: None,
            bundle: Map::new(),
        }
    }

    /// Takes a piece of output.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.whole_line(line, events);
            }
        }
    }

    /// Hands out an unfinished line and display: no more came for a while, or the
    /// cell has ended (`all`). What may be the start of a mark is kept back.
    pub fn flush(&mut self, all: bool, events: &mut Vec<Event>) {
        self.end_bundle(events);
        if self.content.is_some() && !all {
            return;
        }
        let mut rest = std::mem::take(&mut self.line);
        if !all && let Some(start) = self.possible_mark(&rest) {
            self.line = rest.split_off(start);
        }
        self.text(rest, events);
    }

    /// Hands out the beginning of an unfinished line that has become long, so that a
    /// line without an end is not kept whole. A mark's or a display's line is.
    pub fn shorten(&mut self, events: &mut Vec<Event>) {
        let marked = self.line.starts_with(&self.mark) || may_be_control(&self.line);
        if self.line.len() >= LONG && self.content.is_none() && !marked {
            self.flush(false, events);
        }
    }

    /// Where a mark or one of evcxr's lines may begin in an unfinished line.
    fn possible_mark(&self, line: &[u8]) -> Option<usize> {
        let may_be_mark = |rest: &[u8]| rest.starts_with(&self.mark) || self.mark.starts_with(rest);
        let ones = line.iter().enumerate().filter(|(_, byte)| **byte == 1).map(|(index, _)| index);
        let mark = ones.into_iter().find(|start| may_be_mark(&line[*start..]));
        let partial = (1..ANY.len()).rev().find(|n| line.ends_with(&ANY[..*n])).map(|n| line.len() - n);
        let control = rfind(line, ANY).filter(|start| may_be_control(&line[*start..])).or(partial);
        match (mark, control) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether there is something to flush.
    pub fn has_partial(&self) -> bool {
        !self.bundle.is_empty() || !self.line.is_empty() && self.content.is_none()
    }

    fn whole_line(&mut self, mut line: Vec<u8>, events: &mut Vec<Event>) {
        if self.content.is_some() {
            return self.content_line(&line, events);
        }
        if let Some(start) = find(&line, &self.mark) {
            let operation = String::from_utf8_lossy(&line[start + self.mark.len()..]).trim_end().to_owned();
            line.truncate(start);
            self.text(line, events);
            self.end_bundle(events);
            return events.push(Event::Operation(operation));
        }
        let control = rfind(&line, ANY)
            .map(|start| (start, String::from_utf8_lossy(&line[start..]).trim_end().to_owned()));
        match control {
            Some((start, control)) if is_control(&control) => {
                line.truncate(start);
                self.text(line, events);
                match control.strip_prefix(BEGIN) {
                    Some(mime) => self.content = Some((mime.to_owned(), String::new())),
                    None => {
                        self.end_bundle(events);
                        events.push(Event::Evcxr(control));
                    }
                }
            }
            _ => self.text(line, events),
        }
    }

    fn content_line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let Some((mime, mut text)) = self.content.take() else { return };
        if line != END && line != PANIC && line != COMPLETE {
            text.push_str(line);
            text.push('\n');
            self.content = Some((mime, text));
            return;
        }
        text.pop();
        if line != END {
            // The cell died while it displayed something.
            return events.push(Event::Evcxr(line.to_owned()));
        }
        if let Some((_, "value")) = mime.split_once(' ') {
            self.end_bundle(events);
            return events.push(Event::Value(text));
        }
        if self.bundle.contains_key(&mime) {
            self.end_bundle(events);
        }
        self.bundle.insert(mime, Value::String(text));
    }

    fn text(&mut self, text: Vec<u8>, events: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        self.end_bundle(events);
        match events.last_mut() {
            Some(Event::Text(last)) => last.extend(text),
            _ => events.push(Event::Text(text)),
        }
    }

    fn end_bundle(&mut self, events: &mut Vec<Event>) {
        if !self.bundle.is_empty() {
            events.push(Event::Display(std::mem::take(&mut self.bundle)));
        }
    }
}

/// Whether a line, from `EVCXR_` on, is one of evcxr's.
fn is_control(line: &str) -> bool {
    WHOLE.contains(&line) || START.iter().any(|start| line.starts_with(start))
}

/// Whether an unfinished line, from `EVCXR_` on, may become one of evcxr's.
fn may_be_control(line: &[u8]) -> bool {
    let whole = WHOLE.iter().any(|word| word.as_bytes().starts_with(line));
    let begun = |start: &str| line.starts_with(start.as_bytes()) || start.as_bytes().starts_with(line);
    whole || START.iter().any(|start| begun(start))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    // The mark's first byte is rare; most lines are done after one scan.
    let first = *what.first()?;
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(index, _)| index);
    starts.into_iter().find(|start| text[*start..].starts_with(what))
}

fn rfind(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let starts = text.iter().enumerate().rev().filter(|(_, byte)| **byte == first).map(|(index, _)| index);
    starts.into_iter().find(|start| text[*start..].starts_with(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(pieces: &[&str]) -> Vec<Event> {
        let mut parser = Parser::new("t0k");
        let mut events = Vec::new();
        for piece in pieces {
            parser.feed(piece.as_bytes(), &mut events);
        }
        parser.flush(true, &mut events);
        events
    }

    fn text(text: &str) -> Event {
        Event::Text(text.as_bytes().to_vec())
    }

    fn display(value: Value) -> Event {
        Event::Display(value.as_object().unwrap().clone())
    }

    #[test]
    fn text_keeps_its_bytes() {
        assert_eq!(parse(&["a\nb", "\r5%\r", "10%\n"]), [text("a\nb\r5%\r10%\n")]);
    }

    #[test]
    fn operations_are_taken_with_the_token_alone_and_mid_line() {
        let events = parse(&["50%\u{1}SEVEN", "LINES t0k {\"op\":\"clear\"}\n\u{1}SEVENLINES other {}\n"]);
        let wanted =
            [text("50%"), Event::Operation("{\"op\":\"clear\"}".into()), text("\u{1}SEVENLINES other {}\n")];
        assert_eq!(events, wanted);
    }

    #[test]
    fn displays_are_one_bundle_a_value() {
        let block =
            |mime: &str, text: &str| format!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n");
        let output = [
            block("text/html", "<b>\n1</b>"),
            block("text/plain", "1"),
            block("text/html", "2"),
            block("text/plain value", "3"),
        ]
        .concat();
        let wanted = [
            display(json!({"text/html": "<b>\n1</b>", "text/plain": "1"})),
            display(json!({"text/html": "2"})),
            Event::Value("3".into()),
        ];
        assert_eq!(parse(&[&output]), wanted);
    }

    #[test]
    fn evcxr_gets_its_lines_even_after_text_without_an_end() {
        let events = parse(&["abcEVCXR_EXECUTION_COMPLETE\nEVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_other\n"]);
        let wanted = [
            text("abc"),
            Event::Evcxr(COMPLETE.into()),
            Event::Evcxr("EVCXR_VARIABLE_CHANGED_TYPE:x".into()),
            text("EVCXR_other\n"),
        ];
        assert_eq!(events, wanted);
    }

    #[test]
    fn a_pause_never_splits_a_mark() {
        for line in ["x\u{1}SEVENLINES t0k {}\n", "xEVCXR_BEGIN_CONTENT a/b\nc\nEVCXR_END_CONTENT\n"] {
            for cut in 0..line.len() {
                let mut parser = Parser::new("t0k");
                let mut events = Vec::new();
                parser.feed(&line.as_bytes()[..cut], &mut events);
                parser.flush(false, &mut events);
                parser.feed(&line.as_bytes()[cut..], &mut events);
                parser.flush(true, &mut events);
                let texts: Vec<_> = events.iter().filter(|event| matches!(event, Event::Text(_))).collect();
                assert_eq!(texts, [&text("x")], "cut at {cut}: {events:?}");
                assert_eq!(events.len(), 2, "cut at {cut}: {events:?}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut parser = Parser::new("t0k");
        // Much that looks like a mark, and at the end one.
        let piece = ["a\u{1}", "EVCXR_", &"b".repeat(1000), "\u{1}SEVENLINES other "].concat();
        let mut events = Vec::new();
        for _ in 0..1000 {
            parser.feed(piece.as_bytes(), &mut events);
            parser.shorten(&mut events);
            assert!(parser.line.len() < LONG + piece.len());
        }
        parser.feed(b"\x01SEVENLINES t0k ", &mut events);
        for _ in 0..1000 {
            parser.feed(piece.as_bytes(), &mut events);
            parser.shorten(&mut events);
        }
        parser.feed(b"\n", &mut events);
        assert_eq!(
            events,
            [text(&piece.repeat(1000)), Event::Operation(piece.repeat(1000).trim_end().into())]
        );
    }

    #[test]
    fn a_panic_within_a_display_is_seen() {
        let events = parse(&["EVCXR_BEGIN_CONTENT a/b\nhalf\nEVCXR_PANIC_NOTIFICATION\n"]);
        assert_eq!(events, [Event::Evcxr(PANIC.into())]);
    }
}
