//! Files and sets of pictures: the old one or the new one, whole.

use super::{moments, run};
use crate::support::counts::{record, tries};
use crate::support::tiny::{self, TINY, flat};
use crate::work::{self, Work, drafts, learner, outside, sets};
use sevenlines::candle_core::Device;
use sevenlines::data::drawn::write_sample;
use sevenlines::weights::{Weights, save_safetensors};
use std::collections::HashMap;
use std::path::Path;

/// Kills a kind of work, each process `rounds` rounds long, so many times.
fn survives(work: &Work, what: &str, rounds: usize, kills: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    (work.prepare)(folder);
    (work.ready)(folder);
    let result = |round| {
        (work.round)(folder, round).expect("undisturbed it works");
        work.found(folder)
    };
    let whole = [result(0), result(1)];
    assert!(whole.iter().all(|files| !files.is_empty()));
    let time = run(&mut work::command(work.name, folder, rounds), None).time;
    // Longer than the last moment, so that each finds it at work.
    let longer = if rounds == 1 { 1 } else { 3 * rounds };
    let (mut lost, mut killed, mut left) = (Vec::new(), 0, 0);
    for (number, moment) in moments(kills, time).into_iter().enumerate() {
        let ended = run(&mut work::command(work.name, folder, longer), Some(moment));
        killed += usize::from(ended.was_killed);
        let drafts = drafts(folder);
        left += usize::from(!drafts.is_empty());
        let found = work.found(folder);
        // It moves the set from before away by itself.
        let none_yet = work.name == sets::DRAW.name && found.is_empty();
        if !none_yet && !whole.contains(&found) {
            lost.push(format!("kill {number} after {moment:.1?}: {} files, not whole", found.len()));
        }
        if drafts.len() > 2 {
            lost.push(format!("kill {number}: {drafts:?} pile up"));
        }
    }
    // The next start works, and clears up.
    if result(1) != whole[1] {
        lost.push("the next start does not work".to_owned());
    }
    if !drafts(folder).is_empty() {
        lost.push(format!("{:?} are left after the next start", drafts(folder)));
    }
    assert!(killed > 0, "none was at work any more");
    let figures =
        format!("{killed} killed at work within {time:.1?}, {left} left an unfinished file or folder");
    record(what, kills, &lost, &figures);
}

#[test]
fn a_saved_head_is_the_old_one_or_the_new_one() {
    survives(&learner::SAVE, "killed: save_weights over an earlier file", 20, tries(5, 50));
}

#[test]
fn a_saved_array_is_the_old_one_or_the_new_one() {
    survives(&learner::ARRAY, "killed: save_array over an earlier file", 20, tries(3, 50));
}

#[test]
fn a_submission_is_the_old_one_or_the_new_one() {
    survives(&outside::SUBMISSION, "killed: writing a submission over an earlier file", 20, tries(3, 50));
}

#[test]
fn a_split_set_is_the_old_one_or_the_new_one() {
    survives(&sets::SPLIT, "killed: splitting a folder over an earlier set", 10, tries(3, 50));
}

#[test]
fn a_sorted_set_is_the_old_one_or_the_new_one() {
    survives(&sets::KAGGLE, "killed: sorting a Kaggle zip over an earlier set", 4, tries(3, 50));
}

#[test]
fn a_drawn_set_is_whole_or_not_there() {
    survives(&sets::DRAW, "killed: drawing the sample set", 1, tries(1, 10));
}

/// Killed when the new set had its name already and the old one was being removed, a process
/// left a draft that no later start removed: each found the set whole, and began no other.
#[test]
fn a_draft_beside_a_whole_set_goes_at_the_next_start() {
    type Again = fn(&Path);
    let again: [(&Work, Again); 3] = [
        (&sets::SPLIT, |folder| (sets::SPLIT.round)(folder, 0).expect("it is split")),
        (&sets::KAGGLE, |folder| (sets::KAGGLE.round)(folder, 0).expect("it is sorted")),
        (&sets::DRAW, |folder| {
            write_sample(&folder.join(sets::DRAW.result), 3, &mut |_, _| ()).expect("it is drawn");
        }),
    ];
    for (work, again) in again {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path();
        (work.prepare)(folder);
        again(folder);
        let left = folder.join(format!(".{}-AbCd12.part", work.result));
        std::fs::create_dir_all(left.join("train")).expect("a folder is made");
        again(folder);
        assert!(drafts(folder).is_empty(), "{}: {:?}", work.name, drafts(folder));
    }
}

#[test]
fn a_download_goes_on_and_ends_with_the_right_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let work = &outside::DOWNLOAD;
    (work.prepare)(folder);
    let right = outside::file(0);
    let file = folder.join(work.result);
    let time = run(&mut work::command(work.name, folder, 1), None).time;
    let (mut lost, mut killed, mut resumed) = (Vec::new(), 0, 0);
    let kills = tries(5, 50);
    for (number, moment) in moments(kills, time).into_iter().enumerate() {
        for name in [work.result, "0.part", "0.part.etag"] {
            let _ = std::fs::remove_file(folder.join(name));
        }
        killed += usize::from(run(&mut work::command(work.name, folder, 1), Some(moment)).was_killed);
        let gathered = std::fs::metadata(folder.join("0.part")).map_or(0, |part| part.len() as usize);
        if std::fs::read(&file).is_ok_and(|bytes| bytes != right) {
            lost.push(format!("kill {number} after {moment:.1?}: another file counts as whole"));
        }
        let next = run(&mut work::command(work.name, folder, 1), None);
        let from = next.number("goes on from ");
        resumed += usize::from(from.is_some());
        if gathered > 0 && gathered < right.len() && from != Some(gathered) {
            lost.push(format!("kill {number}: {gathered} bytes were there, and it went on from {from:?}"));
        }
        if std::fs::read(&file).ok().as_ref() != Some(&right) || folder.join("0.part").exists() {
            lost.push(format!("kill {number}: the next start does not end with the right file"));
        }
    }
    assert!(killed > 0, "none was at work any more");
    let figures =
        format!("{killed} killed at work within {time:.1?}, {resumed} went on where it was cut off");
    record("killed: a download", kills, &lost, &figures);
}

/// A model's weights are mapped, not copied: a file written in place would change them
/// under it, and one cut short would end its process.
#[test]
fn weights_in_use_stay_when_others_are_saved_over_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("vgg16.safetensors");
    tiny::write(&file, &tiny::torchvision(1));
    let weights = Weights::open_as(&file, TINY).expect("the weights open");
    let kernel = || flat(&weights.conv(1, 1, &Device::Cpu).expect("it is read").0);
    let before = kernel();
    save_safetensors(&file, &tiny::convolutions(2)[..2], HashMap::new()).expect("it is saved");
    assert_eq!(kernel(), before);
    assert!(Weights::open_as(&file, TINY).is_err(), "the file is another now");
}
