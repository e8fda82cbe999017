//! `docs/command.md` against the sources and the binary: each command, each exit code,
//! each environment variable is there, and none that is not.

use crate::outcome::Outcome;
use crate::place::{BINARY, repository};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The code spans in the first column of the tables below a heading.
fn first_column(heading: &str) -> BTreeSet<String> {
    let page = std::fs::read_to_string(repository().join("docs/command.md")).expect("docs/command.md");
    let (_, section) = page.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(name, _)| name.to_owned()).collect()
}

/// The variables that a program's text names as `"SEVENLINES_…"`.
fn variables(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        if entry.path().is_dir() {
            variables(&entry.path(), found);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        // What follows in a Rust file is its tests.
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for (at, _) in text.match_indices("\"SEVENLINES_") {
            let name = text[at + 1..].split('"').next().unwrap_or_default();
            // The library's own tests have some for the processes that they start.
            let is_test = name.starts_with("SEVENLINES_TEST_");
            if !is_test && name.bytes().all(|letter| letter == b'_' || letter.is_ascii_uppercase()) {
                found.insert(name.to_owned());
            }
        }
    }
}

#[test]
fn every_variable_that_the_code_reads_is_documented() {
    let mut code = BTreeSet::new();
    for folder in ["lib/src", "kernel/src", "kernel/python"] {
        variables(&repository().join(folder), &mut code);
    }
    assert!(code.len() > 15, "{code:?}");
    let yours = first_column("Environment variables");
    let own = first_column("Variables between its own processes");
    assert!(yours.is_disjoint(&own));
    let documented: BTreeSet<String> =
        yours.union(&own).filter(|name| name.starts_with("SEVENLINES_")).cloned().collect();
    assert_eq!(documented, code);
}

#[test]
fn every_command_is_documented() {
    let help = Outcome::of(Command::new(BINARY).arg("--help")).ends(0).out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let code: BTreeSet<String> =
        commands.map_while(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    let documented: BTreeSet<String> = first_column("Commands")
        .iter()
        .filter_map(|line| line.split_whitespace().nth(1))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, code);
}

#[test]
fn help_and_document_know_the_same_exit_codes() {
    let help = Outcome::of(Command::new(BINARY).arg("--help")).ends(0).out;
    let (_, codes) = help.split_once("Exit codes: ").expect("help tells of exit codes");
    let codes = codes.lines().next().unwrap_or_default();
    let code: BTreeSet<String> =
        codes.split(';').filter_map(|part| part.split_whitespace().next()).map(str::to_owned).collect();
    assert_eq!(first_column("Exit codes"), code);
}
