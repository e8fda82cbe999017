//! The batching rules: which pictures a folder gives, in which order, as what numbers.

mod support;

use candle_core::{DType, Tensor};
use sevenlines::Error;
use sevenlines::data::{Augment, Batch, BatchOptions, Batches, Resize, open_picture};
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};
use support::installed::shared;
use support::pictures::{classes, small, write};

fn open(folder: &Path, batch_size: i32, options: BatchOptions) -> Batches {
    Batches::open(folder, batch_size, options, 3).unwrap()
}

fn names(batches: &Batches) -> Vec<String> {
    let name = |path: &Path| path.strip_prefix(batches.root()).unwrap().to_string_lossy().into_owned();
    batches.items().iter().map(|item| name(&item.path)).collect()
}

fn all(batches: &Batches, epoch: u64) -> Vec<Batch> {
    batches.epoch(epoch).map(Result::unwrap).collect()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn classes_are_the_subfolders_sorted_and_files_are_found_at_any_depth() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (n, name) in [
        "wasps/b.PNG",
        "wasps/a.Jpg",
        "ants/deep/er/nest.jpeg",
        "ants/9.bmp",
        "ants/10.gif",
        "Bees/only.webp",
        ".hidden/no.png",
        "ants/.no.png",
        "ants/.deep/no.png",
        "beside.png",
    ]
    .iter()
    .enumerate()
    {
        write(root, name, n as u8);
    }
    std::fs::write(root.join("ants/notes.txt"), "no picture").unwrap();
    std::fs::write(root.join("ants/Thumbs.db"), "no picture").unwrap();
    let batches = open(root, 4, BatchOptions::default());
    assert_eq!(batches.classes(), ["Bees", "ants", "wasps"]);
    let expected = [
        "Bees/only.webp",
        "ants/10.gif",
        "ants/9.bmp",
        "ants/deep/er/nest.jpeg",
        "wasps/a.Jpg",
        "wasps/b.PNG",
    ];
    assert_eq!(names(&batches), expected);
    let labels: Vec<u32> = batches.items().iter().map(|item| item.class).collect();
    assert_eq!(labels, [0, 1, 1, 1, 2, 2]);
    assert_eq!(batches.class_counts(), [1, 3, 2]);
    assert_eq!(batches.to_string(), "Found 6 images belonging to 3 classes.");
}

#[test]
fn the_last_batch_is_short_and_every_picture_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 6), ("dogs", 5)]);
    let batch_size = 4_i32;
    let batches = open(folder.path(), batch_size, BatchOptions::default());
    assert_eq!((batches.len(), batches.batch_size(), batches.batch_count()), (11, 4, 3));
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    for batch in &batches {
        let batch = batch.unwrap();
        let size = batch.indices.len();
        assert_eq!(batch.images.dims(), [size, 3, 224, 224]);
        assert_eq!((batch.images.dtype(), batch.labels.dtype()), (DType::F32, DType::U32));
        let classes: Vec<u32> = batch.indices.iter().map(|&i| batches.items()[i].class).collect();
        assert_eq!(batch.labels.to_vec1::<u32>().unwrap(), classes);
        sizes.push(size);
        seen.extend(batch.indices);
    }
    assert_eq!(sizes, [4, 4, 3]);
    seen.sort();
    assert_eq!(seen, (0..11).collect::<Vec<_>>());
    for batch_size in [1, 11, 500] {
        let batches = open(folder.path(), batch_size, BatchOptions::default());
        let sizes: Vec<usize> = all(&batches, 0).iter().map(|batch| batch.indices.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 11);
        assert_eq!(sizes.len(), batches.batch_count());
    }
}

