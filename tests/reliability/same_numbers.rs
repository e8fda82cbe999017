//! The same seed, the same numbers: on any number of threads, after a restart, on each path
//! of the processor. What is compared is all that a lesson shows, from the shuffled order to
//! Grad-CAM, each time computed by a process of its own.

use crate::support::child;
use crate::support::counts::{record, tries};
use crate::support::installed::{convolution_base, shared};
use crate::support::processor::{self, Processor};
use crate::support::tiny::flat;
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::data::{Augment, BatchOptions, Batches, split_folder};
use sevenlines::train::{FitOptions, HeadOptions, History, LossOptions};
use sevenlines::{Error, Learner, Vgg16};
use std::path::Path;

/// The greatest difference of features between paths, as a part of their greatest value.
const FEATURES: f64 = 1e-5;
/// Of losses, logits and heat maps.
const TRAINED: f64 = 5e-4;
/// Of the losses of a head with batch normalisation: it divides by the deviation of a few
/// pictures, and Adam by the root of gradients that are nearly none, so that differences grow
/// from step to step.
const NORMALISED: f64 = 5e-2;

/// Photographs where they are, else drawn pictures, as `train` and `valid`.
fn pictures(folder: &Path, train: usize, valid: usize) {
    let photos = shared("the photographs of the test of equal numbers", "photos");
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        for (part, count) in [("train", train / 2), ("valid", valid / 2)] {
            let to = folder.join(part).join(class);
            std::fs::create_dir_all(&to).unwrap();
            match &photos {
                Some(photos) => copy_some(&photos.join(part).join(class), &to, count),
                None => (0..count as u64).for_each(|n| {
                    draw(animal, n + train as u64).save(to.join(format!("{part}{n}.jpg"))).unwrap();
                }),
            }
        }
    }
}

fn copy_some(from: &Path, to: &Path, count: usize) {
    let mut files: Vec<_> = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().take(count).for_each(|file| {
        std::fs::copy(file, to.join(file.file_name().unwrap())).unwrap();
    });
}

/// What the process of `case` computed: names and numbers.
fn computed(case: &str, folder: &Path, set: &[(&str, &str)]) -> Vec<(String, Vec<f64>)> {
    let weights = convolution_base();
    let weights = [("SEVENLINES_WEIGHTS", weights.to_str().unwrap())];
    let answer = child::run("same_numbers::worker", case, folder, &[&weights, set].concat());
    let numbers = |value: &serde_json::Value| {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
    };
    answer.as_object().unwrap().iter().map(|(name, value)| (name.clone(), numbers(value))).collect()
}

type Numbers = Vec<(String, Vec<f64>)>;

/// What differs, number by number.
fn differing(what: &str, a: &Numbers, b: &Numbers) -> Vec<String> {
    assert_eq!(names(a), names(b), "{what}");
    let same =
        |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    a.iter()
        .zip(b)
        .filter(|((_, a), (_, b))| !same(a, b))
        .map(|((name, a), (_, b))| format!("{what}: {name} by {:.1e}", apart(a, b)))
        .collect()
}

fn names(numbers: &Numbers) -> Vec<&str> {
    numbers.iter().map(|(name, _)| name.as_str()).collect()
}

/// The greatest difference as a part of the greatest value.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let greatest = a.iter().fold(f64::MIN_POSITIVE, |most, a| most.max(a.abs()));
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    // NaN counts as a difference.
    differences.fold(0.0, |most: f64, by| if by <= most { most } else { by }) / greatest
}

/// Seeds to try, and what is printed of them.
fn seeds() -> Vec<u64> {
    let seeds: Vec<u64> = (0..tries(1, 3) as u64).map(|n| 11 + 1000 * n).collect();
    println!("seeds {seeds:?}");
    seeds
}

#[test]
fn on_one_two_and_four_threads_all_numbers_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), tries(4, 16), tries(2, 8));
    let (mut lost, mut compared) = (Vec::new(), 0);
    for seed in seeds() {
        let on = |threads: &str| {
            let set = [("RAYON_NUM_THREADS", threads), ("SEVENLINES_FEATURES", "off")];
            computed(&format!("whole {seed}"), folder.path(), &set)
        };
        let one = on("1");
        compared += one.len();
        for threads in ["2", "4"] {
            lost.extend(differing(&format!("seed {seed}, {threads} threads"), &one, &on(threads)));
        }
    }
    record("same numbers: 1, 2 and 4 threads", 2 * compared, &lost, "bit by bit");
}

