//! Bytes as a cell's output, in pieces: whatever the pieces, the same is found, no text is
//! lost, and nothing is done that does not carry the token.
#![no_main]

// What the parser asks of the library.
extern crate self as sevenlines;

#[allow(dead_code, reason = "the parser uses the mark alone")]
#[path = "../../../lib/src/channel.rs"]
pub mod channel;
#[allow(dead_code, reason = "the kernel uses more of it")]
#[path = "../../../kernel/src/child/parse.rs"]
mod parse;

use parse::{Event, Parser};

const TOKEN: &str = "t0k";

/// What was found, in a form that does not depend on where the output was divided.
#[derive(Debug, Default, PartialEq)]
struct Found {
    /// All text, in order.
    text: Vec<u8>,
    /// Everything else but displays, with the text before it.
    others: Vec<(usize, Event)>,
    /// Displays' parts, sorted: a pause divides a display.
    displays: Vec<(String, String)>,
}

impl Found {
    fn of(events: Vec<Event>) -> Found {
        let mut found = Found::default();
        for event in events {
            match event {
                Event::Text(text) => found.text.extend(text),
                Event::Display(parts) => {
                    found.displays.extend(parts.into_iter().map(|(kind, value)| (kind, value.to_string())))
                }
                other => found.others.push((found.text.len(), other)),
            }
        }
        found.displays.sort();
        found
    }
}

/// Parses `output` divided at `cuts`; `pauses` between the pieces if asked for.
fn parse(output: &[u8], cuts: &[u8], pauses: bool) -> Found {
    let mut parser = Parser::new(TOKEN);
    let (mut events, mut rest) = (Vec::new(), output);
    for cut in cuts {
        let (piece, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        parser.feed(piece, &mut events);
        if pauses {
            parser.flush(false, &mut events);
        }
        rest = after;
    }
    parser.feed(rest, &mut events);
    parser.flush(true, &mut events);
    Found::of(events)
}

fn count(text: &[u8], what: &[u8]) -> usize {
    text.windows(what.len()).filter(|window| *window == what).count()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (cuts, output) = bytes.split_at(bytes.len().min(8));
    let whole = parse(output, &[], false);
    assert_eq!(parse(output, cuts, false), whole, "cut");
    assert_eq!(parse(output, cuts, true), whole, "cut, with pauses");
    let mark = channel::mark(TOKEN).into_bytes();
    let operations = whole.others.iter().filter(|(_, event)| matches!(event, Event::Operation(_))).count();
    assert!(operations <= count(output, &mark), "an operation without the token");
    if count(output, &mark) == 0 && count(output, b"EVCXR_") == 0 {
        assert_eq!(whole, Found { text: output.to_vec(), ..Found::default() }, "text is lost");
    }
});
