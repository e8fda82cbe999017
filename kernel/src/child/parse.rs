//! What a cell's stdout says: text, marked operations of the library, and displays
//! in evcxr's form.
//!
//! Whatever a cell prints may come from a file or the net, so printed text must stay
//! text. An operation carries the token, which printed text cannot know, and evcxr's
//! own words come as operations. Its form of a display carries nothing: it counts
//! only while a value shows itself, between two operations.

use serde_json::{Map, Value};
use sevenlines::channel::{self, SHOWN, SHOWS};

/// One thing found in the output.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Text, as it was printed.
    Text(Vec<u8>),
    /// An operation of the library, as JSON.
    Operation(String),
    /// A MIME bundle that a value displayed.
    Display(Map<String, Value>),
}

/// The word by which evcxr's runtime says that a cell has ended.
pub const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
/// What evcxr's words begin with that ask the user for something.
pub const INPUT: &str = "EVCXR_INPUT_REQUEST";
const BEGIN: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";

/// A line longer than this is handed out before it ends.
const LONG: usize = 1 << 16;

/// Finds [`Event`]s in output that comes in pieces of any size.
#[derive(Debug)]
pub struct Parser {
    mark: Vec<u8>,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// How many values are showing themselves, one within the other.
    showing: usize,
    /// The MIME type of the display that is being read, and all that was printed of it.
    content: Option<(String, Vec<u8>)>,
    /// A display that may yet get another MIME type.
    bundle: Map<String, Value>,
}

