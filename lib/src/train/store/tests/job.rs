//! Jobs: their features are all on disk, or they say why not.

use super::super::lock::Lock;
use super::{Lab, content, made_of};
use crate::train::store::FeatureStore;
use crate::train::store::memory::Memory;
use crate::train::{Features, Shard};
use std::time::Duration;

const WIDTH: usize = 1024;

/// What the body does between the begin and the end of a job, on one shard.
fn compute(store: &mut FeatureStore, lab: &Lab, shard: Shard) -> usize {
    let batches = lab.batches("pictures").only(|index| shard.holds(index));
    let rows = store.lookup(&batches);
    let missing: Vec<usize> = (0..batches.len()).filter(|&index| rows[index].is_none()).collect();
    for &index in &missing {
        let content = content(&batches, index);
        store.put(&batches, index, content, made_of(&content, WIDTH));
    }
    store.end_job(&batches).unwrap();
    missing.len()
}

#[test]
fn shards_fill_one_store_and_nothing_is_computed_twice() {
    let lab = Lab::new(10);
    let shards: Vec<Shard> = (1..=3).map(|number| Shard::new(number, 3).unwrap()).collect();
    let run = |shard: Shard| {
        let mut store = lab.store();
        store.begin_job(20).unwrap();
        compute(&mut store, &lab, shard)
    };
    assert_eq!(shards.iter().map(|&shard| run(shard)).collect::<Vec<_>>(), [7, 7, 6]);
    assert_eq!(lab.disk().count(), Ok(20));
    assert_eq!(shards.iter().map(|&shard| run(shard)).sum::<usize>(), 0);
    assert_eq!(run(Shard::new(30, 30).unwrap()), 0, "a shard may be empty");
}

#[test]
fn a_writer_is_waited_for() {
    let lab = Lab::new(2);
    let mut store = lab.store();
    store.begin_job(4).unwrap();
    std::fs::create_dir_all(lab.path("features")).unwrap();
    std::fs::set_permissions(lab.path("features"), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    let batches = lab.batches("pictures");
    store.lookup(&batches);
    let other = Lock::exclusive(&lab.path("features"), Duration::ZERO).ok().unwrap();
    let done = std::thread::spawn(move || {
        // Longer than a notebook would wait.
        std::thread::sleep(super::PATIENCE + Duration::from_secs(1));
        drop(other);
    });
    compute(&mut store, &lab, Shard::default());
    done.join().unwrap();
    assert_eq!(lab.disk().count(), Ok(4));
}

#[test]
fn a_store_that_is_too_small_or_off_is_refused_before_anything_is_computed() {
    let mut lab = Lab::new(1);
    lab.limit = 2_000_000_000;
    let error = lab.store().begin_job(250_000).unwrap_err().to_string();
    assert!(
        error.contains("250000 pictures may need") && error.contains("SEVENLINES_FEATURES=3GB"),
        "{error}"
    );
    // What the message asks for is enough, for narrow and for wide features.
    for features in [Features::PooledPool5, Features::Fc6] {
        lab.limit = 3_000_000_000 * (features.width() as u64 / 1024);
        lab.store_of("weights", features).begin_job(250_000).unwrap();
    }
    let off = super::store(Memory::new(&lab.path("weights"), Features::PooledPool5, "f32", None));
    assert!(off.begin_job(1).unwrap_err().to_string().contains("SEVENLINES_FEATURES is off"));
}

#[test]
fn features_that_are_gone_again_are_told_of() {
    let lab = Lab::new(3);
    let mut store = lab.store();
    store.begin_job(6).unwrap();
    compute(&mut store, &lab, Shard::default());
    lab.disk().clear().unwrap();
    let error = store.end_job(&lab.batches("pictures")).unwrap_err().to_string();
    assert!(error.contains("6 of 6 pictures are no longer in"), "{error}");
}

#[test]
fn a_store_that_cannot_be_written_is_an_error() {
    let lab = Lab::new(1);
    // A file in the place of the folder.
    std::fs::write(lab.path("features"), "").unwrap();
    let mut store = lab.store();
    store.begin_job(2).unwrap();
    let batches = lab.batches("pictures");
    store.lookup(&batches);
    for index in 0..batches.len() {
        let content = content(&batches, index);
        store.put(&batches, index, content, made_of(&content, WIDTH));
    }
    let error = store.end_job(&batches).unwrap_err().to_string();
    assert!(error.contains("not all features could be stored") && error.contains("features"), "{error}");
}

#[test]
fn the_room_that_is_counted_on_is_enough() {
    let mut lab = Lab::new(150);
    let pictures = 300;
    // The least that is not refused.
    lab.limit = super::Disk::limit_for(pictures, WIDTH);
    for number in 1..=100 {
        let mut store = lab.store();
        store.begin_job(pictures as usize).unwrap();
        compute(&mut store, &lab, Shard::new(number, 100).unwrap());
    }
    assert_eq!(lab.disk().count(), Ok(pictures), "none took another's room");
}
