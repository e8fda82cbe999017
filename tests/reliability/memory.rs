//! More asked for than there is room for: the peak of a process stays where `summary` says,
//! or the library refuses with the number that would fit.
//!
//! Each measurement is a process of its own, on the real convolution base.

use crate::support::child;
use crate::support::counts::{record, tries};
use crate::support::installed::builder;
use crate::support::pictures::classes;
use image::{Rgb, RgbImage};
use sevenlines::data::{Augment, BatchOptions, Batches};
use sevenlines::train::{FitOptions, HeadOptions, LossOptions};
use sevenlines::{Error, Learner};
use std::path::Path;

const MB: u64 = 1_000_000;

/// The estimate is at most this much too small or too large.
const FACTOR: f64 = 1.5;

/// What `worker` answers of `case`.
fn measured(case: &str, folder: &Path, set: &[(&str, &str)]) -> serde_json::Value {
    let threads = [("RAYON_NUM_THREADS", "2"), ("SEVENLINES_FEATURES", "off")];
    child::run("memory::worker", case, folder, &[&threads, set].concat())
}

fn number(answer: &serde_json::Value, name: &str) -> u64 {
    answer[name].as_u64().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn peak(case: &str, folder: &Path) -> u64 {
    number(&measured(case, folder, &[]), "peak")
}

/// `count` files of a few pictures: the network looks at each picture once, so that a
/// batch of thousands takes no longer than the pictures.
fn many(folder: &Path, count: usize) {
    let few = classes(&folder.join("few"), &[("cats", 4), ("dogs", 4)]);
    for class in ["cats", "dogs"] {
        let to = folder.join("many").join(class);
        std::fs::create_dir_all(&to).unwrap();
        for n in 0..count / 2 {
            let from = few.join(class).join(format!("{}.png", n % 4));
            std::fs::hard_link(from, to.join(format!("{n}.png"))).unwrap();
        }
    }
}

#[test]
fn a_batch_of_100000_is_bounded_or_refused_with_what_would_fit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    many(folder, 25_000);
    let mut lost = Vec::new();
    let mut figures = Vec::new();
    let all = ["test", "head", "hidden", "lr_find", "sizes"];
    let cases = &all[..tries(2, all.len())];
    for case in cases {
        let [small, large] = [64, 100_000].map(|batch| peak(&format!("{case} {batch}"), folder));
        figures.push(format!("{case} {} and {} MB", small / MB, large / MB));
        // The batch's rows: 25,000 of 1,024 numbers, several times in a deep head.
        let more = if *case == "hidden" { 1_200 } else { 250 };
        if large > small + more * MB {
            lost.push(format!("{case}: {small} bytes with 64, {large} with 100,000"));
        }
    }
    // What does not fit is refused, and the number that the refusal names fits.
    for case in ["hidden", "tensors"] {
        let set = [("SEVENLINES_MEMORY", "800MB")];
        let refused = measured(&format!("{case} 100000"), folder, &set);
        let fits = refused["fits"].as_u64().unwrap_or(0);
        let message = refused["refused"].as_str().unwrap_or_default();
        if fits == 0 || !message.contains(&format!("{fits} pictures in a batch would fit")) {
            lost.push(format!("{case}: {refused}"));
            continue;
        }
        let again = measured(&format!("{case} {fits}"), folder, &set);
        figures.push(format!("{case} with 800 MB refused, {fits} fit: {} MB", number(&again, "peak") / MB));
        if again["refused"].is_string() || number(&again, "peak") > 1_000 * MB {
            lost.push(format!("{case}: {fits} do not fit: {again}"));
        }
    }
    record("memory: batch size 64 and 100,000", cases.len() + 2, &lost, &figures.join("; "));
}

#[test]
fn the_estimate_of_the_summary_holds() {
    let folder = tempfile::tempdir().unwrap();
    let count = tries(20, 96) as u8;
    classes(&folder.path().join("many"), &[("cats", count / 2), ("dogs", count / 2)]);
    let long = ["frozen 64", "block5 16", "frozen 16", "block5 64", "block4 64", "augmented 100000"];
    let cases = &long[..tries(2, long.len())];
    let (mut lost, mut figures) = (Vec::new(), Vec::new());
    for case in cases {
        let answer = measured(case, folder.path(), &[]);
        let (peak, estimate) = (number(&answer, "peak"), number(&answer, "estimate"));
        figures.push(format!("{case}: peak {} MB, estimate {} MB", peak / MB, estimate / MB));
        let off = peak as f64 / estimate as f64;
        if !(1.0 / FACTOR..FACTOR).contains(&off) {
            lost.push(format!("{case}: {answer}"));
        }
    }
    record("memory: the summary's estimate, within a factor of 1.5", cases.len(), &lost, &figures.join("; "));
}

