//! Questions to rust-analyzer about code that is still being written.
//!
//! It sees the whole cell. Where that tells it nothing (an unfinished macro call),
//! or makes it panic (its search for terms of the expected type), it is asked again
//! about the expression before the cursor alone.

use super::context::Context;
use super::syntax;
use evcxr::Completions;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Code up to the cursor in which the expression at its end stands by itself, and
/// the byte of the original at which that expression begins.
pub fn apart(before: &str) -> (String, usize) {
    let start = chain_start(before);
    let mut text = before[..statement_start(before)].to_owned();
    text.push_str(&before[start..]);
    (text, start)
}

/// Completions at a byte of a cell.
pub fn completions(context: &mut Context, code: &str, cursor: usize) -> Option<Completions> {
    let ask = |context: &mut Context, code: &str, cursor: usize| {
        let found = quietly(|| context.evcxr.completions(code, cursor))?.ok()?;
        (!found.completions.is_empty()).then_some(found)
    };
    if let Some(found) = ask(context, code, cursor) {
        return Some(found);
    }
    let (text, start) = apart(code.get(..cursor)?);
    let mut found = ask(context, &format!("{text};"), text.len())?;
    let moved = |at: usize| (start + at).saturating_sub(text.len() - (cursor - start));
    (found.start_offset, found.end_offset) = (moved(found.start_offset), moved(found.end_offset));
    Some(found)
}

/// What is written about the expression that a text ends with, as HTML.
pub fn hover(context: &mut Context, text: &str) -> Option<String> {
    let (plain, html) = quietly(|| context.evcxr.hover_at(text, text.len()))?.ok()?;
    (plain != "No documentation found").then_some(html)
}

/// Runs what may panic, without a word in the kernel's log.
fn quietly<T>(ask: impl FnOnce() -> T) -> Option<T> {
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                usual(panic);
            }
        }));
    });
    QUIET.set(true);
    // The notebook's state is evcxr's own and unchanged by a question.
    let answer = catch_unwind(AssertUnwindSafe(ask)).ok();
    QUIET.set(false);
    answer
}

/// Where the statement begins that is open at the end.
fn statement_start(before: &str) -> usize {
    let bytes = before.as_bytes();
    let brackets = syntax::open(before).brackets;
    let block = brackets.iter().rposition(|at| bytes[*at] == b'{').map_or(0, |index| index + 1);
    let first = brackets.get(block).copied().unwrap_or(before.len());
    before[..first].rfind([';', '{', '}']).map_or(0, |at| at + 1)
}

/// Where the chain of names, calls and indices begins that the text ends with.
fn chain_start(before: &str) -> usize {
    let bytes = before.as_bytes();
    let mut at = before.len();
    loop {
        at = name_start(before, at);
        let mut link = at;
        if bytes[..at].ends_with(b".") {
            link -= 1;
        } else if bytes[..at].ends_with(b"::") {
            link -= 2;
        } else {
            return at;
        }
        while bytes[..link].ends_with(b"?") {
            link -= 1;
        }
        while link > 0 && matches!(bytes[link - 1], b')' | b']' | b'>') {
            match matching(bytes, link - 1) {
                Some(open) => link = open,
                None => return at,
            }
        }
        at = link;
    }
}

/// Where the name begins that ends at `end`.
pub fn name_start(text: &str, end: usize) -> usize {
    let name = text[..end].trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    name.len()
}

/// The bracket that this one closes.
fn matching(bytes: &[u8], close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in (0..=close).rev() {
        match bytes[at] {
            b')' | b']' | b'>' => depth += 1,
            b'(' | b'[' | b'<' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expression_stands_by_itself() {
        for (before, wanted) in [
            ("println!(\"{}\", numbers.le", "numbers.le"),
            ("let a = 1; f(a, g.h(1)[2]?.k", "let a = 1;g.h(1)[2]?.k"),
            ("for i in v { f(i, std::fs::re", "for i in v {std::fs::re"),
            ("let x = Vec::<i32>::ne", "Vec::<i32>::ne"),
            ("a.b", "a.b"),
            ("f(", ""),
        ] {
            let (text, start) = apart(before);
            assert_eq!(text, wanted, "{before}");
            assert!(text.ends_with(&before[start..]));
        }
    }
}
