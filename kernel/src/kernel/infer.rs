//! Types that rust-analyzer does not find, asked of rustc.
//!
//! evcxr stores each variable under its type, which rust-analyzer infers. It fails
//! where a type lies in a package that it is not shown, or where the standard
//! library's sources are not installed. Then rustc is given the same text with a
//! mismatch for each variable, and its messages name the types; the cell runs with
//! these written out.

use crate::cells;
use proc_macro2::Span;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Local, Pat, PatIdent, Stmt};

/// How evcxr says that it knows no type.
const UNKNOWN: &str = "Couldn't automatically determine type of variable";
/// What evcxr's analysed text has for each variable.
const STORED: &str = "evcxr_variable_store(";
/// The probe's text, below evcxr's folder.
const PROBE: &str = "probe.rs";
/// The types' names come out of a type of ours, numbered by variable.
const HELPERS: &str = "
struct EvcxrType<T, const N: usize>(T);
fn evcxr_type<T, const N: usize>(value: T) -> EvcxrType<T, N> { EvcxrType(value) }
";

/// The code with types, if evcxr's error is that it knows none and rustc does.
pub fn annotate(code: &str, error: &evcxr::Error, work: &Path) -> Option<String> {
    if !error.to_string().contains(UNKNOWN) {
        return None;
    }
    let places = untyped(code)?;
    let mut names: Vec<&str> =
        places.iter().flat_map(|place| &place.names).map(|name| name.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let types = ask(&names, work)?;
    let mut typed = code.to_owned();
    // From the end, so that positions stay.
    for place in places.iter().rev() {
        if let Some(text) = place.annotation(&types) {
            typed.insert_str(place.at, &text);
        }
    }
    (typed != code).then_some(typed)
}

/// A `let` without a type.
#[derive(Debug, PartialEq)]
struct Place {
    /// Where the text goes.
    at: usize,
    names: Vec<Name>,
    /// The pattern is more than a name: the names are bound again behind it, since
    /// of a type for the whole evcxr would not know the parts.
    again: bool,
}

#[derive(Debug, PartialEq)]
struct Name {
    name: String,
    mutable: bool,
}

impl Place {
    fn annotation(&self, types: &HashMap<String, String>) -> Option<String> {
        let texts: Option<Vec<String>> = self
            .names
            .iter()
            .map(|Name { name, mutable }| {
                let ty = types.get(name)?;
                let mutable = if *mutable { "mut " } else { "" };
                Some(if self.again {
                    format!(" let {mutable}{name}: {ty} = {name};")
                } else {
                    format!(": {ty}")
                })
            })
            .collect();
        texts.map(|texts| texts.concat())
    }
}

/// The top-level `let`s of a cell that say no type.
fn untyped(code: &str) -> Option<Vec<Place>> {
    // Commands are not Rust; blanks keep the positions.
    let blank = |line: &str| match line.trim_start().starts_with(':') {
        true => {
            line.chars().map(|c| if c == '\n' { c.to_string() } else { " ".repeat(c.len_utf8()) }).collect()
        }
        false => line.to_owned(),
    };
    let rust: String = code.split_inclusive('\n').map(blank).collect();
    let block: Block = syn::parse_str(&format!("{{{rust}\n}}")).ok()?;
    let lets = block.stmts.iter().filter_map(|stmt| match stmt {
        Stmt::Local(local) => place(local),
        _ => None,
    });
    Some(lets.collect())
}

fn place(local: &Local) -> Option<Place> {
    // One byte for the bracket that was put before the code.
    let end = |span: Span| span.byte_range().end - 1;
    let name = |name: &PatIdent| Name { name: name.ident.to_string(), mutable: name.mutability.is_some() };
    match &local.pat {
        Pat::Type(_) => None,
        Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none() => {
            Some(Place { at: end(pat.ident.span()), names: vec![name(pat)], again: false })
        }
        pattern => {
            let mut found = Names::default();
            found.visit_pat(pattern);
            let names: Vec<Name> = found.0.into_iter().map(name).collect();
            (!names.is_empty()).then(|| Place { at: end(local.semi_token.span()), names, again: true })
        }
    }
}

/// The names that a pattern binds.
#[derive(Default)]
struct Names<'ast>(Vec<&'ast PatIdent>);

