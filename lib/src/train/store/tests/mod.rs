//! The store with made-up features: what is found again, what is not, and what the
//! disk may do to it. `faults` damages files, `processes` kills writers.

mod faults;
mod job;
mod measure;
mod processes;

use super::block::Row;
use super::disk::{Disk, PATIENCE};
use super::memory::Memory;
use super::recipe::Recipe;
use super::tables::Change;
use super::{FeatureStore, files};
use crate::data::{Augment, BatchOptions, Batches, Content, Resize};
use crate::train::Features;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: u64 = 100_000_000;

/// A folder of pictures, a weights file, and a place for features.
struct Lab {
    folder: PathBuf,
    limit: u64,
    /// Removed in the end; not what another process made.
    _own: Option<TempDir>,
}

impl Lab {
    /// With so many pictures of cats and as many of dogs, all different.
    fn new(pictures: u32) -> Lab {
        let own = tempfile::tempdir().unwrap();
        let lab = Lab { folder: own.path().to_owned(), limit: LIMIT, _own: Some(own) };
        lab.draw("pictures", pictures);
        std::fs::write(lab.path("weights"), "not the weights that the tests of the body have").unwrap();
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn draw(&self, set: &str, pictures: u32) {
        for (class, name) in ["cats", "dogs"].iter().enumerate() {
            let class_folder = self.path(set).join(name);
            std::fs::create_dir_all(&class_folder).unwrap();
            for n in 0..pictures {
                let [a, b, c, _] = n.to_le_bytes();
                let pixels = image::RgbImage::from_raw(2, 1, vec![a, b, c, class as u8, 7, 7]).unwrap();
                pixels.save(class_folder.join(format!("{n:05}.png"))).unwrap();
            }
        }
    }

    fn batches(&self, set: &str) -> Batches {
        open(&self.path(set), BatchOptions::default())
    }

    fn disk(&self) -> Disk {
        Disk::new(self.path("features"), self.limit)
    }

    /// What a model has after a restart.
    fn store(&self) -> FeatureStore {
        self.store_of("weights", Features::PooledPool5)
    }

    fn store_of(&self, weights: &str, features: Features) -> FeatureStore {
        store(Memory::new(&self.path(weights), features, "f32", Some(self.disk())))
    }

    fn recipe(&self) -> Recipe {
        let weights = files::hash_file(&self.path("weights")).unwrap();
        Recipe::new(&weights, Resize::default(), Features::PooledPool5, "f32")
    }
}

fn store(memory: Memory) -> FeatureStore {
    FeatureStore { shared: Arc::new(Mutex::new(memory)), said_in: None }
}

fn open(folder: &Path, options: BatchOptions) -> Batches {
    Batches::open(folder, 64usize, options, 0).unwrap()
}

fn content(batches: &Batches, index: usize) -> Content {
    Content::of(&std::fs::read(&batches.items()[index].path).unwrap())
}

/// What a body of `width` features makes of a picture.
fn made_of(content: &Content, width: usize) -> Row {
    let number = |at: usize| (u32::from(content.0[at % 32]) * 8191 + at as u32) as f32 * 1.37e-5;
    (0..width).map(number).collect()
}

/// As a model does: looks up, computes what is missing, keeps it. Returns how many were
/// missing; all rows are checked.
fn pass(store: &mut FeatureStore, batches: &Batches, width: usize) -> usize {
    let rows = store.lookup(batches);
    let mut missing = 0;
    for (index, row) in rows.into_iter().enumerate() {
        let content = content(batches, index);
        let right = made_of(&content, width);
        match row {
            Some(row) => assert!(same(&row, &right), "picture {index}"),
            None => {
                missing += 1;
                store.put(batches, index, content, right);
            }
        }
    }
    store.flush();
    missing
}

fn same(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[test]
fn each_picture_is_computed_once_whatever_it_is_called() {
    let lab = Lab::new(100);
    let mut first = lab.store();
    assert_eq!(pass(&mut first, &lab.batches("pictures"), 1024), 200);
    assert_eq!((pass(&mut first, &lab.batches("pictures"), 1024), first.len()), (0, 200), "in memory");
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 0, "after a restart");
    assert_eq!(lab.disk().count(), Ok(200));
    assert_eq!(lab.store().len(), 0, "nothing is read before it is asked for");

    std::fs::rename(lab.path("pictures"), lab.path("renamed")).unwrap();
    let renamed = lab.path("renamed/cats/00000.png");
    std::fs::rename(&renamed, renamed.with_file_name("tom.png")).unwrap();
    assert_eq!(pass(&mut lab.store(), &lab.batches("renamed"), 1024), 0, "renamed");
    lab.draw("copied", 101);
    assert_eq!(pass(&mut first, &lab.batches("copied"), 1024), 2, "copied, and one more each");
    assert_eq!(pass(&mut lab.store(), &lab.batches("copied"), 1024), 0);
}

#[test]
fn what_makes_other_features_finds_none() {
    let lab = Lab::new(3);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 6);
    let cropped = BatchOptions { resize: Resize::CenterCrop, ..Default::default() };
    assert_eq!(pass(&mut lab.store(), &open(&lab.path("pictures"), cropped), 1024), 6, "resized otherwise");
    assert_eq!(pass(&mut lab.store_of("weights", Features::Fc6), &lab.batches("pictures"), 4096), 6, "fc6");
    std::fs::write(lab.path("others"), "other weights").unwrap();
    let mut others = lab.store_of("others", Features::PooledPool5);
    assert_eq!(pass(&mut others, &lab.batches("pictures"), 1024), 6, "other weights");
    std::fs::copy(lab.path("weights"), lab.path("copied weights")).unwrap();
    let mut copied = lab.store_of("copied weights", Features::PooledPool5);
    assert_eq!(pass(&mut copied, &lab.batches("pictures"), 1024), 0, "the same weights elsewhere");
    let mut fc6 = lab.store_of("weights", Features::Fc6);
    assert_eq!(pass(&mut fc6, &lab.batches("pictures"), 4096), 0, "each is there");
    assert_eq!(lab.disk().count(), Ok(24));
}

