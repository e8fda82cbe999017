//! The cells of this session, as `history_request` asks for them.

use jupyter_protocol::{HistoryEntry, HistoryRequest};

/// As much of a cell's value is remembered, in bytes: enough to look it up, and a
/// session that shows large values does not keep them all.
const LONGEST_OUTPUT: usize = 1 << 20;

/// Every cell that was to be remembered.
#[derive(Debug, Default)]
pub struct History(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    number: usize,
    code: String,
    /// The text of its value, or nothing.
    output: String,
}

impl History {
    /// Remembers a cell.
    pub fn push(&mut self, number: usize, code: &str) {
        self.0.push(Entry { number, code: code.to_owned(), output: String::new() });
    }

    /// The text of the last cell's value.
    pub fn set_output(&mut self, text: &str) {
        if let Some(last) = self.0.last_mut() {
            let end = text.floor_char_boundary(LONGEST_OUTPUT);
            last.output = text[..end].to_owned();
            if end < text.len() {
                last.output += &format!("… (the first {end} of {} bytes)", text.len());
            }
        }
    }

    /// Answers a request.
    pub fn answer(&self, request: &HistoryRequest) -> Vec<HistoryEntry> {
        let (found, output): (Vec<_>, bool) = match request {
            HistoryRequest::Tail { n, output, .. } => (last(self.0.iter().collect(), *n), *output),
            HistoryRequest::Range { start, stop, output, .. } => {
                let in_range = |number: usize| {
                    let number = number as i64;
                    number >= i64::from(*start) && (*stop <= 0 || number < i64::from(*stop))
                };
                (self.0.iter().filter(|entry| in_range(entry.number)).collect(), *output)
            }
            HistoryRequest::Search { pattern, unique, output, n, .. } => {
                let mut found: Vec<_> = self.0.iter().filter(|entry| matches(pattern, &entry.code)).collect();
                if *unique {
                    let mut seen = std::collections::HashSet::new();
                    found.reverse();
                    found.retain(|entry| seen.insert(entry.code.clone()));
                    found.reverse();
                }
                (last(found, *n), *output)
            }
        };
        found.into_iter().map(|found| entry(found, output)).collect()
    }
}

fn last<T>(mut items: Vec<T>, n: i32) -> Vec<T> {
    // A search without `n` comes as 0: all of them.
    if n > 0 {
        items.drain(..items.len().saturating_sub(n as usize));
    }
    items
}

fn entry(entry: &Entry, output: bool) -> HistoryEntry {
    let (number, code) = (entry.number, entry.code.clone());
    match output {
        true => HistoryEntry::InputOutput(0, number, (code, entry.output.clone())),
        false => HistoryEntry::Input(0, number, code),
    }
}

/// Whether a shell pattern (`*` and `?`) fits the whole text. Without recursion: both
/// may be long.
fn matches(pattern: &str, text: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    let (pattern, text) = (chars(pattern), chars(text));
    let (mut at, mut in_text) = (0, 0);
    // The last `*`, and where the text that it stands for ends so far.
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, in_text));
                at += 1;
            }
            (Some(c), _) if *c == '?' || *c == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            (_, Some((begin, end))) => {
                star = Some((begin, end + 1));
                at = begin + 1;
                in_text = end + 1;
            }
            _ => return false,
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(request: HistoryRequest) -> Vec<String> {
        let mut history = History::default();
        for (index, code) in ["let a = 1;", "a", "let b = 2;", "a"].iter().enumerate() {
            history.push(index + 1, code);
            if *code == "a" {
                history.set_output("1");
            }
        }
        let entries = history.answer(&request);
        entries
            .into_iter()
            .map(|entry| match entry {
                HistoryEntry::Input(_, number, code) => format!("{number} {code}"),
                HistoryEntry::InputOutput(_, number, (code, output)) => {
                    format!("{number} {code} -> {output}")
                }
            })
            .collect()
    }

    #[test]
    fn a_large_value_is_remembered_by_its_beginning() {
        let mut history = History::default();
        for text in ["é".repeat(LONGEST_OUTPUT / 2), "é".repeat(LONGEST_OUTPUT)] {
            history.push(1, "a");
            history.set_output(&text);
        }
        assert_eq!(history.0[0].output.len(), LONGEST_OUTPUT);
        assert!(history.0[1].output.ends_with("é… (the first 1048576 of 2097152 bytes)"));
    }

    #[test]
    fn answers_the_three_kinds() {
        let tail = HistoryRequest::Tail { n: 2, output: false, raw: true };
        assert_eq!(codes(tail), ["3 let b = 2;", "4 a"]);
        let range = HistoryRequest::Range { session: None, start: 2, stop: 4, output: true, raw: true };
        assert_eq!(codes(range), ["2 a -> 1", "3 let b = 2; -> "]);
        let search = |pattern: &str, unique| HistoryRequest::Search {
            pattern: pattern.into(),
            unique,
            output: false,
            raw: true,
            n: 0,
        };
        assert_eq!(codes(search("let*?;", false)), ["1 let a = 1;", "3 let b = 2;"]);
        assert_eq!(codes(search("a", true)), ["4 a"]);
    }

    #[test]
    fn a_long_pattern_neither_overflows_nor_takes_for_ever() {
        let text = "a".repeat(100_000);
        assert!(matches(&"?".repeat(100_000), &text) && !matches(&"?".repeat(100_001), &text));
        assert!(matches(&"*a".repeat(1000), &text) && matches("*a?a*", &text) && matches("**", ""));
        assert!(!matches(&format!("{}b", "*a".repeat(1000)), &"a".repeat(2000)));
    }
}