/// A picture of 20 megapixels, smooth with some grain.
fn large(seed: u32) -> RgbImage {
    RgbImage::from_fn(5472, 3648, |x, y| {
        let grain = (x.wrapping_mul(y) ^ seed.wrapping_mul(2_654_435_761)) >> 13 & 7;
        Rgb([(x / 22) as u8, (y / 15) as u8, ((x + y + 50 * seed) / 40) as u8].map(|c| c ^ grain as u8))
    })
}

#[test]
fn a_folder_of_20_megapixel_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let count = tries(4, 40);
    for (class, ending) in [("cats", "jpg"), ("dogs", "png")] {
        let to = folder.path().join("many").join(class);
        std::fs::create_dir_all(&to).unwrap();
        let first = to.join(format!("0.{ending}"));
        large(class.len() as u32).save(&first).unwrap();
        (1..count / 2).for_each(|n| std::fs::hard_link(&first, to.join(format!("{n}.{ending}"))).unwrap());
    }
    let answer = measured("large 64", folder.path(), &[]);
    let (peak, estimate) = (number(&answer, "peak"), number(&answer, "estimate"));
    let figures = format!("peak {} MB, estimate {} MB", peak / MB, estimate / MB);
    // Beside the estimate, one decoded picture and its file for each of the two threads;
    // 64 decoded ones would be 3.8 GB.
    let lost: Vec<String> =
        Some(figures.clone()).filter(|_| peak > estimate + 2 * 200 * MB).into_iter().collect();
    record("memory: a folder of 20-megapixel pictures, batch size 64", count, &lost, &figures);
}

#[test]
#[ignore = "run by the tests here, in a process of its own"]
fn worker() {
    let (case, folder) = child::case();
    let (name, batch) = case.split_once(' ').unwrap();
    let mut vgg = builder(0).build().unwrap();
    let done = work(&mut vgg, name, batch.parse().unwrap(), &folder);
    let estimate = vgg.summary().memory.total();
    println!("{}", vgg.summary().memory);
    child::answer(&match done {
        Ok(()) => serde_json::json!({ "peak": child::peak(), "estimate": estimate }),
        Err(error) => {
            let text = error.to_string();
            let Error::Memory { fits, .. } = error else { panic!("{text}") };
            serde_json::json!({ "refused": text, "fits": fits, "peak": child::peak() })
        }
    });
}

fn work(vgg: &mut Learner, name: &str, batch: usize, folder: &Path) -> Result<(), Error> {
    if folder.join("few").is_dir() {
        // The network looks at each picture once, here.
        let few = vgg.get_batches(folder.join("few"), 8)?;
        vgg.precompute(&few)?;
    }
    let augment = (name == "augmented").then(Augment::default);
    let options = BatchOptions { augment, ..Default::default() };
    let batches = vgg.get_batches_with(folder.join("many"), batch, options)?;
    vgg.finetune(&batches)?;
    match name {
        "head" | "frozen" | "large" => {
            vgg.fit(&batches, &batches, 1)?;
            if name == "large" {
                let files: Vec<&Path> = batches.items().iter().map(|item| item.path.as_path()).collect();
                assert_eq!(vgg.predict_files(&files)?.probs.len(), batches.len());
            }
        }
        "hidden" => {
            let head = HeadOptions { hidden: vec![512], batch_norm: true, dropout: 0.2 };
            vgg.finetune_with(&batches, head)?;
            let loss = LossOptions { mixup: 0.2, ..Default::default() };
            vgg.fit_with(&batches, &batches, FitOptions { loss, ..Default::default() })?;
        }
        "lr_find" => drop(vgg.lr_find(&batches)?),
        "sizes" => drop(vgg.try_batch_sizes(&batches, &batches, &[3, batch], 1)?),
        "test" => {
            let (batches, probs) = vgg.test(folder.join("many"), batch)?;
            assert_eq!(probs.len(), batches.len());
        }
        "tensors" => first_batch(&batches)?,
        "augmented" | "block4" | "block5" => {
            vgg.unfreeze(if name == "block4" { "block4" } else { "block5" })?;
            vgg.fit(&batches, &batches, 1)?;
        }
        other => panic!("nothing is called {other}"),
    }
    Ok(())
}

/// The tensors of one batch, and the network's word on some of it.
fn first_batch(batches: &Batches) -> Result<(), Error> {
    let batch = batches.epoch(0).next().expect("a folder has a batch")?;
    assert_eq!(batch.indices.len(), batches.batch_size().min(batches.len()));
    Ok(())
}
