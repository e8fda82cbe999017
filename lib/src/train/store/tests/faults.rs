//! Damaged files, and disks that give nothing: no features are lost that could be
//! computed, none are wrong.

use super::*;
use crate::train::store::trouble::Trouble;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn file(lab: &Lab) -> PathBuf {
    let mut files = std::fs::read_dir(lab.path("features")).unwrap().flatten().map(|entry| entry.path());
    files.find(|file| file.to_string_lossy().contains("features-")).unwrap()
}

/// After whatever was done to the file, a model gets right features, and keeps them.
fn goes_on(lab: &Lab, what: &str) {
    pass(&mut lab.store(), &lab.batches("pictures"), 1024);
    // Damage that only a writer meets costs what was read until then.
    pass(&mut lab.store(), &lab.batches("pictures"), 1024);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 0, "{what}");
}

#[test]
fn a_damaged_file_never_gives_wrong_features() {
    let lab = Lab::new(100);
    pass(&mut lab.store(), &lab.batches("pictures"), 1024);
    let file = file(&lab);
    let whole = std::fs::read(&file).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for attempt in 0..160 {
        let mut bytes = whole.clone();
        let at = rng.random_range(0..bytes.len());
        // Half of them where redb keeps its own books.
        let at = if attempt % 8 < 4 { at } else { at % 12_288 };
        let what = match attempt % 4 {
            0 => {
                bytes.truncate(at);
                format!("cut to {at} bytes")
            }
            1 => {
                bytes[at] ^= 1 << rng.random_range(0..8);
                format!("a bit of byte {at}")
            }
            2 => {
                let end = (at + 5000).min(bytes.len());
                bytes[at..end].fill(0);
                format!("zeros from byte {at}")
            }
            _ => {
                let end = (at + 600).min(bytes.len());
                rng.fill(&mut bytes[at..end]);
                format!("noise from byte {at}")
            }
        };
        std::fs::write(&file, bytes).unwrap();
        goes_on(&lab, &what);
    }
}

#[test]
fn a_file_of_something_else_is_moved_aside() {
    let lab = Lab::new(2);
    for content in [&b""[..], b"not a database", &[0; 100_000]] {
        pass(&mut lab.store(), &lab.batches("pictures"), 1024);
        std::fs::write(file(&lab), content).unwrap();
        goes_on(&lab, &format!("{} bytes of something else", content.len()));
    }
    assert!(lab.path("features/damaged.redb").is_file());
    lab.disk().clear().unwrap();
    assert_eq!(std::fs::read_dir(lab.path("features")).unwrap().count(), 1, "the lock alone is left");
}

#[test]
fn a_damaged_row_is_computed_anew_and_the_others_stay() {
    let lab = Lab::new(100);
    pass(&mut lab.store(), &lab.batches("pictures"), 1024);
    let batches = lab.batches("pictures");
    let row = made_of(&content(&batches, 70), 1024);
    let needle: Vec<u8> = row[..8].iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut bytes = std::fs::read(file(&lab)).unwrap();
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at + 100] ^= 4;
    std::fs::write(file(&lab), bytes).unwrap();
    assert_eq!(pass(&mut lab.store(), &batches, 1024), 1);
    assert!(!lab.path("features/damaged.redb").exists());
    assert_eq!(pass(&mut lab.store(), &batches, 1024), 0);
}

#[test]
fn where_no_folder_can_be_made_memory_is_all() {
    let lab = Lab::new(2);
    std::fs::write(lab.path("features"), "a file").unwrap();
    let mut store = lab.store();
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 4);
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 0);
    assert!(matches!(lab.disk().write(&rows(&lab, 0..1, 9), Duration::ZERO), Err(Trouble::Unavailable(_))));
}

#[test]
fn another_programs_lock_stops_nothing() {
    let lab = Lab::new(2);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 4);
    let lock = crate::train::store::lock::Lock::exclusive(&lab.path("features"), Duration::ZERO);
    let holder = lock.ok().unwrap();
    let (mut store, batches) = (lab.store(), lab.batches("pictures"));
    assert_eq!(store.lookup(&batches), vec![None; 4], "it waited and went on");
    for index in 0..4 {
        let content = content(&batches, index);
        store.put(&batches, index, content, made_of(&content, 1024));
    }
    assert!(store.lookup(&batches).iter().all(Option::is_some));
    drop(holder);
    assert_eq!(pass(&mut lab.store(), &batches, 1024), 0);
}
