//! Order, bounds, errors and threads of the loader.

use super::{Loaded, Loader, Lot};
use crate::Error;
use crate::data::{BatchIter, BatchOptions, Batches};
use image::{Rgb, RgbImage};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::path::Path;

fn photographs(folder: &Path, count: u32) -> Batches {
    for n in 0..count {
        let class = folder.join(["cats", "dogs"][n as usize % 2]);
        std::fs::create_dir_all(&class).unwrap();
        let picture =
            RgbImage::from_fn(60 + 7 * n, 50, |x, y| Rgb([(x * n) as u8, (9 * y) as u8, (x ^ y) as u8]));
        picture.save(class.join(format!("{n:02}.jpg"))).unwrap();
    }
    Batches::open(folder, 4, BatchOptions::default(), 0).unwrap()
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn all(loader: Loader) -> Vec<Loaded> {
    loader.flat_map(|lot| lot.unwrap()).collect()
}

/// What a lot's pictures must be, read one by one.
fn assert_same(loaded: &[Loaded], batches: &Batches, indices: &[usize]) {
    assert_eq!(loaded.iter().map(|loaded| loaded.index).collect::<Vec<_>>(), indices);
    for loaded in loaded {
        let (picture, content) = batches.load(loaded.index, 3).unwrap();
        assert!(loaded.picture == picture && loaded.content == content, "picture {}", loaded.index);
    }
}

#[test]
fn pictures_come_in_the_order_asked_for_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 13);
    let indices: Vec<usize> = (0..40).map(|n| n * 5 % 13).collect();
    for size in [1, 3, 40, 500] {
        let loader = || Loader::new(&batches, indices.clone(), 3, size);
        assert_same(&all(loader()), &batches, &indices);
        for threads in [1, 2, 5] {
            assert_same(&pool(threads).install(|| all(loader())), &batches, &indices);
        }
    }
    assert!(Loader::new(&batches, Vec::new(), 0, 8).next().is_none());
}

#[test]
fn every_thread_of_a_pool_may_ask_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 6);
    let indices: Vec<usize> = (0..60).map(|n| n % 6).collect();
    for threads in [1, 2, 5] {
        let loaded = pool(threads).broadcast(|_| all(Loader::new(&batches, indices.clone(), 3, 4)));
        assert_eq!(loaded.len(), threads);
        loaded.iter().for_each(|loaded| assert_same(loaded, &batches, &indices));
    }
}

#[test]
fn no_more_than_one_lot_is_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 4);
    let indices: Vec<usize> = (0..21).map(|n| n % 4).collect();
    let mut loader = Loader::new(&batches, indices, 0, 3);
    let mut handed_out = 0;
    assert_eq!(loader.begun, 0, "nothing is read before it is asked for");
    while let Some(lot) = loader.next() {
        handed_out += lot.unwrap().len();
        assert_eq!(loader.begun, (handed_out + 3).min(21));
    }
    assert_eq!(handed_out, 21);
}

#[test]
fn what_cannot_be_read_is_named_by_lot() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 9);
    let broken = [3, 5].map(|index: usize| batches.items()[index].path.clone());
    std::fs::write(&broken[0], "no picture").unwrap();
    std::fs::remove_file(&broken[1]).unwrap();
    let lots: Vec<_> = Loader::new(&batches, (0..9).collect(), 3, 3).collect();
    assert_eq!(lots.len(), 3);
    for (lot, first) in [(&lots[0], 0), (&lots[2], 6)] {
        assert_same(lot.as_ref().unwrap(), &batches, &[first, first + 1, first + 2]);
    }
    let Err(Error::BrokenPictures { pictures }) = &lots[1] else { panic!("the second lot is broken") };
    assert_eq!(pictures.iter().map(|(path, _)| path).collect::<Vec<_>>(), broken.iter().collect::<Vec<_>>());
}

#[test]
fn what_nobody_waits_for_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 4);
    let jobs = pool(1).install(|| {
        // The pool's one thread is here, so no job can have run.
        let lot = Lot::begin(batches.clone(), vec![0, 1, 2, 3], 0);
        let jobs = lot.jobs.clone();
        assert!(jobs.do_one(), "one is done");
        drop(lot);
        jobs
    });
    assert!(!jobs.do_one());
    assert_eq!(jobs.outcomes().iter().filter(|outcome| outcome.is_some()).count(), 1);
}

#[test]
fn a_decoder_that_panics_is_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 2);
    // There is no picture 7: looking for it panics.
    let lot = Lot::begin(batches, vec![0, 7, 1], 0);
    while lot.jobs.do_one() {}
    let outcomes = lot.jobs.wait();
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert!(outcomes[1].as_ref().is_err_and(|reason| reason.contains("please report")));
}

#[test]
fn an_epochs_batches_go_from_thread_to_thread() {
    fn owned<T: Send + 'static>(_: &T) {}
    let folder = tempfile::tempdir().unwrap();
    let batches = photographs(folder.path(), 6);
    let mut iter: BatchIter = batches.epoch(1);
    owned(&iter);
    let first = iter.next().unwrap().unwrap();
    drop(batches);
    let rest = std::thread::spawn(move || iter.map(|batch| batch.unwrap().indices).collect::<Vec<_>>());
    assert_eq!((first.indices.len(), rest.join().unwrap()[0].len()), (4, 2));
}