#[test]
fn a_changed_picture_is_another() {
    let lab = Lab::new(4);
    let mut store = lab.store();
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 8);
    let file = lab.path("pictures/cats/00001.png");
    // Of the same length, dated back, at once: nothing but its bytes tells.
    let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
    image::RgbImage::from_raw(2, 1, vec![9, 9, 9, 9, 9, 9]).unwrap().save(&file).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 1);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 0);
}

#[test]
fn weights_replaced_under_an_open_model_spoil_nothing() {
    let lab = Lab::new(2);
    let mut opened_before = lab.store();
    std::fs::write(lab.path("new weights"), "weights that came later").unwrap();
    std::fs::rename(lab.path("new weights"), lab.path("weights")).unwrap();
    assert_eq!(pass(&mut opened_before, &lab.batches("pictures"), 1024), 4);
    assert_eq!(pass(&mut opened_before, &lab.batches("pictures"), 1024), 0, "in memory");
    assert_eq!(lab.disk().count(), Ok(0), "nothing is kept under the name of other weights");
}

#[test]
fn files_that_rested_are_not_read_again() {
    let lab = Lab::new(5);
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 10);
    // Reading them would fail now: only root may.
    let batches = lab.batches("pictures");
    let paths: Vec<PathBuf> = batches.items().iter().map(|item| item.path.clone()).collect();
    let mut looked = files::Files::default();
    assert_eq!(looked.look(&paths), vec![None; 10]);
    let asked: Vec<_> = paths.iter().map(|path| (path.as_path(), looked.stat(path))).collect();
    let known = lab.disk().look_up(&asked, Some(lab.recipe().keys())).unwrap();
    assert!(known.any);
    for (index, known) in known.contents.into_iter().enumerate() {
        assert_eq!(known, Some(content(&batches, index)));
    }
}

#[test]
fn augmented_pictures_are_not_kept() {
    let lab = Lab::new(2);
    let augmented =
        open(&lab.path("pictures"), BatchOptions { augment: Some(Augment::default()), ..Default::default() });
    let mut store = lab.store();
    assert_eq!(pass(&mut store, &augmented, 1024), 4);
    assert_eq!(pass(&mut store, &augmented, 1024), 4);
    assert_eq!((store.len(), lab.disk().count()), (0, Ok(0)));
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 4);
    assert_eq!(pass(&mut store, &augmented, 1024), 4);
}

#[test]
fn without_a_disk_all_is_in_memory() {
    let lab = Lab::new(2);
    let mut off = store(Memory::new(&lab.path("weights"), Features::PooledPool5, "f32", None));
    assert_eq!(pass(&mut off, &lab.batches("pictures"), 1024), 4);
    assert_eq!(pass(&mut off, &lab.batches("pictures"), 1024), 0);
    assert_eq!(pass(&mut off.clone(), &lab.batches("pictures"), 1024), 0, "clones share");
    assert!(!lab.path("features").exists());
}

