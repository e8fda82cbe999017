//! The features' store: what the next start reads from it is right to the last bit. (How
//! it takes kills in the middle of its writes, and damage, is tested where it lives.)

use super::{moments, run};
use crate::support::counts::{record, tries};
use crate::support::pictures::classes;
use crate::work::{self, learner};
use std::path::Path;
use std::time::Instant;

/// What the model says of each set's pictures, bit by bit.
fn answers(folder: &Path) -> Vec<String> {
    let ended = run(&mut work::command("features", folder, learner::SETS), None);
    let answers: Vec<String> = ended.said.into_iter().filter(|line| line.starts_with("set ")).collect();
    assert_eq!(answers.len(), learner::SETS);
    answers
}

#[test]
fn features_after_a_kill_are_right_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    for number in 0..learner::SETS {
        classes(&folder.join(format!("sets/{number}")), &[("cats", 1 + number as u8), ("dogs", 1)]);
    }
    let began = Instant::now();
    let right = answers(folder);
    let time = began.elapsed();
    assert_eq!(answers(folder), right, "computed once, then read");
    let (mut lost, mut at_work) = (Vec::new(), 0);
    let kills = tries(3, 50);
    for (number, moment) in moments(kills, time).into_iter().enumerate() {
        std::fs::remove_dir_all(folder.join("features")).expect("the store is removed");
        let mut victim = work::command("features", folder, learner::SETS);
        at_work += usize::from(run(&mut victim, Some(moment)).was_killed);
        if answers(folder) != right {
            lost.push(format!("kill {number} after {moment:.1?}: other features"));
        }
        if folder.join("features/damaged.redb").exists() {
            lost.push(format!("kill {number} after {moment:.1?}: the store was damaged"));
        }
    }
    let figures = format!("{at_work} killed at work within {time:.1?}");
    record("killed: features on the way to the store", kills, &lost, &figures);
}
