//! Completion: what rust-analyzer finds, without repetition, what one has made
//! oneself and the library first.

use super::analysis;
use super::commands::{self, COMMANDS};
use super::context::Context;
use super::syntax;
use evcxr::Completions;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::ops::Range;

/// Completes cells.
#[derive(Debug, Default)]
pub struct Completer {
    /// The names that the library's prelude brings, once they are known.
    prelude: Option<HashSet<String>>,
}

/// What may be put in the place of some bytes of a cell, best first.
#[derive(Debug, Default)]
pub struct Found {
    /// The bytes.
    pub range: Range<usize>,
    /// The candidates.
    pub items: Vec<Item>,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is put there.
    pub text: String,
    /// What it is: `function`, `class`, `module`, `instance`, `keyword`, `magic`.
    pub kind: String,
    /// The arguments of a function.
    pub signature: String,
}

impl Item {
    /// As the metadata of the reply has it; positions count characters.
    pub fn metadata(&self, start: usize, end: usize) -> Value {
        json!({
            "text": self.text, "type": self.kind, "signature": self.signature, "start": start, "end": end,
        })
    }
}

impl Completer {
    /// Completes at a byte of a cell.
    pub fn complete(&mut self, context: &mut Context, cell: &str, cursor: usize) -> Found {
        let before = cell.get(..cursor).unwrap_or(cell);
        if let Some((name, argument)) = commands::last_command(before) {
            return match name {
                _ if before.ends_with(name) => command(context, name, cursor),
                ":doc" | ":type" | ":t" | ":time" => {
                    let from = cursor - argument.len();
                    let found = self.rust(context, argument, argument.len());
                    Found { range: from + found.range.start..from + found.range.end, ..found }
                }
                _ => Found { range: cursor..cursor, ..Found::default() },
            };
        }
        self.rust(context, &commands::read(cell).code, cursor)
    }

    fn rust(&mut self, context: &mut Context, code: &str, cursor: usize) -> Found {
        let nothing = Found { range: cursor..cursor, ..Found::default() };
        let Some(before) = code.get(..cursor) else { return nothing };
        let open = syntax::open(before);
        if open.quoted || open.comment {
            return nothing;
        }
        let Some(found) = analysis::completions(context, code, cursor) else { return nothing };
        let range = found.start_offset.min(cursor)..found.end_offset.max(cursor);
        let after_dot = before[..range.start].trim_end().ends_with('.');
        let rank = self.ranks(context, after_dot);
        Found { items: sorted(found, rank), range }
    }

    /// How far down an item goes.
    fn ranks(&mut self, context: &mut Context, after_dot: bool) -> impl Fn(&Item) -> u8 {
        let prelude = self.prelude.get_or_insert_with(|| {
            let path = "sevenlines::prelude::";
            let found = analysis::completions(context, path, path.len());
            found
                .map(|found| sorted(found, |_| 0))
                .unwrap_or_default()
                .into_iter()
                .map(|item| item.text)
                .collect()
        });
        let mut near: HashSet<String> = context.evcxr.defined_item_names().map(str::to_owned).collect();
        near.extend(prelude.iter().cloned());
        let variables: HashSet<String> =
            context.evcxr.variables_and_types().map(|(name, _)| name.to_owned()).collect();
        move |item| {
            let local = item.kind == "instance" && item.text.starts_with(|c: char| c.is_lowercase());
            match item.kind.as_str() {
                // `iter().max` where `max` was asked for.
                _ if item.text.contains("()") || item.text.starts_with("__") => 6,
                _ if after_dot => u8::from(!local),
                _ if local || variables.contains(&item.text) => 0,
                _ if near.contains(&item.text) => 1,
                "module" => 3,
                "keyword" => 4,
                _ => 2,
            }
        }
    }
}

/// Names of commands.
fn command(context: &mut Context, begun: &str, cursor: usize) -> Found {
    let found =
        context.evcxr.completions(begun, begun.len()).map(|found| found.completions).unwrap_or_default();
    let mut names: Vec<String> = found.into_iter().map(|item| item.code).collect();
    names.extend(COMMANDS.iter().map(|(name, ..)| (*name).to_owned()).filter(|name| name.starts_with(begun)));
    names.sort_by_key(|name| (COMMANDS.iter().all(|(ours, ..)| ours != name), name.clone()));
    names.dedup();
    let item = |text| Item { text, kind: "magic".into(), signature: String::new() };
    Found { range: cursor - begun.len()..cursor, items: names.into_iter().map(item).collect() }
}

/// Each candidate once, in order.
fn sorted(found: Completions, rank: impl Fn(&Item) -> u8) -> Vec<Item> {
    let mut items: Vec<Item> = found.completions.iter().map(|item| item_of(&item.code, item.kind)).collect();
    // Of two of one name, the function says more than the private field.
    items.sort_by_key(|item| (rank(item), item.text.to_lowercase(), item.signature.is_empty()));
    let mut seen = HashSet::new();
    let functions: HashSet<String> =
        items.iter().filter(|item| item.kind == "function").map(|item| item.text.clone()).collect();
    items.retain(|item| {
        let hidden = item.kind != "function" && functions.contains(&item.text);
        !hidden && seen.insert(item.text.clone())
    });
    items
}

/// evcxr gives the text with arguments and braces: `push(value)`, `loop {\n\n}`.
fn item_of(code: &str, kind: &str) -> Item {
    let (text, arguments) =
        match code.strip_suffix(')').and_then(|inner| inner.split_at_checked(last_open(inner)?)) {
            Some((name, arguments)) => (name, Some(&arguments[1..])),
            None => (code, None),
        };
    let text = text.split([' ', '\n', '{', '[', '"']).next().unwrap_or(text);
    let text = text.trim_end_matches("::").trim_end_matches('(');
    let signature = arguments.map(|list| {
        let itself = ["&mut self", "&self", "self"].into_iter().find_map(|own| list.strip_prefix(own));
        format!("({})", itself.unwrap_or(list).trim_start_matches(", "))
    });
    Item { text: text.to_owned(), kind: kind.to_owned(), signature: signature.unwrap_or_default() }
}

/// Where the bracket is that the end of the text closes.
fn last_open(inner: &str) -> Option<usize> {
    let mut depth = 0;
    inner.char_indices().rev().find_map(|(at, c)| match c {
        ')' => {
            depth += 1;
            None
        }
        '(' if depth == 0 => Some(at),
        '(' => {
            depth -= 1;
            None
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_put_there_and_its_arguments_are_shown() {
        for (code, text, signature) in [
            ("push(value)", "push", "(value)"),
            ("fit(&mut self, batches, nb_epoch)", "fit", "(batches, nb_epoch)"),
            ("len()", "len", "()"),
            ("iter().le(other)", "iter().le", "(other)"),
            ("println!()", "println!", "()"),
            ("vec![]", "vec!", ""),
            ("loop {\n    \n}", "loop", ""),
            ("candle_core::", "candle_core", ""),
            ("eprintln!(\"{}\", x)", "eprintln!", "(\"{}\", x)"),
            ("f(a, (b, c))", "f", "(a, (b, c))"),
        ] {
            let item = item_of(code, "function");
            assert_eq!((item.text.as_str(), item.signature.as_str()), (text, signature), "{code}");
        }
    }
}
