//! The cells of this session, as `history_request` asks for them.

use jupyter_protocol::{HistoryEntry, HistoryRequest};

/// The code of every cell that was to be remembered, with its number.
#[derive(Debug, Default)]
pub struct History(Vec<(usize, String)>);

impl History {
    /// Remembers a cell.
    pub fn push(&mut self, number: usize, code: &str) {
        self.0.push((number, code.to_owned()));
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
                (self.0.iter().filter(|(number, _)| in_range(*number)).collect(), *output)
            }
            HistoryRequest::Search { pattern, unique, output, n, .. } => {
                let mut found: Vec<_> = self.0.iter().filter(|(_, code)| matches(pattern, code)).collect();
                if *unique {
                    let mut seen = std::collections::HashSet::new();
                    found.reverse();
                    found.retain(|(_, code)| seen.insert(code.clone()));
                    found.reverse();
                }
                (last(found, *n), *output)
            }
        };
        found.into_iter().map(|(number, code)| entry(*number, code, output)).collect()
    }
}

fn last<T>(mut items: Vec<T>, n: i32) -> Vec<T> {
    // Some clients leave `n` out, which reads as 0: all of them.
    if n > 0 {
        items.drain(..items.len().saturating_sub(n as usize));
    }
    items
}

fn entry(number: usize, code: &str, output: bool) -> HistoryEntry {
    match output {
        true => HistoryEntry::InputOutput(0, number, (code.to_owned(), String::new())),
        false => HistoryEntry::Input(0, number, code.to_owned()),
    }
}

/// Whether a shell pattern (`*` and `?`) fits the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    fn fits(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| fits(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && fits(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && fits(rest, &text[1..]),
        }
    }
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    fits(&chars(pattern), &chars(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(request: HistoryRequest) -> Vec<String> {
        let mut history = History::default();
        for (index, code) in ["let a = 1;", "a", "let b = 2;", "a"].iter().enumerate() {
            history.push(index + 1, code);
        }
        let entries = history.answer(&request);
        entries
            .into_iter()
            .map(|entry| match entry {
                HistoryEntry::Input(_, number, code) => format!("{number} {code}"),
                HistoryEntry::InputOutput(_, number, (code, _)) => format!("{number} {code} +"),
            })
            .collect()
    }

    #[test]
    fn answers_the_three_kinds() {
        let tail = HistoryRequest::Tail { n: 2, output: false, raw: true };
        assert_eq!(codes(tail), ["3 let b = 2;", "4 a"]);
        let range = HistoryRequest::Range { session: None, start: 2, stop: 4, output: true, raw: true };
        assert_eq!(codes(range), ["2 a +", "3 let b = 2; +"]);
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
}
