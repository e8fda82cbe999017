//! `setup` killed while pip installs the Jupyter stack, from wherever pip gets its wheels.

use super::moments;
use crate::counts::{record, tries};
use crate::home::{Home, is_hidden, kill, kill_all, names};
use crate::installed::convolution_base;
use crate::outcome::Outcome;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

/// A home in which the virtual environment alone is missing.
fn home() -> Home {
    let home = Home::with_cells();
    remove_environment(&home);
    symlink(sevenlines::home::data(), home.path("home/data")).expect("it is linked");
    home
}

fn remove_environment(home: &Home) {
    // What was killed alone may have left a pip that is still at work there.
    for _ in 0..50 {
        match std::fs::remove_dir_all(home.path("venv")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {}
            _ => return,
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{} cannot be removed", home.path("venv").display());
}

fn setup(home: &Home) -> Command {
    let mut setup = home.command(&["setup"]);
    setup.env("SEVENLINES_WEIGHTS", convolution_base());
    setup
}

/// Whether an environment has all files of all its packages, and pip finds nothing missing.
fn is_whole(home: &Home) -> Result<(), String> {
    const FILES: &str = "\
import importlib.metadata as m, pathlib, sys
lacking = [f'{d.name}: {f}' for d in m.distributions() for f in d.files or [] if f.suffix != '.pyc'
           and not (pathlib.Path(f.locate()).is_file() and f.size in (None, pathlib.Path(f.locate()).stat().st_size))]
import jupyterlab, nbclient, nbconvert
print(len(list(m.distributions())), 'packages')
sys.exit('\\n'.join(lacking) or 0)";
    for arguments in [&["-I", "-c", FILES][..], &["-I", "-m", "pip", "check"]] {
        let asked = Outcome::of(Command::new(home.path("venv/bin/python")).args(arguments));
        if asked.code != Some(0) {
            return Err(asked.out + &asked.err);
        }
    }
    Ok(())
}

/// Every other time what setup has started is killed with it, as a loss of power does; else
/// pip outlives it, and the next setup meets it at work.
#[test]
fn a_killed_pip_is_completed_by_the_next() {
    let kills = tries(0, 10);
    if kills == 0 {
        return println!("SKIPPED a_killed_pip: it takes minutes; tests/reliability/run.py asks for it");
    }
    let home = home();
    let began = Instant::now();
    Outcome::of(&mut setup(&home)).ends(0);
    let whole = began.elapsed();
    is_whole(&home).expect("undisturbed it is whole");
    let (mut lost, mut at_work) = (Vec::new(), 0);
    for (number, moment) in moments(kills, whole).into_iter().enumerate() {
        remove_environment(&home);
        let kill = if number % 2 == 0 { kill_all } else { kill };
        at_work += usize::from(kill(&mut setup(&home), moment));
        let next = Outcome::of(&mut setup(&home));
        if let (Some(0), Ok(())) = (next.code, is_whole(&home)) {
            continue;
        }
        lost.push(format!("kill {number} after {moment:.1?}: {:?} {}", is_whole(&home), next.err));
    }
    let left: Vec<_> = names(&home.path("home")).into_iter().filter(|name| is_hidden(name)).collect();
    if !left.is_empty() {
        lost.push(format!("left {left:?}"));
    }
    assert!(at_work > 0, "none was at work any more");
    record("killed: setup while pip installs", kills, &lost, &format!("{at_work} killed within {whole:.1?}"));
}
