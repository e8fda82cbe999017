//! rustc's suggestions, carried out: the user's lines as they would be.

use super::snippet::on_screen;
use super::source::Range;
use super::{BLUE, GREEN, PLAIN};

/// More lines than this are not shown.
const MOST: usize = 8;

/// The changed lines, new text in colour. `None` if an edit is outside the lines, or
/// there is too much to show.
pub fn changed(lines: &[&str], edits: &[(Range, String)]) -> Option<Vec<String>> {
    let first = edits.iter().map(|(range, _)| range.start.0).min()?;
    let last = edits.iter().map(|(range, _)| range.end.0).max()?;
    let old = lines.get(first.checked_sub(1)?..last)?;
    let offset = |(line, column): (usize, usize)| {
        let before: usize = old[..line - first].iter().map(|line| line.chars().count() + 1).sum();
        before + column - 1
    };
    let mut text: Vec<char> = old.join("\n").chars().collect();
    let mut edits: Vec<(usize, usize, &str)> =
        edits.iter().map(|(range, text)| (offset(range.start), offset(range.end), text.as_str())).collect();
    edits.sort_unstable();
    for (start, end, new) in edits.into_iter().rev() {
        if start > end || end > text.len() {
            return None;
        }
        text.splice(start..end, coloured(new).chars());
    }
    let text: String = text.into_iter().collect();
    let shown: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(index, line)| format!("{BLUE}{:>3} | {PLAIN}{}", first + index, on_screen(line)))
        .collect();
    (shown.len() <= MOST).then_some(shown)
}

/// New text, each of its lines in colour.
fn coloured(new: &str) -> String {
    let lines: Vec<String> = new
        .split('\n')
        .map(|line| match line.trim() {
            "" => line.to_owned(),
            _ => format!("{GREEN}{line}{PLAIN}"),
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[&str], edits: &[(Range, String)]) -> Option<String> {
        let shown = changed(lines, edits)?.join("\n");
        Some(shown.replace(GREEN, "").replace(BLUE, "").replace(PLAIN, ""))
    }

    fn at(start: (usize, usize), end: (usize, usize), text: &str) -> (Range, String) {
        (Range { start, end }, text.into())
    }

    #[test]
    fn several_edits_of_one_line() {
        let edits = [at((2, 9), (2, 9), "Some("), at((2, 12), (2, 12), ")")];
        assert_eq!(plain(&["", "let a = \"ä\";"], &edits).unwrap(), "  2 | let a = Some(\"ä\");");
    }

    #[test]
    fn an_edit_may_replace_lines_or_add_some() {
        let edits = [at((1, 5), (2, 2), "b,\nc")];
        assert_eq!(plain(&["let a", "= 1"], &edits).unwrap(), "  1 | let b,\n  2 | c 1");
    }

    #[test]
    fn what_does_not_fit_is_not_shown() {
        assert_eq!(plain(&["a"], &[at((1, 9), (1, 9), "x")]), None);
        assert_eq!(plain(&["a"], &[at((4, 1), (4, 1), "x")]), None);
        assert_eq!(plain(&["a"], &[at((1, 1), (1, 1), &"x\n".repeat(20))]), None);
    }
}
