//! How often a test of reliability tries something, and what came of it.
//!
//! By default it tries as often as a test may; `tests/reliability/run.py` sets
//! [`VARIABLE`] to a folder: then it tries as often as `docs/reliability.md` states,
//! and leaves its counts there.

use std::path::PathBuf;

/// The environment variable that holds the folder for the counts.
pub const VARIABLE: &str = "SEVENLINES_RELIABILITY";

fn folder() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// `long` if the counts are asked for, else `short`.
pub fn tries(short: usize, long: usize) -> usize {
    if folder().is_some() { long } else { short }
}

/// Writes down what came of a test: one line of the table in `docs/reliability.md`.
/// `figures` says what else was measured ("slowest 0.2 s, peak 90 MB"), or nothing.
/// Fails if anything was lost.
#[track_caller]
pub fn record(what: &str, tried: usize, lost: &[String], figures: &str) {
    println!("{what}: tried {tried}, lost {}; {figures}", lost.len());
    if let Some(folder) = folder() {
        let name: String = what.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let line = serde_json::json!({
            "what": what, "tried": tried, "survived": tried.saturating_sub(lost.len()),
            "lost": lost.len(), "figures": figures,
        });
        std::fs::create_dir_all(&folder).expect("the folder for the counts is made");
        std::fs::write(folder.join(name + ".json"), line.to_string()).expect("the counts are written");
    }
    assert!(lost.is_empty(), "{what}: {} of {tried} lost:\n{}", lost.len(), lost.join("\n"));
}
