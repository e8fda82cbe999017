//! What `vgg16.py` and `utils.py` offer, on the real convolution base and small
//! generated pictures.

mod support;

use candle_core::{DType, Device, Tensor};
use sevenlines::data::{Augment, BatchOptions, Batches};
use sevenlines::learner::Probs;
use sevenlines::show::Mark;
use sevenlines::utils::{
    confusion_matrix, do_clip, load_array, onehot, plot_batch, plot_confusion_matrix, plot_predictions,
    plots, save_array,
};
use sevenlines::{Error, Learner, interrupt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use support::installed::vgg16;
use support::pictures::{classes, write};

/// Requests to stop are the whole process's, and each test keeps all cores busy.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Set {
    folder: tempfile::TempDir,
    train: Batches,
    valid: Batches,
}

/// Two classes, 10 pictures to train on and 4 to validate with.
fn set(vgg: &Learner) -> Set {
    let folder = tempfile::tempdir().unwrap();
    let train = classes(&folder.path().join("train"), &[("cats", 5), ("dogs", 5)]);
    let valid = folder.path().join("valid");
    for (class, n) in [("cats", 20), ("cats", 21), ("dogs", 120), ("dogs", 121)] {
        write(&valid, &format!("{class}/{n}.png"), n);
    }
    let train = vgg.get_batches(train, 4).unwrap();
    let valid = vgg.get_batches(valid, 3).unwrap();
    Set { folder, train, valid }
}

fn trained(seed: u64) -> (Learner, Set) {
    let mut vgg = vgg16(seed);
    let set = set(&vgg);
    vgg.finetune(&set.train).unwrap();
    vgg.fit(&set.train, &set.valid, 1).unwrap();
    (vgg, set)
}

fn first_images(batches: &Batches) -> Tensor {
    batches.epoch(0).next().unwrap().unwrap().images
}