#[test]
fn a_batch_holds_the_files_colours_from_0_to_255() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 2), ("dogs", 1)]);
    image::RgbImage::from_pixel(50, 70, image::Rgb([255, 0, 128]))
        .save(folder.path().join("dogs/pure.png"))
        .unwrap();
    let options = BatchOptions { shuffle: false, resize: Resize::Nearest, ..Default::default() };
    let batch = all(&open(folder.path(), 9, options), 0).remove(0);
    assert_eq!(batch.indices, [0, 1, 2, 3]);
    for (index, seed) in [(0, 0), (1, 1), (2, 100)] {
        let expected = Resize::Nearest.apply(&small(seed));
        let image = batch.images.get(index).unwrap();
        for (x, y) in [(0, 0), (223, 0), (17, 200), (120, 77)] {
            let at =
                |c: usize| image.get(c).unwrap().get(y).unwrap().get(x).unwrap().to_scalar::<f32>().unwrap();
            let expected = expected.get_pixel(x as u32, y as u32).0.map(f32::from);
            assert_eq!([at(0), at(1), at(2)], expected, "picture {index} at {x}, {y}");
        }
    }
    for (channel, value) in [255.0, 0.0, 128.0].into_iter().enumerate() {
        let plane = batch.images.get(3).unwrap().get(channel).unwrap();
        assert!(numbers(&plane).into_iter().all(|v| v == value), "channel {channel}");
    }
}

#[test]
fn shuffling_repeats_by_seed_and_differs_by_epoch() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 12), ("dogs", 12)]);
    let seeded = |seed| open(folder.path(), 5, BatchOptions { seed: Some(seed), ..Default::default() });
    let order = |batches: &Batches, epoch| -> Vec<usize> {
        all(batches, epoch).into_iter().flat_map(|batch| batch.indices).collect()
    };
    let batches = seeded(1);
    assert_eq!(order(&batches, 0), order(&seeded(1), 0));
    assert_eq!(order(&batches, 0), batches.order(0));
    let orders: HashSet<Vec<usize>> = (0..4).map(|epoch| batches.order(epoch)).collect();
    assert_eq!(orders.len(), 4, "another epoch, another order");
    assert_ne!(batches.order(0), seeded(2).order(0), "another seed, another order");
    let model_s = open(folder.path(), 5, BatchOptions::default());
    assert_eq!(model_s.seed(), 3, "the model's seed unless given");
    let plain = open(folder.path(), 5, BatchOptions { shuffle: false, ..Default::default() });
    assert_eq!(order(&plain, 7), (0..24).collect::<Vec<_>>());
}

#[test]
fn augmented_pictures_repeat_by_seed_and_differ_by_epoch() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 3), ("dogs", 3)]);
    let pixels = |augment, seed, epoch| {
        let options = BatchOptions { shuffle: false, augment, seed: Some(seed), ..Default::default() };
        let batch = all(&open(folder.path(), 6, options), epoch).remove(0);
        (0..6).map(|index| numbers(&batch.images.get(index).unwrap())).collect::<Vec<_>>()
    };
    let once = pixels(Some(Augment::default()), 1, 0);
    assert!(once == pixels(Some(Augment::default()), 1, 0), "the same seed and epoch, the same pictures");
    for (what, other) in [
        ("unchanged", pixels(None, 1, 0)),
        ("epoch 1", pixels(Some(Augment::default()), 1, 1)),
        ("seed 2", pixels(Some(Augment::default()), 2, 0)),
    ] {
        for (index, (a, b)) in once.iter().zip(&other).enumerate() {
            assert!(a != b, "picture {index} is the same as {what}");
        }
    }
    assert!(pixels(None, 1, 0) == pixels(None, 2, 5), "only augmentation changes pixels");
}

#[test]
fn a_test_folder_needs_no_classes() {
    let folder = tempfile::tempdir().unwrap();
    (0..3).for_each(|n| drop(write(folder.path(), &format!("{n}.png"), n)));
    let options = BatchOptions { unlabelled: true, ..Default::default() };
    let batches = open(folder.path(), 2, options);
    assert_eq!(batches.classes(), ["unknown"]);
    assert_eq!(names(&batches), ["0.png", "1.png", "2.png"]);
    assert_eq!(batches.to_string(), "Found 3 images belonging to 1 class.");
}