impl Parser {
    /// A parser that takes operations marked with this token.
    pub fn new(token: &str) -> Parser {
        Parser {
            mark: channel::mark(token).into_bytes(),
            line: Vec::new(),
            showing: 0,
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
            } else if self.line.len() > LONG && self.content.is_none() {
                self.part_of_line(events);
            }
        }
    }

    /// Hands out an unfinished line and display: no more came for a while, or the
    /// cell has ended (`all`). What may be the start of a mark is kept back.
    pub fn flush(&mut self, all: bool, events: &mut Vec<Event>) {
        self.end_bundle(events);
        if all {
            self.end_content(events);
            let rest = std::mem::take(&mut self.line);
            self.text(rest, events);
        } else if self.content.is_none() {
            self.part_of_line(events);
        }
    }

    /// Whether there is something to flush.
    pub fn has_partial(&self) -> bool {
        !self.bundle.is_empty() || !self.line.is_empty() && self.content.is_none()
    }

    fn part_of_line(&mut self, events: &mut Vec<Event>) {
        let mut end = possible(&self.line, &self.mark).unwrap_or(self.line.len());
        // Not behind a mark: an operation may be large, and comes in many pieces.
        if self.showing > 0
            && let Some(start) = possible(&self.line[..end], BEGIN)
        {
            end = start;
        }
        let text = self.line.drain(..end).collect();
        self.text(text, events);
    }

    fn whole_line(&mut self, mut line: Vec<u8>, events: &mut Vec<Event>) {
        let operation = find(&line, &self.mark).map(|start| {
            let operation = String::from_utf8_lossy(&line[start + self.mark.len()..]).trim_end().to_owned();
            line.truncate(start);
            operation
        });
        self.own_line(line, events);
        let Some(operation) = operation else { return };
        // A display that was cut off is text.
        self.end_content(events);
        self.end_bundle(events);
        match operation.as_str() {
            SHOWS => self.showing += 1,
            SHOWN => self.showing = self.showing.saturating_sub(1),
            _ => {
                // A value that panicked did not say that it was shown.
                if operation == channel::word(COMPLETE) {
                    self.showing = 0;
                }
                events.push(Event::Operation(operation));
            }
        }
    }

    /// A line, or what stands before an operation.
    fn own_line(&mut self, mut line: Vec<u8>, events: &mut Vec<Event>) {
        if let Some((_, printed)) = &mut self.content {
            printed.extend_from_slice(&line);
            if line.strip_suffix(b"\n") == Some(END.as_bytes()) {
                self.whole_content();
            }
            return;
        }
        let start = if self.showing > 0 { find(&line, BEGIN) } else { None };
        let Some(start) = start else { return self.text(line, events) };
        let begin = line.split_off(start);
        self.text(line, events);
        let mime = String::from_utf8_lossy(&begin[BEGIN.len()..]).trim().to_owned();
        if self.bundle.contains_key(&mime) {
            self.end_bundle(events);
        }
        self.content = Some((mime, begin));
    }

    /// The last line of a display has come.
    fn whole_content(&mut self) {
        let Some((mime, printed)) = self.content.take() else { return };
        let printed = String::from_utf8_lossy(&printed);
        let inner = printed.split_once('\n').map_or("", |(_, rest)| rest);
        let inner = inner.strip_suffix('\n').and_then(|inner| inner.strip_suffix(END)).unwrap_or(inner);
        let inner = inner.strip_suffix('\n').unwrap_or(inner);
        self.bundle.insert(mime, Value::String(inner.to_owned()));
    }

    fn end_content(&mut self, events: &mut Vec<Event>) {
        if let Some((_, printed)) = self.content.take() {
            self.text(printed, events);
        }
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

/// Where in an unfinished line a mark stands, or what may become one.
fn possible(line: &[u8], mark: &[u8]) -> Option<usize> {
    find(line, mark).or_else(|| {
        let last = line.len().saturating_sub(mark.len());
        (last..line.len()).find(|start| mark.starts_with(&line[*start..]))
    })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    // The mark's first byte is rare; most lines are done after one scan.
    let first = *what.first()?;
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(index, _)| index);
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

    fn marked(operation: &str) -> String {
        format!("{}{operation}\n", channel::mark("t0k"))
    }

    /// As a value shows itself.
    fn shown(printed: &str) -> String {
        format!("{}{printed}{}", marked(SHOWS), marked(SHOWN))
    }

    fn block(mime: &str, text: &str) -> String {
        format!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT\n")
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
        let output = [
            shown(&[block("text/html", "<b>\n1</b>"), block("text/plain", "1")].concat()),
            shown(&format!("{}said\n", block("text/html", "2"))),
            shown(&block("text/plain", "")),
        ];
        let wanted = [
            display(json!({"text/html": "<b>\n1</b>", "text/plain": "1"})),
            display(json!({"text/html": "2"})),
            text("said\n"),
            display(json!({"text/plain": ""})),
        ];
        assert_eq!(parse(&[&output.concat()]), wanted);
    }

    #[test]
    fn printed_text_is_text_whatever_it_says() {
        let printed = [
            block("text/html", "<script>alert(1)</script>"),
            "EVCXR_EXECUTION_COMPLETE\nEVCXR_PANIC_NOTIFICATION\nEVCXR_ERROR_OCCURRED\n".into(),
            "EVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_INPUT_REQUEST_PASSWORD:your password\n".into(),
            format!("\u{1}SEVENLINES  {SHOWS}\n\u{1}SEVENLINES t0 {SHOWS}\n"),
            block("text/html", "again"),
        ];
        let printed = printed.concat();
        assert_eq!(parse(&[&printed]), [text(&printed)]);
        // Before, between and after values that show themselves, too.
        let output = [&printed, &shown(&block("text/plain", "1")), &printed, &shown(""), &printed];
        let wanted =
            [text(&printed), display(json!({"text/plain": "1"})), text(&[printed.as_str(); 2].concat())];
        assert_eq!(parse(&[&output.map(String::as_str).concat()]), wanted);
    }

    #[test]
    fn a_display_within_a_display_ends_neither() {
        let output = shown(&format!("{}{}", shown(&block("text/plain", "1")), block("text/plain", "2")));
        assert_eq!(
            parse(&[&output]),
            [display(json!({"text/plain": "1"})), display(json!({"text/plain": "2"}))]
        );
    }

    #[test]
    fn a_pause_never_splits_a_mark_or_a_display() {
        let display = format!("{}xEVCXR_BEGIN_CONTENT a/b\nc\nEVCXR_END_CONTENT\n", marked(SHOWS));
        for line in ["x\u{1}SEVENLINES t0k {}\n", &display] {
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
    fn a_panic_within_a_display_is_seen_and_ends_it() {
        let panic = channel::word("EVCXR_PANIC_NOTIFICATION");
        let half = "EVCXR_BEGIN_CONTENT a/b\nhalf\n";
        let output =
            [marked(SHOWS), half.into(), marked(&panic), marked(&channel::word(COMPLETE)), block("a/b", "c")];
        let wanted = [
            text(half),
            Event::Operation(panic),
            Event::Operation(channel::word(COMPLETE)),
            text(&block("a/b", "c")),
        ];
        assert_eq!(parse(&[&output.concat()]), wanted);
    }

    #[test]
    fn a_long_line_does_not_pile_up_and_an_operation_does() {
        let mut parser = Parser::new("t0k");
        let mut events = Vec::new();
        for _ in 0..10 {
            parser.feed(&[b'a'; LONG], &mut events);
        }
        let begun = format!("{}{{\"op\":\"{}", channel::mark("t0k"), "b".repeat(2 * LONG));
        parser.feed(begun.as_bytes(), &mut events);
        assert_eq!(events, [Event::Text(vec![b'a'; 10 * LONG])]);
        parser.feed(b"\"}\n", &mut events);
        assert_eq!(events.len(), 2);
    }
}
