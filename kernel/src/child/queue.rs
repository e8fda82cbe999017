//! Text on its way to the kernel: pieces are joined, in order, so that a cell
//! with a million lines sends some hundred messages.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The least time between two messages of text.
const PAUSE: Duration = Duration::from_millis(30);
/// More text than this is sent at once.
const LARGE: usize = 1 << 16;

/// Which stream a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// Waiting text.
#[derive(Debug, Default)]
pub struct Queue {
    texts: Vec<(Stream, Vec<u8>)>,
    sent: Option<Instant>,
}

impl Queue {
    /// Adds text.
    pub fn push(&mut self, stream: Stream, bytes: &[u8]) {
        match self.texts.last_mut() {
            Some((last, text)) if *last == stream => text.extend_from_slice(bytes),
            _ => self.texts.push((stream, bytes.to_vec())),
        }
    }

    /// How long the text may still wait; `None` if there is none.
    pub fn wait(&self) -> Option<Duration> {
        let length: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        match (length, self.sent) {
            (0, _) => None,
            (LARGE.., _) | (_, None) => Some(Duration::ZERO),
            (_, Some(sent)) => Some(PAUSE.saturating_sub(sent.elapsed())),
        }
    }

    /// Takes the text, as operations. Half a character stays, unless `all`.
    pub fn take(&mut self, all: bool) -> Vec<Value> {
        self.sent = Some(Instant::now());
        let mut operations = Vec::new();
        let last = self.texts.len().saturating_sub(1);
        let texts = std::mem::take(&mut self.texts);
        for (index, (stream, mut text)) in texts.into_iter().enumerate() {
            let rest = if all || index < last { Vec::new() } else { text.split_off(whole_characters(&text)) };
            if !text.is_empty() {
                let text = String::from_utf8_lossy(&text);
                operations.push(json!({ "op": "stream", "name": stream.name(), "text": text }));
            }
            if !rest.is_empty() {
                self.texts.push((stream, rest));
            }
        }
        operations
    }
}

/// The length without an unfinished character at the end.
fn whole_characters(text: &[u8]) -> usize {
    // A character has four bytes at most, so an unfinished one three.
    let starts = (text.len().saturating_sub(3)..text.len()).rev();
    let unfinished = |start: &usize| {
        std::str::from_utf8(&text[*start..])
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    starts.into_iter().find(unfinished).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_texts_in_order_and_keeps_half_a_character() {
        let mut queue = Queue::default();
        queue.push(Stream::Stdout, b"a");
        queue.push(Stream::Stdout, b"b");
        queue.push(Stream::Stderr, b"c");
        queue.push(Stream::Stdout, &"é".as_bytes()[..1]);
        let texts = queue.take(false);
        assert_eq!(texts.len(), 2);
        assert_eq!(texts[0], json!({"op": "stream", "name": "stdout", "text": "ab"}));
        queue.push(Stream::Stdout, &"é".as_bytes()[1..]);
        assert_eq!(queue.take(false), [json!({"op": "stream", "name": "stdout", "text": "é"})]);
        queue.push(Stream::Stderr, b"\xff\xfe!");
        assert_eq!(queue.take(false)[0]["text"], "\u{fffd}\u{fffd}!");
        // Two, three bytes of four, behind what is no text at all, and as much of it
        // as a cell can print.
        for kept in 1..4 {
            queue.push(Stream::Stdout, &[vec![0xff; 10_000_000], "🦀".as_bytes()[..kept].to_vec()].concat());
            assert_eq!(queue.take(false)[0]["text"].as_str().map(str::len), Some(30_000_000));
            queue.push(Stream::Stdout, &"🦀".as_bytes()[kept..]);
            assert_eq!(queue.take(false)[0]["text"], "🦀");
        }
    }

    #[test]
    fn waits_only_if_something_was_just_sent() {
        let mut queue = Queue::default();
        assert_eq!(queue.wait(), None);
        queue.push(Stream::Stdout, b"a");
        assert_eq!(queue.wait(), Some(Duration::ZERO));
        queue.take(true);
        queue.push(Stream::Stdout, b"a");
        assert!(queue.wait().is_some_and(|wait| wait > Duration::ZERO));
        queue.push(Stream::Stdout, &vec![b'a'; LARGE]);
        assert_eq!(queue.wait(), Some(Duration::ZERO));
    }
}