#[test]
fn after_a_restart_with_and_without_stored_features_all_numbers_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), tries(4, 16), tries(2, 8));
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let (mut lost, mut compared) = (Vec::new(), 0);
    for seed in seeds() {
        let with = |features: &str| {
            let set = [("SEVENLINES_HOME", home), ("SEVENLINES_FEATURES", features)];
            computed(&format!("whole {seed}"), folder.path(), &set)
        };
        let first = with("on");
        assert!(Path::new(home).join("features").is_dir(), "no features were stored");
        compared += first.len();
        for (what, features) in [("stored features", "on"), ("none stored", "off")] {
            lost.extend(differing(&format!("seed {seed}, {what}"), &first, &with(features)));
        }
    }
    record(
        "same numbers: after a restart, with and without stored features",
        2 * compared,
        &lost,
        "bit by bit",
    );
}

#[test]
fn on_each_path_of_the_processor_numbers_are_equal_within_a_tolerance() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), tries(4, 16), tries(2, 8));
    let (mut lost, mut compared, mut worst) = (Vec::new(), 0, [0f64; 3]);
    for seed in seeds() {
        let on = |name: &str| {
            let set = [("GLIBC_TUNABLES", Processor::named(name).tunables()), ("SEVENLINES_FEATURES", "off")];
            computed(&format!("{name} {seed}"), folder.path(), &set)
        };
        let whole = on("whole");
        for name in ["avx2", "portable"] {
            let other = on(name);
            if other.is_empty() {
                println!("SKIPPED the path {name}: this processor or system cannot hide what it has");
                continue;
            }
            assert_eq!(names(&whole), names(&other));
            for ((what, a), (_, b)) in whole.iter().zip(&other) {
                compared += 1;
                let by = apart(a, b);
                println!("{name}, {what}: {by:.1e}");
                let most = tolerance(what);
                if let Some(kind) = [FEATURES, TRAINED, NORMALISED].iter().position(|kind| *kind == most) {
                    worst[kind] = worst[kind].max(by);
                }
                if a.len() != b.len() || by.is_nan() || by > most {
                    lost.push(format!(
                        "seed {seed}, {name}: {what} differs by {by:.1e}, more than {most:.0e}"
                    ));
                }
            }
        }
    }
    let figures = format!(
        "features by {:.1e}, losses, logits and heat maps by {:.1e}, with batch normalisation by {:.1e}",
        worst[0], worst[1], worst[2]
    );
    record("same numbers: AVX-512, AVX2 and portable", compared, &lost, &figures);
}

/// By how much paths may differ, as a part of the greatest value.
fn tolerance(what: &str) -> f64 {
    match what {
        "order" | "split" | "decoded" | "drawn" | "classes" => 0.0,
        "features" => FEATURES,
        "hidden layers' history" => NORMALISED,
        _ => TRAINED,
    }
}