#[test]
fn clearing_disturbs_no_model() {
    let lab = Lab::new(3);
    let mut store = lab.store();
    lab.disk().clear().unwrap();
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 6);
    lab.disk().clear().unwrap();
    assert_eq!((lab.disk().count(), lab.disk().bytes()), (Ok(0), 0));
    assert_eq!(pass(&mut store, &lab.batches("pictures"), 1024), 0, "in memory");
    lab.draw("more", 5);
    assert_eq!(pass(&mut store, &lab.batches("more"), 1024), 4);
    assert_eq!(pass(&mut lab.store(), &lab.batches("more"), 1024), 6, "those were cleared");
}

/// Rows with no pictures: what a body of many pictures would hand in.
fn rows(lab: &Lab, numbers: std::ops::Range<u32>, width: usize) -> Change {
    let row = |number: u32| {
        let content = Content::of(&number.to_le_bytes());
        (lab.recipe().key(&content), made_of(&content, width))
    };
    Change { rows: numbers.map(row).collect(), ..Change::default() }
}

/// How many of these rows are there; each that is there is checked.
fn there(lab: &Lab, numbers: std::ops::Range<u32>, width: usize) -> usize {
    let right = rows(lab, numbers, width).rows;
    let keys: Vec<_> = right.iter().map(|(key, _)| *key).collect();
    let found = lab.disk().rows(&keys).unwrap();
    assert!(found.astray.is_empty());
    let found =
        found.rows.iter().zip(&right).filter_map(|(found, (_, right))| Some((found.as_ref()?, right)));
    found.inspect(|(found, right)| assert!(same(found, right))).count()
}

#[test]
fn the_room_on_disk_is_bounded() {
    for (width, part) in [(1024, 100), (1024, 7), (4096, 20)] {
        let lab = Lab { limit: 8_000_000, ..Lab::new(1) };
        // Twice what there is room for.
        let count = 12_000_000 / (4 * width as u32);
        let mut most = 0;
        for start in (0..count).step_by(part as usize) {
            lab.disk().write(&rows(&lab, start..start + part, width), PATIENCE).unwrap();
            most = most.max(lab.disk().bytes());
        }
        assert!(most <= lab.limit, "{most} bytes");
        let last = (8_000_000 / (4 * width as u32)) / 3;
        println!(
            "{width} wide, {part} at once: {} rows, at most {most} bytes of {}",
            lab.disk().count().unwrap(),
            lab.limit
        );
        assert_eq!(there(&lab, count - last..count, width), last as usize, "the latest are there");
        assert_eq!(there(&lab, 0..last, width), 0, "the oldest are gone");
    }
}

#[test]
fn files_leave_room_for_features() {
    let lab = Lab { limit: 2_000_000, ..Lab::new(1) };
    lab.disk().write(&rows(&lab, 0..100, 1024), PATIENCE).unwrap();
    for round in 0..20 {
        let file = |n| (PathBuf::from(format!("/pictures/of/round/{round}/{n}.jpg")), vec![0; 64]);
        let change = Change { files: (0..1000).map(file).collect(), ..Change::default() };
        lab.disk().write(&change, PATIENCE).unwrap();
    }
    assert_eq!(there(&lab, 0..100, 1024), 100);
    assert!(lab.disk().bytes() <= lab.limit, "{} bytes", lab.disk().bytes());
}

#[test]
fn what_was_of_use_lately_stays_longest() {
    let lab = Lab::new(1);
    let folder = tempfile::tempdir().unwrap();
    let database = redb::Database::create(folder.path().join("tables.redb")).unwrap();
    let write = |change: &Change, limit, now| {
        let transaction = database.begin_write().unwrap();
        super::tables::apply(&transaction, change, limit, now).unwrap();
        transaction.commit().unwrap();
    };
    let find = |numbers: std::ops::Range<u32>, now| {
        let transaction = redb::ReadableDatabase::begin_read(&database).unwrap();
        let keys: Vec<_> = rows(&lab, numbers, 1024).rows.into_iter().map(|(key, _)| key).collect();
        super::tables::rows(&transaction, &keys, now).unwrap()
    };
    let all = |found: &super::tables::Found| found.rows.iter().all(Option::is_some);
    for (n, now) in [(0, 10_000), (1, 20_000), (2, 30_000)] {
        write(&rows(&lab, 60 * n..60 * (n + 1), 1024), LIMIT, now);
    }
    // The oldest is of use again; what was of use within the hour is not noted.
    let used = find(0..60, 40_000).used;
    assert_eq!((used.len(), find(120..180, 30_100).used.len()), (1, 0));
    write(&Change { used, ..Change::default() }, LIMIT, 40_000);
    write(&Change::default(), 600_000, 40_000);
    assert!(all(&find(0..60, 0)) && all(&find(120..180, 0)));
    assert!(find(60..120, 0).rows.iter().all(Option::is_none));
    assert!(find(60..120, 0).astray.is_empty(), "what led there is gone too");
}
