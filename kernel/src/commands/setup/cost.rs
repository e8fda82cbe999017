//! How long a step is expected to take: from a table of measured times, or as it took on
//! this machine before.

use crate::report::about;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The cores of the machine that the table was measured on.
const MEASURED_ON: f64 = 2.0;
/// More cores than this do not help: the last crate is compiled alone.
const MOST: f64 = 8.0;

/// A step's time in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// That more cores do not shorten: the network and the disk.
    fixed: f64,
    /// That they do, on two cores.
    shared: f64,
}

/// The table, from two cores of 2023 with the registries near; a slow network takes
/// longer.
impl Cost {
    /// A few small files.
    pub const FILES: Cost = Cost { fixed: 0.2, shared: 0.0 };
    /// Some ninety packages from PyPI into a new environment.
    pub const JUPYTER: Cost = Cost { fixed: 16.0, shared: 0.0 };
    /// The convolution base, from whichever source has it.
    pub const BASE: Cost = Cost { fixed: 10.0, shared: 0.0 };
    /// The standard library's sources, with Debian's list of packages before.
    pub const SOURCES: Cost = Cost { fixed: 40.0, shared: 0.0 };
    /// The library alone; what it needs is taken over from the workspace.
    pub const LIBRARY: Cost = Cost { fixed: 0.0, shared: 75.0 };
    /// The library with all that it needs.
    pub const LIBRARY_COLD: Cost = Cost { fixed: 0.0, shared: 355.0 };
    /// Four hundred pictures, drawn.
    pub const SAMPLE: Cost = Cost { fixed: 0.0, shared: 6.0 };
    /// A small program on what is compiled already.
    pub const PROGRAM: Cost = Cost { fixed: 0.0, shared: 15.0 };

    /// A download of so many megabytes, at 10 MB a second.
    pub const fn download(megabytes: usize) -> Cost {
        Cost { fixed: 2.0 + megabytes as f64 / 10.0, shared: 0.0 }
    }

    fn seconds(self, cores: usize) -> f64 {
        self.fixed + self.shared * MEASURED_ON / (cores as f64).clamp(1.0, MOST)
    }
}

/// The cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What steps took on this machine before, kept in sevenlines's folder.
pub struct Earlier(BTreeMap<String, f64>);

impl Earlier {
    /// Reads it; what is not there or damaged is nothing.
    pub fn read() -> Earlier {
        let text = std::fs::read_to_string(file()).unwrap_or_default();
        let all: Value = serde_json::from_str(&text).unwrap_or_default();
        let same = all["cores"] == json!(cores());
        let times = all["seconds"].as_object().filter(|_| same).into_iter().flatten();
        Earlier(times.filter_map(|(name, time)| Some((name.clone(), time.as_f64()?))).collect())
    }

    /// What a step is expected to take.
    pub fn expect(&self, id: &str, cost: Cost) -> f64 {
        self.0.get(id).copied().unwrap_or_else(|| cost.seconds(cores()))
    }

    /// Whether this step has been timed here.
    pub fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Adds what a step took. That it cannot be kept harms nothing.
    pub fn keep(&mut self, id: &str, seconds: f64) {
        self.0.insert(id.to_owned(), (seconds * 10.0).round() / 10.0);
        let text = json!({ "cores": cores(), "seconds": self.0 }).to_string();
        let _ = crate::paths::write(&file(), text.as_bytes());
    }
}

fn file() -> PathBuf {
    sevenlines::home::dir().join("times/setup.json")
}

/// `about 5 min on 2 cores`.
pub fn on_this_machine(seconds: f64) -> String {
    let cores = cores();
    format!("{} on {cores} core{}", about(seconds), if cores == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cores_shorten_what_is_computed_alone() {
        assert_eq!(Cost::LIBRARY.seconds(2), 75.0);
        assert_eq!(Cost::LIBRARY.seconds(4), 37.5);
        assert_eq!(Cost::LIBRARY.seconds(64), Cost::LIBRARY.seconds(8));
        assert_eq!(Cost::JUPYTER.seconds(2), Cost::JUPYTER.seconds(64));
    }

    #[test]
    fn what_was_measured_here_comes_first() {
        let earlier = Earlier([("library".to_owned(), 77.0)].into());
        assert_eq!(earlier.expect("library", Cost::LIBRARY), 77.0);
        assert!(earlier.knows("library") && !earlier.knows("sample"));
        assert_eq!(earlier.expect("sample", Cost::download(100)), 12.0);
    }
}
