//! `docs/errors.md` and the errors in the sources name the same things.

use crate::source::{self, Names};
use std::collections::BTreeSet;
use syn::visit::Visit;

/// The rows below a heading: the cells of each, without the table's head.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let document =
        std::fs::read_to_string(source::repository().join("docs/errors.md")).expect("docs/errors.md");
    let (_, section) = document.split_once(&format!("## {heading}\n")).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<Vec<String>> = lines
        .map(|line| {
            line.trim_matches('|').split(" | ").map(|cell| name_or_sentence(cell.trim()).to_owned()).collect()
        })
        .collect();
    for row in &rows {
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell in {heading}: {row:?}");
    }
    rows
}

/// A cell that is one name in backticks, without them; a sentence keeps its own.
fn name_or_sentence(cell: &str) -> &str {
    let inner = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
    inner.filter(|inner| !inner.contains('`')).unwrap_or(cell)
}

#[track_caller]
fn agree(heading: &str, code: BTreeSet<String>, document: BTreeSet<String>) {
    let missing: Vec<_> = code.difference(&document).collect();
    let stale: Vec<_> = document.difference(&code).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "docs/errors.md, {heading}\nin the code and not in the document:\n{missing:#?}\n\
         in the document and not in the code:\n{stale:#?}"
    );
}

/// The enum's variants stand in the document by name, and with their messages where
/// these are one text.
fn variants_agree(heading: &str, file: &str) {
    let rows = rows(heading);
    let code = source::variants(&source::file(&source::repository().join(file)));
    let name = |name: &str| name.to_owned();
    agree(
        heading,
        code.iter().map(|(variant, _)| name(variant)).collect(),
        rows.iter().map(|row| name(&row[0])).collect(),
    );
    let said = |variant: &str| rows.iter().find(|row| row[0] == variant).map(|row| row[1].clone());
    for (variant, message) in code.iter().filter(|(_, message)| !message.is_empty()) {
        assert_eq!(said(variant).as_ref(), Some(message), "docs/errors.md, {heading}: what {variant} says");
    }
}

#[test]
fn the_librarys_errors_are_documented() {
    variants_agree("Errors of the library", "lib/src/error.rs");
}

#[test]
fn the_commands_errors_are_documented() {
    variants_agree("Errors of the command", "kernel/src/error.rs");
}

#[test]
fn invalid_requests_are_documented() {
    for (heading, folder) in
        [("Invalid, in the library", "lib/src"), ("Invalid, in the command", "kernel/src")]
    {
        let code = source::files(folder).iter().flat_map(source::invalid).collect();
        agree(heading, code, rows(heading).into_iter().map(|row| row[0].clone()).collect());
    }
}

#[test]
fn the_kernels_names_for_errors_are_documented() {
    let mut names = Names::default();
    source::files("kernel/src/kernel").iter().for_each(|file| names.visit_file(file));
    let document = rows("What a notebook calls an error").into_iter().map(|row| row[0].clone()).collect();
    agree("What a notebook calls an error", names.0, document);
}