#[test]
#[ignore = "run by the tests here, in a process of its own"]
fn worker() {
    let (case, folder) = child::case();
    let (name, seed) = case.split_once(' ').unwrap();
    if !processor::pretend(Processor::named(name)) {
        return child::answer(&serde_json::json!({}));
    }
    #[cfg(target_arch = "x86_64")]
    match Processor::named(name) {
        Processor::Whole => (),
        Processor::Avx2 => assert!(!is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma")),
        Processor::Portable => {
            assert!(!is_x86_feature_detected!("avx") && !is_x86_feature_detected!("sse4.1"))
        }
    }
    let numbers = all_numbers(&folder, seed.parse().unwrap()).unwrap();
    child::answer(&numbers.into_iter().map(|(name, numbers)| (name.to_owned(), numbers)).collect());
}

/// All that a lesson computes from a seed, by name.
fn all_numbers(folder: &Path, seed: u64) -> Result<Vec<(&'static str, Vec<f64>)>, Error> {
    let mut all = Vec::new();
    let mut vgg = Vgg16::builder().seed(seed).build()?;
    let batches = vgg.get_batches(folder.join("train"), 4)?;
    let val_batches = vgg.get_batches(folder.join("valid"), 4)?;
    all.push(("order", (0..3).flat_map(|epoch| batches.order(epoch)).map(|n| n as f64).collect()));
    all.push(("split", split(folder, seed)?));
    let batch = batches.epoch(0).next().expect("a batch")?;
    all.push(("decoded", wide(&flat(&batch.images))));
    all.push(("drawn", draw(Animal::Dog, seed).into_raw().into_iter().map(f64::from).collect()));
    all.push(("features", wide(&flat(&vgg.precompute(&batches)?))));

    vgg.finetune(&batches)?;
    all.push(("lr_find", vgg.lr_find(&batches)?.losses));
    all.push(("head's history", losses(&vgg.fit(&batches, &val_batches, 3)?)));
    all.push(("head's logits", wide(&flat(&vgg.logits(&batch.images)?))));
    let predicted = vgg.predict(&batch.images, false)?;
    all.push(("classes", predicted.idxs.iter().map(|&class| class as f64).collect()));
    all.push(("grad-cam", heat(&vgg, &val_batches)?));
    all.extend(deep_heads(&mut vgg, &batches, &val_batches)?);

    vgg.finetune(&batches)?;
    vgg.fit(&batches, &val_batches, 1)?;
    vgg.unfreeze("block5")?;
    all.push(("block5's history", losses(&vgg.fit(&batches, &val_batches, 2)?)));
    all.push(("block5's logits", wide(&flat(&vgg.logits(&batch.images)?))));
    all.push(("block5's grad-cam", heat(&vgg, &val_batches)?));
    Ok(all)
}

/// Hidden layers, batch normalisation, dropout, mixup, label smoothing; augmented pictures.
fn deep_heads(
    vgg: &mut Learner,
    batches: &Batches,
    val_batches: &Batches,
) -> Result<Vec<(&'static str, Vec<f64>)>, Error> {
    let head = HeadOptions { hidden: vec![64, 32], batch_norm: true, dropout: 0.2 };
    vgg.finetune_with(batches, head)?;
    let loss = LossOptions { mixup: 0.3, label_smoothing: 0.1, ..Default::default() };
    let history =
        vgg.fit_with(batches, val_batches, FitOptions { nb_epoch: 2, loss, ..Default::default() })?;
    let hidden = losses(&history);
    let options = BatchOptions { augment: Some(Augment::default()), ..Default::default() };
    let augmented = vgg.get_batches_with(batches.root(), 3, options)?;
    vgg.finetune(&augmented)?;
    let augmented = losses(&vgg.fit(&augmented, val_batches, 1)?);
    Ok(vec![("hidden layers' history", hidden), ("augmented history", augmented)])
}

fn heat(vgg: &Learner, batches: &Batches) -> Result<Vec<f64>, Error> {
    Ok(wide(vgg.grad_cam(&batches.items()[0].path, Some("cats"))?.heat.map()))
}

/// Which picture of `train` went to `valid`.
fn split(folder: &Path, seed: u64) -> Result<Vec<f64>, Error> {
    let mine = tempfile::tempdir().unwrap();
    let from = mine.path().join("mine");
    for class in ["cats", "dogs"] {
        std::fs::create_dir_all(from.join(class)).unwrap();
        for n in 0..20 {
            let file = std::fs::read_dir(folder.join("train").join(class)).unwrap().next().unwrap().unwrap();
            std::fs::copy(file.path(), from.join(class).join(format!("{n}.jpg"))).unwrap();
        }
    }
    let to = split_folder(&from, 0.3, seed)?;
    let went = |class: &str, n: usize| to.join("valid").join(class).join(format!("{n}.jpg")).is_file();
    let all = ["cats", "dogs"].into_iter().flat_map(|class| (0..20).map(move |n| (class, n)));
    Ok(all.map(|(class, n)| f64::from(u8::from(went(class, n)))).collect())
}

fn losses(history: &History) -> Vec<f64> {
    history.epochs.iter().flat_map(|e| [e.loss, e.acc, e.val_loss, e.val_acc]).map(f64::from).collect()
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().copied().map(f64::from).collect()
}
