//! What `crashes` kills and what `disk_full` leaves no room for: work that writes files,
//! each kind in a folder of its own. The parent makes the folder ready ([`Work::prepare`]);
//! the work is done in a process of its own, this very program again, as [`child`].

pub mod learner;
pub mod outside;
pub mod sets;

use sevenlines::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WORK: &str = "SEVENLINES_TEST_WORK";
const FOLDER: &str = "SEVENLINES_TEST_FOLDER";
const ROUNDS: &str = "SEVENLINES_TEST_ROUNDS";
/// The convolution base, for a child whose home is another.
pub const BASE: &str = "SEVENLINES_TEST_BASE";

/// One kind of work. It replaces what it writes: round 0 writes one thing, round 1
/// another, round 2 the first again.
pub struct Work {
    pub name: &'static str,
    /// Makes what the work starts from, below `folder`.
    pub prepare: fn(&Path),
    /// What each process does before its first round.
    pub ready: fn(&Path),
    /// One round, in `folder`.
    pub round: fn(&Path, usize) -> Result<(), Error>,
    /// What round n leaves, below `folder`.
    pub result: &'static str,
}

impl Work {
    /// What is there of what the work writes: files and what is in them.
    pub fn found(&self, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let path = folder.join(self.result);
        // The same tensors, though the metadata's order differs from file to file.
        match path.extension().is_some_and(|ending| ending == "safetensors") && path.is_file() {
            true => vec![(path.clone(), format!("{:?}", learner::bits(&path)).into_bytes())],
            false => contents(&path),
        }
    }
}

pub const ALL: [&Work; 7] = [
    &learner::SAVE,
    &learner::ARRAY,
    &outside::SUBMISSION,
    &outside::DOWNLOAD,
    &sets::SPLIT,
    &sets::KAGGLE,
    &sets::DRAW,
];

/// A process that does rounds of a kind of work, and says `begin` before them.
pub fn command(work: &str, folder: &Path, rounds: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program is somewhere"));
    command.args(["--exact", "work::child", "--ignored", "--nocapture"]);
    command.env(WORK, work).env(FOLDER, folder).env(ROUNDS, rounds.to_string());
    command.env(BASE, crate::support::installed::convolution_base());
    command.env("SEVENLINES_HOME", folder.join("home"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the other tests run it in processes of its own"]
fn child() {
    let Ok(name) = std::env::var(WORK) else { return };
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("a folder"));
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).expect("a number");
    // After what the test program says of its tests.
    println!();
    let ended = match name.as_str() {
        "fit" => learner::fit(&folder, rounds),
        "features" => learner::features(&folder, rounds),
        "disk" => {
            crate::disk_full::fill(&folder);
            Ok(())
        }
        name => {
            let work = ALL.into_iter().find(|work| work.name == name).expect("known work");
            (work.ready)(&folder);
            println!("begin");
            (0..rounds).try_for_each(|round| (work.round)(&folder, round))
        }
    };
    if let Err(error) = ended {
        println!("error: {error}");
        std::process::exit(1);
    }
    println!("end");
}

/// The files below `path`, or it alone, with what is in them; nothing if it is not there.
pub fn contents(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if path.is_file() {
        return vec![(path.to_owned(), std::fs::read(path).expect("it is read"))];
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.flat_map(|entry| contents(&entry.path())).collect();
    found.sort();
    found
}

/// The drafts directly in `folder`: files and folders that are not finished.
pub fn drafts(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.') && name != ".sevenlines.json").collect()
}
