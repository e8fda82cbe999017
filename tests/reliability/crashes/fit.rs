//! `fit` with checkpoints: resumed as often as it is killed, it ends as one that was never
//! disturbed, and no kill costs more than the epoch under way.

use super::{moments, run};
use crate::support::counts::{record, tries};
use crate::work::{self, learner};
use std::collections::BTreeMap;
use std::path::Path;

const EPOCHS: usize = 24;

fn copy(from: &Path, to: &Path) {
    for (file, bytes) in work::contents(from) {
        let place = to.join(file.strip_prefix(from).expect("it is below"));
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(place, bytes).expect("the file is copied");
    }
}

#[test]
fn a_killed_fit_resumes_and_ends_to_the_last_bit_the_same() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let [undisturbed, killed] = ["undisturbed", "killed"].map(|name| home.path().join(name));
    learner::draw(&undisturbed);
    copy(&undisturbed, &killed);
    // The body looks at the pictures once, here.
    let first = run(&mut work::command("fit", &undisturbed, EPOCHS), None);
    assert_eq!(first.number("epochs "), Some(EPOCHS));
    copy(&undisturbed.join("features"), &killed.join("features"));
    let right = learner::bits(&undisturbed.join(format!("run/epoch-{EPOCHS}.safetensors")));
    std::fs::remove_dir_all(undisturbed.join("run")).expect("the run is removed");
    let time = run(&mut work::command("fit", &undisturbed, EPOCHS), None).time;

    let kills = tries(5, 50);
    let (mut lost, mut ends, mut at_work, mut done) = (Vec::new(), 0, 0, 0);
    // A start gets through a quarter of the run on average: it takes some to end it.
    for (number, moment) in moments(kills, time / 2).into_iter().enumerate() {
        // Short and long ones in turn, so that each is tried early and late in a run.
        let moment = if number % 2 == 0 { moment } else { time / 2 - moment };
        let ended = run(&mut work::command("fit", &killed, EPOCHS), Some(moment));
        at_work += usize::from(ended.was_killed);
        let resumed = ended.number("resumed ").expect("it says where it began");
        if resumed + 1 < done {
            lost.push(format!("kill {number}: {done} epochs were told, and it went on after {resumed}"));
        }
        done = ended.number("Epoch ").unwrap_or(0).max(resumed);
        if !ended.was_killed || done == EPOCHS {
            finish(&killed, &right, &mut lost);
            (ends, done) = (ends + 1, 0);
        }
    }
    finish(&killed, &right, &mut lost);
    assert!(at_work > 0, "none was at work any more");
    let figures = format!(
        "{at_work} killed at work within {:.1?}; {} runs compared to the last bit",
        time / 2,
        ends + 1
    );
    record("killed: fit with checkpoints", kills, &lost, &figures);
}

/// Lets the run end, compares it, and clears for another.
fn finish(folder: &Path, right: &BTreeMap<String, Vec<u32>>, lost: &mut Vec<String>) {
    run(&mut work::command("fit", folder, EPOCHS), None);
    let run = folder.join("run");
    if learner::bits(&run.join(format!("epoch-{EPOCHS}.safetensors"))) != *right {
        lost.push("a resumed run ends otherwise".to_owned());
    }
    let drafts = work::drafts(&run);
    if !drafts.is_empty() {
        lost.push(format!("{drafts:?} are left in the run's folder"));
    }
    std::fs::remove_dir_all(run).expect("the run is removed");
}
