//! Augmentation as batches have it, and test-time augmentation on the real convolution
//! base. Each change alone is tested beside its code.

mod support;

use candle_core::Tensor;
use sevenlines::data::{Augment, BatchOptions, Batches, Resize};
use sevenlines::learner::Probs;
use sevenlines::{Error, Learner, interrupt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use support::installed::vgg16;
use support::pictures::classes;

/// Requests to stop are the whole process's.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(folder: &Path, augment: Option<Augment>, seed: u64) -> Batches {
    let options = BatchOptions { shuffle: false, augment, seed: Some(seed), ..Default::default() };
    Batches::open(folder, 4, options, 0).unwrap()
}

/// The pictures of an epoch, as numbers.
fn pixels(batches: &Batches, epoch: u64) -> Vec<Vec<f32>> {
    let picture = |image: Tensor| image.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let batch = |batch: sevenlines::Result<sevenlines::data::Batch>| {
        let images = batch.unwrap().images;
        (0..images.dim(0).unwrap()).map(move |at| images.get(at).unwrap()).map(picture).collect::<Vec<_>>()
    };
    batches.epoch(epoch).flat_map(batch).collect()
}

#[test]
fn augmented_pictures_are_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 4), ("dogs", 3)]);
    let batches = open(folder.path(), Some(Augment::standard()), 5);
    let once = pixels(&batches, 2);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| pixels(&batches, 2)) == once, "{threads} threads");
    }
    assert_eq!(once.len(), 7);
    let others = [
        ("epoch", pixels(&batches, 3)),
        ("seed", pixels(&open(folder.path(), Some(Augment::standard()), 6), 2)),
    ];
    for (what, other) in others {
        assert!(once.iter().zip(&other).all(|(a, b)| a != b), "another {what}, other pictures");
    }
    // Neither the batch size nor the order matters to a picture.
    let options = BatchOptions {
        shuffle: true,
        augment: Some(Augment::standard()),
        seed: Some(5),
        ..Default::default()
    };
    let shuffled = Batches::open(folder.path(), 3, options, 0).unwrap();
    for (at, picture) in shuffled.order(2).into_iter().zip(pixels(&shuffled, 2)) {
        assert!(picture == once[at], "picture {at}");
    }
}

#[test]
fn batches_change_how_they_are_augmented_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 2), ("dogs", 2)]);
    let plain = open(folder.path(), None, 1);
    let augmented = plain.with_augment(Some(Augment::standard())).unwrap();
    assert_eq!(augmented.options().augment, Some(Augment::standard()));
    assert_eq!(plain.options().augment, None);
    assert_eq!((augmented.len(), augmented.batch_size(), augmented.seed()), (4, 4, 1));
    assert!(pixels(&augmented, 0) == pixels(&open(folder.path(), Some(Augment::standard()), 1), 0));
    assert!(pixels(&augmented.with_augment(None).unwrap(), 3) == pixels(&plain, 0));
    assert!(pixels(&plain.with_augment(Some(Augment::none())).unwrap(), 3) == pixels(&plain, 0));
    let too_much = Some(Augment { crop: 0.5, ..Augment::none() });
    let refused = [
        plain.with_augment(too_much).unwrap_err(),
        Batches::open(folder.path(), 4, BatchOptions { augment: too_much, ..Default::default() }, 0)
            .unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.to_string(), "Augment's crop is 0.5, but must be between 0 and 0.4");
    }
}

#[test]
fn a_plot_names_each_change_and_shows_what_training_sees() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 2), ("dogs", 2)]);
    let batches = open(folder.path(), Some(Augment::standard()), 1);
    let grid = batches.plot_augmentations(3, 2).unwrap();
    let titles: Vec<&str> = grid.tiles().iter().map(|tile| tile.title.as_str()).collect();
    let expected = [
        "as it is",
        "flip",
        "crop 0.08 a side",
        "rotate +10°",
        "rotate -10°",
        "zoom 1.1",
        "brightness +0.2",
        "brightness -0.2",
        "contrast 1.25",
        "contrast 0.80",
        "all, epoch 1",
        "all, epoch 2",
    ];
    assert_eq!(titles, expected);
    assert_eq!(grid.tiles()[0].caption, "1.png");
    for (i, a) in grid.tiles().iter().enumerate() {
        assert!(grid.tiles()[..i].iter().all(|b| b.picture != a.picture), "{} looks like another", a.title);
    }
    // The thumbnail of the same pixels is the same.
    let seen = &pixels(&batches, 1)[3];
    let seen = Tensor::from_slice(seen, (1, 3, 224, 224), &candle_core::Device::Cpu).unwrap();
    let seen = sevenlines::utils::plots(&seen, &[]).unwrap();
    assert!(grid.tiles()[11].picture == seen.tiles()[0].picture);

    let default = open(folder.path(), None, 1).plot_augmentations(0, 1).unwrap();
    let titles: Vec<&str> = default.tiles().iter().map(|tile| tile.title.as_str()).collect();
    assert_eq!(titles, ["as it is", "flip", "crop 0.12 a side", "all, epoch 1"]);
    let error = batches.plot_augmentations(4, 1).unwrap_err().to_string();
    assert_eq!(error, "the picture's index is 4, but must be below the number of pictures");
    assert!(batches.plot_augmentations(0, 0).unwrap_err().to_string().starts_with("n is 0"));
}