impl<'ast> Visit<'ast> for Names<'ast> {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        // A constant or a variant of an enum looks the same, but is not lowercase.
        if pat.ident.to_string().starts_with(|c: char| c.is_lowercase() || c == '_') {
            self.0.push(pat);
        }
        visit::visit_pat_ident(self, pat);
    }
}

/// Has rustc name the variables' types in the text that evcxr analysed last.
fn ask(names: &[&str], work: &Path) -> Option<HashMap<String, String>> {
    let mut text = fs::read_to_string(work.join("src/lib.rs")).ok()?;
    for (number, name) in names.iter().enumerate() {
        let probe = format!("let () = evcxr_type::<_, {number}>({name});");
        text = text.replace(&format!("{STORED}{name});"), &probe);
    }
    fs::write(work.join(PROBE), text + HELPERS).ok()?;
    let output = cells::probe(work, PROBE)?.output().ok()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    let types = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|message| named(&message));
    Some(types.filter_map(|(number, ty)| Some(((*names.get(number)?).to_owned(), ty))).collect())
}

/// The number and the type that a mismatch names.
fn named(message: &Value) -> Option<(usize, String)> {
    let texts = message["children"].as_array()?.iter().filter_map(|child| child["message"].as_str());
    texts.filter_map(parse).next()
}

/// Reads "expected struct `EvcxrType<std::vec::Vec<{integer}>, 3>`".
fn parse(text: &str) -> Option<(usize, String)> {
    let (_, rest) = text.split_once("`EvcxrType<")?;
    let (inside, _) = rest.split_once(">`")?;
    let (ty, number) = inside.rsplit_once(", ")?;
    // Nobody said more of these numbers, so they are what Rust takes by default.
    let ty = ty.replace("{integer}", "i32").replace("{float}", "f64");
    // What outlives its cell borrows from nothing that does not; rustc leaves that out.
    let ty = ty.replace("'_", "'static").replace('&', "&'static ").replace("&'static '", "&'");
    let words = ty.split(|c: char| !c.is_alphanumeric() && c != '_');
    let unknown = ty.contains('{') || words.into_iter().any(|word| word == "_" || word == "impl");
    (!unknown).then_some((number.parse().ok()?, ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_patterns_are_found() {
        let code = ":dep é = \"1\"\nlet mut a = f();\nlet b: u8 = 1; let (c, mut d) = g();\n\
                    { let e = 1; }\nlet Some(h) = i else { panic!() };";
        let types = ["a", "c", "d", "h"].map(|name| (name.to_owned(), name.to_uppercase())).into();
        let mut typed = code.to_owned();
        for place in untyped(code).unwrap().iter().rev() {
            typed.insert_str(place.at, &place.annotation(&types).unwrap());
        }
        let wanted = ":dep é = \"1\"\nlet mut a: A = f();\nlet b: u8 = 1; let (c, mut d) = g(); let c: C = c; let mut d: D = d;\n\
                      { let e = 1; }\nlet Some(h) = i else { panic!() }; let h: H = h;";
        assert_eq!(typed, wanted);
    }

    #[test]
    fn a_type_that_is_not_known_is_not_written() {
        let place = Place { at: 0, names: vec![Name { name: "x".into(), mutable: false }], again: false };
        assert_eq!(place.annotation(&HashMap::new()), None);
    }

    #[test]
    fn messages_name_types() {
        let text = "expected struct `EvcxrType<std::vec::Vec<{integer}>, 3>`\nfound unit type `()`";
        assert_eq!(parse(text), Some((3, "std::vec::Vec<i32>".into())));
        let map = "expected struct `EvcxrType<std::collections::HashMap<my_crate::A_b, f32>, 0>`";
        assert_eq!(parse(map), Some((0, "std::collections::HashMap<my_crate::A_b, f32>".into())));
        for unnameable in
            ["{closure@src/lib.rs:3:1: 3:4}", "impl Iterator<Item = u8>", "Vec<_>", "std::ops::Range<_, _>"]
        {
            assert_eq!(parse(&format!("expected struct `EvcxrType<{unnameable}, 0>`")), None, "{unnameable}");
        }
    }
}
