//! A set of replacements in a text.

use std::ops::Range;

/// Replacements, applied together; insertions at one place keep their order.
#[derive(Debug, Default)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Adds text before `position`.
    pub fn insert(&mut self, position: usize, text: impl Into<String>) {
        self.replace(position..position, text);
    }

    /// Puts text in place of a range of bytes.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edited text; `None` if edits overlap or do not fit the text.
    pub fn apply(mut self, text: &str) -> Option<String> {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len() * 2);
        let mut done = 0;
        for (range, replacement) in self.0 {
            out.push_str(text.get(done..range.start)?);
            out.push_str(&replacement);
            done = range.end;
        }
        out.push_str(text.get(done..)?);
        Some(out)
    }
}
