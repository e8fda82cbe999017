//! Colours, and lines that change in place, only on a terminal, by the usual variables.

use crate::modes::{notebook, run_with};
use crate::outcome::Outcome;
use crate::place::{BINARY, Place, repository};
use std::process::Command;

/// The same command with its output on a terminal.
fn on_a_terminal(command: &Command, set: &[(&str, &str)]) -> Outcome {
    let mut terminal = Command::new("python3");
    terminal.arg(repository().join("tests/first_minute/terminal.py")).arg(command.get_program());
    terminal.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    Outcome::of(terminal.env("TERM", "xterm").envs(set.iter().copied()))
}

#[test]
fn the_doctor_is_painted_on_a_terminal_alone() {
    let place = Place::new();
    let doctor = place.command(&["doctor"]);
    let is_painted = |outcome: &Outcome| outcome.out.contains("\x1b[32mok");
    assert!(is_painted(&on_a_terminal(&doctor, &[]).ends(0)));
    for set in [[("NO_COLOR", "1")], [("TERM", "dumb")], [("CLICOLOR", "0")]] {
        let plain = on_a_terminal(&doctor, &set).ends(0);
        assert!(
            !plain.out.contains('\x1b') && plain.out.contains("Notebooks can run."),
            "{set:?}: {}",
            plain.out
        );
    }
    assert!(!place.run(&["doctor"]).ends(0).out.contains('\x1b'));
    let forced =
        |set: &[(&str, &str)]| Outcome::of(place.command(&["doctor"]).envs(set.iter().copied())).ends(0);
    assert!(is_painted(&forced(&[("CLICOLOR_FORCE", "1")])));
    assert!(!is_painted(&forced(&[("CLICOLOR_FORCE", "0")])));
    assert!(!is_painted(&forced(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])));
}

#[test]
fn help_and_refusals_follow_the_same_rule() {
    let mut wrong = Command::new(BINARY);
    wrong.arg("frobnicate").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    assert!(on_a_terminal(&wrong, &[]).ends(2).out.contains('\x1b'));
    assert!(!on_a_terminal(&wrong, &[("NO_COLOR", "1")]).ends(2).out.contains('\x1b'));
    assert!(!Outcome::of(&mut wrong).ends(2).err.contains('\x1b'));
}

#[test]
fn a_running_notebook_counts_on_a_terminal_and_is_quiet_in_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    notebook(folder.path(), &["x = 1", "import time; time.sleep(3)", "x + 1"]);
    let run = run_with(folder.path(), &[]);
    let live = on_a_terminal(&run, &[]).ends(0);
    assert!(live.out.contains("\r\x1b[K[2/3] import time; time.sleep(3)"), "{}", live.out);
    let counts = ["1 s, 1 more cell", "2 s, 1 more cell"].iter().any(|words| live.out.contains(words));
    assert!(counts && live.out.contains("\x1b[32m"), "{}", live.out);
    let dumb = on_a_terminal(&run, &[("TERM", "dumb")]).ends(0);
    assert!(!dumb.out.contains('\x1b') && dumb.out.contains("3 of 3 cells ran in"), "{}", dumb.out);
    let plain = on_a_terminal(&run, &[("NO_COLOR", "1")]).ends(0);
    assert!(!plain.out.contains("\x1b[32m") && plain.out.contains("\r\x1b[K[2/3]"), "{}", plain.out);
}