#[test]
fn a_picture_that_cannot_be_read_is_named_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    classes(folder.path(), &[("cats", 2), ("dogs", 2)]);
    let text = folder.path().join("cats/text.jpg");
    std::fs::write(&text, "not a picture").unwrap();
    let whole = std::fs::read(write(folder.path(), "dogs/cut.png", 9)).unwrap();
    let cut = folder.path().join("dogs/cut.png");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();

    let error = Batches::open(folder.path(), 2, BatchOptions::default(), 0).unwrap_err();
    let Error::BrokenPictures { pictures } = &error else { panic!("{error}") };
    assert_eq!(pictures.iter().map(|(path, _)| path).collect::<Vec<_>>(), [&text]);
    assert!(error.to_string().contains("text.jpg: ") && error.to_string().contains("skip_broken"), "{error}");
    std::fs::remove_file(&text).unwrap();
    // Its header is whole: only decoding finds out.
    let batches = open(folder.path(), 9, BatchOptions::default());
    let error = (&batches).into_iter().next().unwrap().unwrap_err();
    assert!(matches!(&error, Error::BrokenPictures { pictures } if pictures[0].0 == cut), "{error}");

    let batches = open(folder.path(), 9, BatchOptions { skip_broken: true, ..Default::default() });
    assert_eq!((batches.len(), batches.skipped().len()), (4, 1));
    assert_eq!(batches.skipped()[0].0, cut);
    assert_eq!(all(&batches, 0)[0].images.dims(), [4, 3, 224, 224]);
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "cat.png", 1);
    let error = Batches::open(&file, 2, BatchOptions::default(), 0).unwrap_err().to_string();
    assert!(error.contains("cat.png is a file, not a folder; give a folder with"), "{error}");
    let error = Batches::open(folder.path().join("none"), 2, BatchOptions::default(), 0).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
}

#[test]
fn pictures_that_a_loader_meets() {
    let Some(root) = shared("pictures_that_a_loader_meets", "broken") else { return };
    let batches = open(&root, 4, BatchOptions { skip_broken: true, ..Default::default() });
    let skipped: HashSet<String> = batches
        .skipped()
        .iter()
        .map(|(path, reason)| {
            println!("{}: {reason}", path.display());
            assert!(reason.len() > 5, "{reason}");
            path.file_name().unwrap().to_string_lossy().into_owned()
        })
        .collect();
    for name in ["empty.jpg", "text.jpg", "bomb.png"] {
        assert!(skipped.contains(name), "{name} cannot be read");
    }
    for name in [
        "alpha.png",
        "cmyk.jpg",
        "gif_named.jpg",
        "grey16.png",
        "plain.bmp",
        "name with spaces é.jpg",
        "sliver.jpg",
    ] {
        assert!(!skipped.contains(name), "{name} can be read");
    }
    let read: usize = all(&batches, 0)
        .iter()
        .map(|batch| {
            assert_eq!(batch.images.dims(), [batch.indices.len(), 3, 224, 224]);
            assert!(numbers(&batch.images).iter().all(|v| (0.0..=255.0).contains(v)));
            batch.indices.len()
        })
        .sum();
    assert_eq!(read + skipped.len(), 17, "each is read or named");

    let error = Batches::open(&root, 4, BatchOptions::default(), 0).unwrap_err().to_string();
    assert!(error.contains("text.jpg: ") && error.contains("bomb.png: "), "{error}");
    for class in ["cats", "dogs"] {
        for entry in std::fs::read_dir(root.join(class)).unwrap() {
            let (file, start) = (entry.unwrap().path(), Instant::now());
            let readable = open_picture(&file).map(|p| Resize::CenterCrop.apply(&p).dimensions());
            let took = start.elapsed();
            assert!(took < Duration::from_secs(10), "{} took {took:?}", file.display());
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            assert_eq!(readable.is_err(), skipped.contains(&name), "{name}");
            assert!(readable.is_err() || readable.unwrap() == (224, 224), "{name}");
        }
    }
}

#[test]
fn a_picture_is_turned_as_its_camera_was_held() {
    let Some(root) = shared("a_picture_is_turned_as_its_camera_was_held", "broken") else { return };
    let turned = open_picture(&root.join("cats/exif_rotated.jpg")).unwrap();
    let stored = image::open(root.join("cats/exif_rotated.jpg")).unwrap();
    assert_ne!(stored.width(), stored.height());
    assert_eq!(turned.dimensions(), (stored.height(), stored.width()));
}

#[test]
fn what_is_transparent_is_shown_over_white() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clear.png");
    let pixels = vec![200, 0, 0, 255, 9, 9, 9, 0, 0, 0, 0, 128];
    image::RgbaImage::from_raw(3, 1, pixels).unwrap().save(&file).unwrap();
    let shown = open_picture(&file).unwrap();
    assert_eq!(shown.into_raw(), [200, 0, 0, 255, 255, 255, 127, 127, 127]);
}
