//! Lines of a cell with marks and labels under them, as rustc draws them.

use super::source::Range;
use super::{BLUE, PLAIN, RED};
use std::collections::{BTreeMap, BTreeSet};

/// Tabs are shown this wide.
const TAB: usize = 4;
/// A range of more lines than this is shown without its middle.
const WHOLE: usize = 4;

/// A marked range.
#[derive(Debug, Clone)]
pub struct Mark {
    /// What is marked.
    pub range: Range,
    /// What is said of it; may be empty.
    pub label: String,
    /// Whether the error is here, rather than what led to it.
    pub primary: bool,
}

/// A part of a mark that lies on one line, in columns of the screen.
struct Piece<'a> {
    start: usize,
    end: usize,
    label: &'a str,
    primary: bool,
}

/// The lines that are marked, with the marks.
pub fn draw(lines: &[&str], marks: &[Mark]) -> Vec<String> {
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let mut pieces: BTreeMap<usize, Vec<Piece>> = BTreeMap::new();
    for mark in marks {
        let (first, last) = (mark.range.start.0, mark.range.end.0.min(lines.len()));
        if last - first.min(last) < WHOLE {
            shown.extend(first..=last);
        }
        for (line, piece) in split(lines, mark, first, last) {
            shown.insert(line);
            pieces.entry(line).or_default().push(piece);
        }
    }
    let mut out = Vec::new();
    let mut before = None;
    for number in shown {
        let Some(line) = number.checked_sub(1).and_then(|index| lines.get(index)) else { continue };
        if before.is_some_and(|before| before + 1 < number) {
            out.push(format!("{BLUE}...{PLAIN}"));
        }
        before = Some(number);
        out.push(format!("{BLUE}{number:>3} | {PLAIN}{}", on_screen(line)));
        if let Some(pieces) = pieces.get_mut(&number) {
            out.extend(under(pieces));
        }
    }
    out
}

/// A mark's pieces: one, or the first and the last line of a longer range.
fn split<'a>(lines: &[&str], mark: &'a Mark, first: usize, last: usize) -> Vec<(usize, Piece<'a>)> {
    let text = |line: usize| lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
    let piece = |line: usize, from: usize, to: usize, label: &'a str| {
        let (start, end) = (column(text(line), from), column(text(line), to));
        (line, Piece { start, end: end.max(start + 1), label, primary: mark.primary })
    };
    let (from, to) = (mark.range.start.1, mark.range.end.1);
    if first >= last {
        return vec![piece(first, from, to, &mark.label)];
    }
    let indent = text(last).chars().take_while(|c| c.is_whitespace()).count() + 1;
    vec![
        piece(first, from, text(first).trim_end().chars().count() + 1, ""),
        piece(last, indent.min(to), to, &mark.label),
    ]
}

/// The rows under a line: all marks, the last one's label behind it, then the other
/// labels under their marks.
fn under(pieces: &mut [Piece]) -> Vec<String> {
    // Of two marks at one place the primary one is seen.
    pieces.sort_by_key(|piece| (piece.start, piece.primary));
    let width = pieces.iter().map(|piece| piece.end).max().unwrap_or(0);
    let mut row: Vec<Option<bool>> = vec![None; width];
    for primary in [false, true] {
        for piece in pieces.iter().filter(|piece| piece.primary == primary) {
            row[piece.start..piece.end].fill(Some(primary));
        }
    }
    let mut rest: Vec<&Piece> = pieces.iter().filter(|piece| !piece.label.is_empty()).collect();
    let mut marks = marks(&row);
    // Behind the marks there is room for the label of the one that ends them.
    if rest.last().is_some_and(|last| last.end == width)
        && let Some(last) = rest.pop()
    {
        marks += &labelled(last, " ");
    }
    let mut out = vec![format!("{BLUE}    | {PLAIN}{marks}")];
    while let Some(last) = rest.pop() {
        let mut line = String::new();
        let mut at = 0;
        for piece in rest.iter().filter(|piece| piece.start < last.start) {
            if piece.start >= at {
                line += &format!("{}{}|{PLAIN}", " ".repeat(piece.start - at), colour(piece.primary));
                at = piece.start + 1;
            }
        }
        line += &labelled(last, &" ".repeat(last.start - at));
        out.push(format!("{BLUE}    | {PLAIN}{line}"));
    }
    out
}