#[test]
fn large_pictures_keep_enough_pixels_for_what_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 1)]);
    let wide = image::RgbImage::from_fn(2400, 1800, |x, y| image::Rgb([(x / 10) as u8, (y / 8) as u8, 90]));
    wide.save(folder.path().join("cats/wide.jpg")).unwrap();
    // The jpeg is decoded at an eighth or a quarter of its size where that is enough, and
    // what is left of it after the crop must not show it.
    let crop = Augment { crop: 0.4, ..Augment::none() };
    let cropped = |resize| {
        let options = BatchOptions { shuffle: false, augment: Some(crop), resize, ..Default::default() };
        let batches = Batches::open(folder.path(), 4, options, 0).unwrap();
        pixels(&batches, 0).swap_remove(1)
    };
    let (small, whole) = (cropped(Resize::Squash), cropped(Resize::Nearest));
    let apart = small.iter().zip(&whole).map(|(a, b)| (a - b).abs()).sum::<f32>() / small.len() as f32;
    assert!(apart < 2.5, "{apart}");
}

/// A model that has seen a few pictures, and others.
fn trained(folder: &Path) -> (Learner, Batches) {
    let mut vgg = vgg16(0);
    let train = vgg.get_batches(classes(&folder.join("train"), &[("cats", 3), ("dogs", 3)]), 3).unwrap();
    let valid = vgg.get_batches(classes(&folder.join("valid"), &[("cats", 2), ("dogs", 2)]), 3).unwrap();
    vgg.finetune(&train).unwrap();
    vgg.fit(&train, &valid, 1).unwrap();
    (vgg, valid)
}

fn distance(a: &Probs, b: &Probs) -> f32 {
    assert_eq!((a.len(), &a.classes), (b.len(), &b.classes));
    let pairs = a.rows.iter().flatten().zip(b.rows.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The mean over the plain pictures and `n` augmented epochs, through `predict`.
fn mean_by_hand(vgg: &Learner, batches: &Batches, augment: Augment, n: u64) -> Probs {
    let augmented = batches.with_augment(Some(augment)).unwrap();
    let plain = std::iter::once(batches.with_augment(None).unwrap().epoch(0));
    let mut rows = vec![vec![0.0; 2]; batches.len()];
    for epoch in plain.chain((0..n).map(|look| augmented.epoch(0x8000 + look))) {
        for batch in epoch {
            let batch = batch.unwrap();
            let probs = vgg.predict(&batch.images, false).unwrap().all.rows;
            for (index, probs) in batch.indices.into_iter().zip(probs) {
                rows[index].iter_mut().zip(probs).for_each(|(sum, prob)| *sum += prob / (n + 1) as f32);
            }
        }
    }
    Probs { classes: vgg.classes(), rows }
}

#[test]
fn tta_is_the_mean_of_the_plain_look_and_the_others() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (mut vgg, valid) = trained(folder.path());
    let (plain, tta) = (vgg.probs(&valid).unwrap(), vgg.tta(&valid, 2).unwrap());
    assert!(distance(&tta, &mean_by_hand(&vgg, &valid, Augment::default(), 2)) < 1e-5);
    assert!(distance(&tta, &plain) > 1e-4, "the looks differ from the plain one");
    assert!(tta.rows.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    assert_eq!(vgg.tta(&valid, 2).unwrap(), tta, "the same looks again");
    // The options' own augmentation where there is one; none at all leaves the plain one.
    let standard = valid.with_augment(Some(Augment::standard())).unwrap();
    let own = vgg.tta(&standard, 1).unwrap();
    assert!(distance(&own, &mean_by_hand(&vgg, &valid, Augment::standard(), 1)) < 1e-5);
    let none = valid.with_augment(Some(Augment::none())).unwrap();
    assert!(distance(&vgg.tta(&none, 1).unwrap(), &plain) < 1e-5);
    assert!(vgg.tta(&valid, 0).unwrap_err().to_string().starts_with("n is 0"));
}

#[test]
fn an_interrupt_leaves_the_learner_as_it_was() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (mut vgg, valid) = trained(folder.path());
    let before = vgg.probs(&valid).unwrap();
    interrupt::request();
    assert!(matches!(vgg.tta(&valid, 3), Err(Error::Interrupted)));
    assert_eq!(vgg.probs(&valid).unwrap(), before);
}
