//! A test's work in a process of its own: with an environment of its own, and a peak of
//! memory that is nobody else's. It is this test binary again, for one ignored test, which
//! finds out here what to do.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const CASE: &str = "SEVENLINES_TEST_CASE";
const ANSWER: &str = "SEVENLINES_TEST_ANSWER";

/// Has the ignored test `test` do `case`, with these variables set; what it answers.
#[track_caller]
pub fn run(test: &str, case: &str, folder: &Path, set: &[(&str, &str)]) -> Value {
    let file = tempfile::NamedTempFile::new().expect("a file for the answer");
    let mut command = Command::new(std::env::current_exe().expect("this test binary has a path"));
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(CASE, case).env(ANSWER, file.path()).current_dir(folder);
    set.iter().for_each(|(name, value)| {
        command.env(name, value);
    });
    let output = command.output().expect("this test binary runs");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let answer = std::fs::read_to_string(file.path()).expect("the answer is read");
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success() && !answer.is_empty(), "{case}: {}\n{out}\n{err}", output.status);
    serde_json::from_str(&answer).expect("the answer is JSON")
}

/// What this process is to do, and the folder with what it needs.
pub fn case() -> (String, PathBuf) {
    let case = std::env::var(CASE).expect("this test is run by others, in a process of its own");
    (case, std::env::current_dir().expect("the process is somewhere"))
}

/// The answer.
pub fn answer(value: &Value) {
    std::fs::write(std::env::var_os(ANSWER).expect("a file for the answer"), value.to_string())
        .expect("the answer is written");
}

/// The most memory that this process has held, in bytes.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells the peak");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak is told");
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    1024 * kibibytes
}
