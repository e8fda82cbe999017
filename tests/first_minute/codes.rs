//! How commands end: 0, 1 and 2 are told of in `tests/commands.rs`; here they are
//! stopped by Ctrl-C and SIGTERM, in the middle of their work.

use crate::modes::{notebook, run_with};
use crate::outcome::Outcome;
use crate::place::{Place, link_tree};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a command, waits until `ready`, sends it a signal; how it ended and how long
/// that took.
fn stop(command: &mut Command, signal: &str, ready: &dyn Fn() -> bool) -> (Outcome, Duration) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not get to its work");
        assert!(child.try_wait().expect("it is known").is_none(), "it ended before its work");
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Instant::now();
    let kill = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let text = |pipe: Option<&mut dyn Read>| {
        let mut text = String::new();
        pipe.expect("a pipe").read_to_string(&mut text).expect("UTF-8");
        text
    };
    let err = text(child.stderr.as_mut().map(|pipe| pipe as &mut dyn Read));
    let out = text(child.stdout.as_mut().map(|pipe| pipe as &mut dyn Read));
    let code = child.wait().expect("it ends").code();
    (Outcome { code, out, err }, sent.elapsed())
}

/// Whether something hidden, a draft, lies in a folder.
fn has_draft(folder: &Path) -> bool {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    names.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with('.'))
}

#[test]
fn a_setup_that_is_stopped_says_how_to_go_on_and_does() {
    let place = Place::new();
    let data = place.path("home/data");
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        fs::remove_dir_all(data.join("drawn")).expect("it is removed");
        let (outcome, time) = stop(&mut place.command(&["setup"]), signal, &|| has_draft(&data));
        let outcome = outcome.ends(code);
        assert!(time < Duration::from_secs(10), "{time:?}");
        assert!(
            outcome.err.contains("setup` goes on from here") && outcome.err.ends_with("stopped\n"),
            "{}",
            outcome.err
        );
        assert!(!outcome.err.contains("error"), "{}", outcome.err);
        assert!(!data.join("drawn").exists() && !has_draft(&data), "half a sample is left");
        match signal {
            "-INT" => drop(place.run(&["setup"]).ends(0)),
            _ => link_tree(&sevenlines::home::data().join("drawn"), &data.join("drawn")),
        }
    }
    let (outcome, _) =
        stop(&mut place.command(&["data", "draw", "mine"]), "-INT", &|| has_draft(&place.path("")));
    assert!(outcome.ends(130).err.ends_with("stopped\n"));
    assert!(!place.path("mine").exists() && !has_draft(&place.path("")));
}

/// cargo and the compilers that it started end with the setup, and hold no lock.
#[test]
fn a_setup_that_is_stopped_takes_its_programs_with_it() {
    let place = Place::new();
    fs::remove_file(place.path("home/cells")).expect("the link is removed");
    let mut setup = place.command(&["setup"]);
    let compiling = || {
        let builds = fs::read_dir(place.path("home/cells")).into_iter().flatten().flatten();
        builds.map(|build| build.path().join("cell/target")).any(|target| target.is_dir())
    };
    let (outcome, time) = stop(&mut setup, "-INT", &compiling);
    assert!(outcome.ends(130).err.contains("goes on from here"));
    assert!(time < Duration::from_secs(10), "{time:?}");
    let lock = File::open(place.path("home/setup.lock")).expect("there is a lock");
    assert!(lock.try_lock().is_ok(), "a program that the setup started still runs");
}

#[test]
fn a_notebook_that_is_stopped_keeps_what_ran() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let began = folder.path().join("began");
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        notebook(
            folder.path(),
            &["print('ran')", "import time; open('began', 'w'); time.sleep(60)", "x = 1"],
        );
        let (outcome, time) = stop(&mut run_with(folder.path(), &[]), signal, &|| began.exists());
        let outcome = outcome.ends(code);
        assert!(time < Duration::from_secs(10), "{time:?}");
        assert!(outcome.err.contains("stopped in cell 2 of 3"), "{}", outcome.err);
        let kept = fs::read_to_string(folder.path().join("out/n.failed.ipynb")).expect("what ran is kept");
        assert!(kept.contains("ran\\n") && !outcome.out.contains("[3/3]"), "{kept}");
        fs::remove_file(&began).expect("it is removed");
    }
}

/// A reader that closes its end is no failure.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let mut child = place.command(&["man"]).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn results_that_a_full_disk_swallows_are_no_success() {
    let place = Place::new();
    for arguments in [&["man"][..], &["doctor"], &["doctor", "--json"], &["completions", "bash"]] {
        let full = File::options().write(true).open("/dev/full").expect("it opens");
        let outcome = Outcome::of(place.command(arguments).stdout(full)).ends(1);
        let said = outcome.err;
        assert!(said.contains("error: could not write standard output: "), "{arguments:?}: {said}");
    }
}