fn labelled(piece: &Piece, space: &str) -> String {
    let mut lines = piece.label.lines();
    let mut text = format!("{space}{}{}", colour(piece.primary), lines.next().unwrap_or_default());
    for line in lines {
        text += &format!("\n{BLUE}    | {}{}{line}", colour(piece.primary), " ".repeat(piece.start));
    }
    text + PLAIN
}

fn marks(row: &[Option<bool>]) -> String {
    let mut text = String::new();
    let mut now = None;
    for mark in row {
        if *mark != now {
            text += mark.map_or(PLAIN, colour);
            now = *mark;
        }
        text.push(match mark {
            None => ' ',
            Some(true) => '^',
            Some(false) => '-',
        });
    }
    text + PLAIN
}

fn colour(primary: bool) -> &'static str {
    if primary { RED } else { BLUE }
}

/// The column on the screen, from 0, of a character's column, from 1.
fn column(line: &str, character: usize) -> usize {
    let known: usize = line.chars().take(character - 1).map(width).sum();
    known + (character - 1).saturating_sub(line.chars().count())
}

/// A line as it is shown: with spaces for tabs.
pub fn on_screen(line: &str) -> String {
    line.trim_end().replace('\t', &" ".repeat(TAB))
}

/// How many columns of the screen a character takes, in the usual fonts.
fn width(c: char) -> usize {
    match u32::from(c) {
        9 => TAB,
        // Combining marks, joiners and variation selectors.
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        // East Asian scripts, their punctuation and full-width forms, pictographs.
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(start: (usize, usize), end: (usize, usize), label: &str, primary: bool) -> Mark {
        Mark { range: Range { start, end }, label: label.into(), primary }
    }

    fn plain(lines: &[&str], marks: &[Mark]) -> Vec<String> {
        let drawn = draw(lines, marks).join("\n").replace(PLAIN, "").replace(BLUE, "").replace(RED, "");
        drawn.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn labels_of_one_line_do_not_hide_each_other() {
        let lines = ["let a: i32 = \"x\";"];
        let marks = [mark((1, 14), (1, 17), "found `&str`", true), mark((1, 8), (1, 11), "expected", false)];
        assert_eq!(
            plain(&lines, &marks),
            ["  1 | let a: i32 = \"x\";", "    |        ---   ^^^ found `&str`", "    |        expected"]
        );
    }

    #[test]
    fn wide_characters_and_tabs_stay_aligned() {
        let lines = ["\tlet k = \"日本\" + 1;"];
        let drawn = plain(&lines, &[mark((1, 15), (1, 16), "here", true)]);
        assert_eq!(drawn, ["  1 |     let k = \"日本\" + 1;", "    |                    ^ here"]);
    }

    #[test]
    fn a_range_of_lines_shows_its_ends() {
        let lines = ["let w = if true {", "    1", "} else {", "    2", "};", "more"];
        let drawn = plain(&lines, &[mark((1, 9), (5, 2), "differs", true)]);
        assert_eq!(
            drawn,
            ["  1 | let w = if true {", "    |         ^^^^^^^^^", "...", "  5 | };", "    | ^ differs"]
        );
        let short = plain(&lines, &[mark((1, 9), (3, 2), "", true)]);
        assert_eq!(short[2], "  2 |     1");
    }

    #[test]
    fn a_place_behind_the_end_is_drawn() {
        let drawn = plain(&["let a = 1"], &[mark((1, 10), (1, 10), "", true)]);
        assert_eq!(drawn[1], "    |          ^");
    }
}
