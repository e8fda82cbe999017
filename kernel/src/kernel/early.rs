//! What the kernel says before there is a cell to say it under: kept for the first one.

use std::collections::VecDeque;

/// So many notes are kept, the last ones: a cold build says hundreds of lines.
const KEPT: usize = 20;

/// The notes so far.
#[derive(Debug, Default)]
pub struct Early(VecDeque<Note>);

#[derive(Debug)]
struct Note {
    text: String,
    /// Of what is under way: worth nothing once that is done.
    passing: bool,
}

impl Early {
    /// Keeps a note.
    pub fn keep(&mut self, text: &str, passing: bool) {
        self.0.push_back(Note { text: text.to_owned(), passing });
        if self.0.len() > KEPT {
            let oldest = self.0.iter().position(|note| note.passing).unwrap_or(0);
            self.0.remove(oldest);
        }
    }

    /// What was under way is done.
    pub fn forget_passing(&mut self) {
        self.0.retain(|note| !note.passing);
    }

    /// All that is kept, once.
    pub fn take(&mut self) -> Option<String> {
        let text: String = self.0.drain(..).map(|note| note.text).collect();
        Some(text).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_and_those_that_stay_are_kept() {
        let mut early = Early::default();
        assert_eq!(early.take(), None);
        early.keep("no sources\n", false);
        (0..300).for_each(|number| early.keep(&format!("crate {number}\n"), true));
        let text = early.take().expect("notes");
        assert!(text.starts_with("no sources\ncrate 281\n") && text.ends_with("crate 299\n"), "{text}");
        assert_eq!(early.take(), None);
        early.keep("stays\n", false);
        early.keep("passes\n", true);
        early.forget_passing();
        assert_eq!(early.take().as_deref(), Some("stays\n"));
    }
}
