//! What the session's earlier cells did, as far as errors want to tell it: their
//! text, the variables they made, and the variables that are no longer there.

use std::collections::HashMap;

/// A cell that has run.
#[derive(Debug)]
struct Cell {
    number: usize,
    code: String,
    failed: bool,
}

/// The memory.
#[derive(Debug, Default)]
pub struct Memory {
    cells: Vec<Cell>,
    /// The cell that made each variable.
    made: HashMap<String, usize>,
    /// The cell in which a variable was lost, and how.
    gone: HashMap<String, (usize, Loss)>,
    /// The process that held the variables has ended.
    ended: bool,
}

/// How a variable was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// A cell used it up.
    Moved,
    /// The process that held it ended.
    Ended,
}

impl Memory {
    /// A cell has ended: its number and text, whether it failed, and the variables
    /// before and after.
    pub fn ran(&mut self, number: usize, code: &str, failed: bool, before: &[String], after: &[String]) {
        self.cells.push(Cell { number, code: code.to_owned(), failed });
        let loss = if std::mem::take(&mut self.ended) { Loss::Ended } else { Loss::Moved };
        for name in before.iter().filter(|name| !after.contains(name)) {
            self.gone.insert(name.clone(), (number, loss));
        }
        for name in after {
            self.gone.remove(name);
            if !before.contains(name) || binds(code, name) {
                self.made.insert(name.clone(), number);
            }
        }
    }

    /// The process that held the variables ended in the cell that runs.
    pub fn process_ended(&mut self) {
        self.ended = true;
    }

    /// The cell that this variable was lost in, and how.
    pub fn gone(&self, name: &str) -> Option<(usize, Loss)> {
        self.gone.get(name).copied()
    }

    /// The cells that made these variables, in order.
    pub fn makers(&self, names: &[String]) -> Vec<usize> {
        let mut cells: Vec<usize> = names.iter().filter_map(|name| self.made.get(name).copied()).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The cell that made this variable.
    pub fn maker(&self, name: &str) -> Option<usize> {
        self.made.get(name).copied()
    }

    /// Earlier cells, the latest first.
    pub fn cells(&self) -> impl Iterator<Item = (usize, &str)> {
        self.cells.iter().rev().map(|cell| (cell.number, cell.code.as_str()))
    }

    /// The latest cell with a `let` of this name, if it failed.
    pub fn failed_maker(&self, name: &str) -> Option<usize> {
        let cell = self.cells.iter().rev().find(|cell| binds(&cell.code, name))?;
        cell.failed.then_some(cell.number)
    }
}

/// Whether the code has a `let` of this name.
fn binds(code: &str, name: &str) -> bool {
    let words: Vec<&str> =
        code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| pair[0] == "let" && pair[1] == name)
        || words.windows(3).any(|three| three[..2] == ["let", "mut"] && three[2] == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_where_a_variable_was_made_and_lost() {
        let (a, b) = (["a".to_owned()], ["a".to_owned(), "b".to_owned()]);
        let mut memory = Memory::default();
        memory.ran(1, "let a = 1;", false, &[], &a);
        memory.ran(2, "let mut b = a;", false, &a, &b[1..]);
        assert_eq!(memory.gone("a"), Some((2, Loss::Moved)));
        assert_eq!(memory.makers(&b), [1, 2]);
        memory.ran(3, "let a = 3;", false, &b[1..], &b);
        assert_eq!(memory.gone("a"), None);
        assert_eq!(memory.maker("a"), Some(3));
        memory.ran(4, "let mut a = 4;", false, &b, &b);
        assert_eq!((memory.maker("a"), memory.maker("b")), (Some(4), Some(2)));
        memory.process_ended();
        memory.ran(5, "crash()", true, &b, &[]);
        assert_eq!(memory.gone("b"), Some((5, Loss::Ended)));
        memory.ran(6, "let mut c = oh no", true, &[], &[]);
        assert_eq!((memory.failed_maker("c"), memory.failed_maker("b")), (Some(6), None));
    }
}