/// The greatest difference of two sets of probabilities.
fn distance(a: &Probs, b: &Probs) -> f32 {
    let pairs = a.rows.iter().flatten().zip(b.rows.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_saved_head_is_the_same_head() {
    let _alone = alone();
    let (mut vgg, set) = trained(1);
    let file = set.folder.path().join("deeper/head.safetensors");
    vgg.save_weights(&file).unwrap();
    assert!(std::fs::metadata(&file).unwrap().len() < 20_000, "the body is not repeated");
    // A model that was never fine-tuned, of another seed.
    let mut other = vgg16(2);
    other.load_weights(&file).unwrap();
    assert_eq!(other.classes(), ["cats", "dogs"]);
    assert_eq!(other.summary().outputs(), 2);
    assert!(other.probs(&set.valid).unwrap() == vgg.probs(&set.valid).unwrap());
    assert_eq!(other.evaluate(&set.valid).unwrap(), vgg.evaluate(&set.valid).unwrap());
    other.fit(&set.train, &set.valid, 1).expect("it can be trained further");
    // Over another head, of three classes.
    vgg.ft(3).unwrap();
    vgg.load_weights(&file).unwrap();
    assert_eq!(vgg.classes(), ["cats", "dogs"]);
}

#[test]
fn the_body_sees_each_picture_once() {
    let _alone = alone();
    let mut vgg = vgg16(0);
    let set = set(&vgg);
    vgg.finetune(&set.train).unwrap();
    assert_eq!(vgg.features_kept(), 0);
    let start = Instant::now();
    let first = vgg.fit(&set.train, &set.valid, 1).unwrap();
    let with_body = start.elapsed();
    assert_eq!(vgg.features_kept(), 14);
    let start = Instant::now();
    let more = vgg.fit(&set.train, &set.valid, 3).unwrap();
    let without = start.elapsed();
    println!("1 epoch with the body: {with_body:?}; 3 without: {without:?}");
    assert_eq!(vgg.features_kept(), 14);
    assert!(without < with_body / 2, "{without:?} without the body, {with_body:?} with it");
    assert_eq!((first.epochs.len(), more.epochs.len(), vgg.history().epochs.len()), (1, 3, 4));
    let other_size = vgg.get_batches(set.train.root(), 7).unwrap();
    vgg.fit(&other_size, &set.valid, 1).unwrap();
    assert_eq!(vgg.features_kept(), 14, "another batch size needs no other features");
    let options = BatchOptions { augment: Some(Augment::default()), ..Default::default() };
    let augmented = vgg.get_batches_with(set.train.root(), 5, options).unwrap();
    vgg.fit(&augmented, &set.valid, 1).unwrap();
    assert_eq!(vgg.features_kept(), 14, "an augmented picture is never seen again");
    std::fs::remove_file(set.train.items()[0].path.clone()).unwrap();
    write(set.train.root(), "cats/0.png", 77);
    vgg.fit(&set.train, &set.valid, 1).unwrap();
    assert_eq!(vgg.features_kept(), 15, "a changed file is another picture");
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let _alone = alone();
    let numbers = |seed| {
        let mut vgg = vgg16(seed);
        let set = set(&vgg);
        vgg.finetune(&set.train).unwrap();
        let history = vgg.fit(&set.train, &set.valid, 2).unwrap();
        history.epochs.iter().map(|e| [e.loss, e.acc, e.val_loss, e.val_acc]).collect::<Vec<_>>()
    };
    assert_eq!(numbers(4), numbers(4));
    assert_ne!(numbers(4), numbers(5));
}

#[test]
fn the_learning_rate_takes_effect() {
    let _alone = alone();
    let (mut vgg, set) = trained(3);
    let before = vgg.probs(&set.train).unwrap();
    let moved = |rate: f64| {
        let mut vgg = vgg.clone();
        vgg.set_lr(rate).unwrap();
        assert_eq!(vgg.lr().unwrap(), rate);
        vgg.fit(&set.train, &set.valid, 1).unwrap();
        distance(&vgg.probs(&set.train).unwrap(), &before)
    };
    let (tiny, small, large) = (moved(1e-7), moved(1e-4), moved(1e-2));
    println!("probabilities move by {tiny:.1e}, {small:.1e}, {large:.1e}");
    assert!(tiny > 0.0 && tiny < small / 50.0 && small < large / 5.0, "{tiny} {small} {large}");
}

#[test]
fn an_interrupt_keeps_features_and_the_next_fit_works() {
    let _alone = alone();
    let mut vgg = vgg16(0);
    let set = set(&vgg);
    vgg.finetune(&set.train).unwrap();
    vgg.evaluate(&set.valid).unwrap();
    assert_eq!(vgg.features_kept(), 4);
    interrupt::request();
    let error = vgg.fit(&set.train, &set.valid, 1).unwrap_err();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert_eq!(vgg.features_kept(), 4, "what was computed is kept");
    assert_eq!(vgg.classes(), ["cats", "dogs"]);
    let history = vgg.fit(&set.train, &set.valid, 1).unwrap();
    assert_eq!((history.epochs.len(), vgg.features_kept()), (1, 14));
    interrupt::request();
    assert!(matches!(vgg.probs(&set.train), Err(Error::Interrupted)));
    vgg.probs(&set.train).unwrap();
}

#[test]
fn predictions_of_images_files_and_folders_agree() {
    let _alone = alone();
    let (mut vgg, set) = trained(0);
    let probs = vgg.probs(&set.valid).unwrap();
    assert_eq!((probs.len(), &probs.classes), (4, &vec!["cats".to_owned(), "dogs".to_owned()]));
    assert!(probs.rows.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    assert_eq!(probs.tensor().unwrap().dims(), [4, 2]);
    let plain = BatchOptions { shuffle: false, ..Default::default() };
    let in_order = vgg.get_batches_with(set.valid.root(), 4, plain).unwrap();
    let predictions = vgg.predict(&first_images(&in_order), true).unwrap();
    assert!(distance(&predictions.all, &probs) < 1e-5);
    let best = |row: &[f32]| usize::from(row[1] > row[0]);
    assert_eq!(predictions.idxs, probs.rows.iter().map(|row| best(row)).collect::<Vec<_>>());
    for (at, &class) in predictions.idxs.iter().enumerate() {
        assert_eq!(predictions.classes[at], ["cats", "dogs"][class]);
        assert_eq!(predictions.probs[at], predictions.all.rows[at][class]);
    }
    let files: Vec<_> = set.valid.items().iter().map(|item| item.path.clone()).collect();
    assert!(distance(&vgg.predict_files(&files).unwrap().all, &probs) < 1e-5);

    // A test folder: no classes, the same pictures.
    let unknown = set.folder.path().join("test");
    std::fs::create_dir(&unknown).unwrap();
    for (n, file) in files.iter().enumerate() {
        std::fs::copy(file, unknown.join(format!("{n}.png"))).unwrap();
    }
    let (batches, tested) = vgg.test(&unknown, 3).unwrap();
    assert_eq!((batches.len(), batches.classes()), (4, ["unknown".to_owned()].as_slice()));
    assert!(batches.items()[2].path.ends_with("2.png"));
    assert!(distance(&tested, &probs) < 1e-5);
    assert_eq!(tested.classes, ["cats", "dogs"]);
}

#[test]
fn a_model_after_ft_learns_its_names_from_the_first_fit() {
    let _alone = alone();
    let mut vgg = vgg16(0);
    let set = set(&vgg);
    vgg.ft(2).unwrap();
    assert_eq!(vgg.classes(), ["0", "1"]);
    vgg.fit(&set.train, &set.valid, 1).unwrap();
    assert_eq!(vgg.classes(), ["cats", "dogs"]);
}

#[test]
fn training_learns_what_is_plain_to_see() {
    let _alone = alone();
    let (mut vgg, set) = trained(0);
    vgg.fit(&set.train, &set.valid, 5).unwrap();
    let history = vgg.history();
    assert!(history.epochs[5].loss < history.epochs[0].loss / 2.0, "{history}");
    let evaluation = vgg.evaluate(&set.train).unwrap();
    assert_eq!(evaluation.acc, 1.0, "{evaluation}");
    let probs = vgg.probs(&set.train).unwrap();
    assert_eq!(confusion_matrix(&set.train, &probs).unwrap(), [[5, 0], [0, 5]]);
    let grid = plot_predictions(&set.train, &probs, &[0, 9]).unwrap();
    let marks: Vec<Mark> = grid.tiles().iter().map(|tile| tile.mark).collect();
    assert_eq!(marks, [Mark::Right, Mark::Right]);
    assert!(grid.tiles()[1].title.starts_with("dogs ") && grid.tiles()[1].caption == "4.png");
    assert!(matches!(plot_predictions(&set.train, &probs, &[10]), Err(Error::OutOfRange { .. })));
    assert!(history.plot().unwrap().svg().starts_with("<svg"));
}

fn two_classes(folder: &Path) -> Batches {
    let path = classes(folder, &[("cats", 3), ("dogs", 2)]);
    Batches::open(path, 2, BatchOptions::default(), 0).unwrap()
}

#[test]
fn a_confusion_matrix_counts_actual_by_predicted() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let batches = two_classes(folder.path());
    let rows = [0.1, 0.9, 0.2, 0.7, 0.8].map(|dog: f32| vec![1.0 - dog, dog]).to_vec();
    let probs = Probs { classes: batches.classes().to_vec(), rows };
    assert_eq!(confusion_matrix(&batches, &probs).unwrap(), [[2, 1], [0, 2]]);
    assert!(plot_confusion_matrix(&batches, &probs).unwrap().svg().contains("cats"));
    let fewer = Probs { rows: probs.rows[1..].to_vec(), ..probs.clone() };
    assert!(matches!(confusion_matrix(&batches, &fewer), Err(Error::Invalid(_))));
    let other = Probs { classes: vec!["cats".into(), "rats".into()], ..probs };
    assert!(matches!(confusion_matrix(&batches, &other), Err(Error::Invalid(_))));
}

#[test]
fn a_grid_shows_each_picture_with_its_title() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let batches = two_classes(folder.path());
    let batch = batches.epoch(0).next().unwrap().unwrap();
    let grid = plots(&batch.images, &["a cat".to_owned(), "a dog".to_owned()]).unwrap();
    let titles: Vec<&str> = grid.tiles().iter().map(|tile| tile.title.as_str()).collect();
    assert_eq!(titles, ["a cat", "a dog"]);
    assert_eq!(grid.tiles()[0].picture.dimensions(), (160, 160));
    let labels = batch.labels.to_vec1::<u32>().unwrap();
    let grid = plot_batch(&batch, batches.classes()).unwrap();
    for (tile, label) in grid.tiles().iter().zip(labels) {
        assert_eq!(tile.title, batches.classes()[label as usize]);
    }
    let grey = Tensor::zeros((1, 1, 8, 8), DType::F32, &Device::Cpu).unwrap();
    assert!(matches!(plots(&grey, &[]), Err(Error::OutOfRange { .. })));
}

#[test]
fn clipping_bounds_a_confident_mistake() {
    let named = |classes: usize| (0..classes).map(|n| n.to_string()).collect::<Vec<_>>();
    let two = Probs { classes: named(2), rows: vec![vec![1.0, 0.0], vec![0.6, 0.4]] };
    let clipped = do_clip(&two, 0.95).unwrap();
    let near = |got: &[f32], expected: &[f32]| {
        assert_eq!(got.len(), expected.len());
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?} for {expected:?}");
    };
    near(&clipped.rows[0], &[0.95, 0.05]);
    near(&clipped.rows[1], &[0.6, 0.4]);
    let three = Probs { classes: named(3), rows: vec![vec![0.0, 1.0, 0.0], vec![0.2, 0.3, 0.5]] };
    let clipped = do_clip(&three, 0.9).unwrap();
    near(&clipped.rows[0], &[0.05, 0.9, 0.05]);
    near(&clipped.rows[1], &[0.2, 0.3, 0.5]);
    for (probs, mx) in [(&two, 0.5), (&two, 1.0), (&two, f32::NAN), (&three, 0.3)] {
        assert!(matches!(do_clip(probs, mx), Err(Error::OutOfRange { .. })), "{mx}");
    }
}

#[test]
fn onehot_rows_have_their_one_at_the_label() {
    let labels = Tensor::new(&[2u32, 0, 1], &Device::Cpu).unwrap();
    let rows = onehot(&labels, 3).unwrap().to_vec2::<f32>().unwrap();
    assert_eq!(rows, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    assert!(matches!(onehot(&labels, 2), Err(Error::OutOfRange { .. })));
}

#[test]
fn a_saved_array_is_the_same_array() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("features.npy");
    let array = Tensor::new(&[[1.5f32, -2.0, 0.0], [f32::MIN_POSITIVE, 3e38, 7.0]], &Device::Cpu).unwrap();
    for _ in 0..2 {
        save_array(&file, &array).unwrap();
    }
    let back = load_array(&file).unwrap();
    assert_eq!(back.to_vec2::<f32>().unwrap(), array.to_vec2::<f32>().unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
