//! Edits to the text that evcxr generates for a cell, before it is compiled.
//!
//! evcxr runs a cell as a closure that ends by storing the new variables. A `?`
//! that returns early skips that end, and evcxr forgets them all: stopping `fit`
//! in the cell that loaded the model would lose the model. Here each `?` stores
//! the variables made so far before it returns ([`early`]), and evcxr's included
//! runtime is told that the others are lost ([`runtime`]). What a value prints while
//! it shows itself is told from all other text ([`runtime`], [`shows`]).
//!
//! Every edit stays on its line, so that messages keep their line numbers, and
//! none is needed for a cell to run: where evcxr's text is not as expected, or
//! the edited one does not compile, the caller falls back to the next version.

mod early;
mod edits;
mod runtime;
mod shows;
#[cfg(test)]
mod tests;

pub use runtime::SHOW_DEBUG;

use std::collections::BTreeSet;

/// An edited cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The whole text.
    pub text: String,
    /// The lines, from 1, that differ from the original.
    pub edited: BTreeSet<usize>,
}

/// The versions to try, best first; the original itself is not among them.
/// `library` says whether the cell may call into `sevenlines`.
pub fn versions(original: &str, library: bool) -> Vec<Version> {
    let plain = runtime::edit(original, library);
    let marked = library.then(|| shows::edit(&plain)).flatten();
    let mut texts = Vec::new();
    for base in marked.into_iter().chain([plain]) {
        for put_back in [true, false] {
            // Lines and positions are those of `base`, so this comes second.
            texts.extend(early::edit(&base, library, put_back));
        }
        texts.push(base);
    }
    texts.dedup();
    texts.retain(|text| text != original);
    texts.into_iter().map(|text| Version { edited: differing(original, &text), text }).collect()
}

fn differing(a: &str, b: &str) -> BTreeSet<usize> {
    let lines = a.lines().zip(b.lines()).enumerate();
    lines.filter(|(_, (a, b))| a != b).map(|(index, _)| index + 1).collect()
}
