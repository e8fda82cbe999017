//! The drawn sample as a newcomer gets it: complete, balanced, no two pictures
//! alike, and nothing but the animal to tell the classes apart.

use image::{RgbImage, imageops};
use sevenlines::data::drawn::{Animal, draw, write_sample};
use sevenlines::{Error, interrupt};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

/// Requests to stop are the whole process's: only one test at a time draws a sample.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Picture {
    /// `train` or `valid`.
    part: String,
    /// `cats` or `dogs`.
    class: String,
    bytes: Vec<u8>,
    pixels: RgbImage,
}

/// The sample, drawn once for all tests here.
static SAMPLE: LazyLock<Vec<Picture>> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data/drawn");
    let mut told = Vec::new();
    write_sample(&dir, 1, &mut |done, all| told.push((done, all))).unwrap();
    assert_eq!(told.first(), Some(&(0, 400)));
    assert_eq!(told.last(), Some(&(400, 400)));
    assert!(told.is_sorted());
    assert_eq!(list(dir.parent().unwrap()), ["drawn"], "nothing is left beside the sample");
    is_left_alone(&dir);
    is_not_taken_for_whole_when_broken(&dir);
    files(&dir).iter().map(|path| read(path)).collect()
});

fn read(path: &Path) -> Picture {
    let above =
        |n: usize| path.ancestors().nth(n).unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).unwrap();
    let pixels = image::load_from_memory(&bytes).unwrap().to_rgb8();
    Picture { part: above(2), class: above(1), bytes, pixels }
}

fn list(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for name in list(dir) {
        let path = dir.join(name);
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn is_left_alone(dir: &Path) {
    let mark = |path: &PathBuf| std::fs::metadata(path).unwrap().modified().unwrap();
    let before: Vec<_> = files(dir).iter().map(mark).collect();
    let mut calls = 0;
    write_sample(dir, 2, &mut |_, _| calls += 1).unwrap();
    assert_eq!(calls, 0, "a complete sample is not drawn again");
    assert_eq!(files(dir).iter().map(mark).collect::<Vec<_>>(), before);
}

fn is_not_taken_for_whole_when_broken(dir: &Path) {
    let some = dir.join("valid/dogs/dog.0170.jpg");
    let aside = dir.with_file_name("aside.jpg");
    std::fs::rename(&some, &aside).unwrap();
    let error = write_sample(dir, 1, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)));
    assert!(error.to_string().contains("not a complete drawn sample"), "{error}");
    assert_eq!(files(dir).len(), 399, "what is there is not touched");
    std::fs::rename(&aside, &some).unwrap();
}

fn sample() -> &'static [Picture] {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    &SAMPLE
}

#[test]
fn it_is_complete_and_balanced() {
    let mut counts = BTreeMap::new();
    for p in sample() {
        *counts.entry((p.part.as_str(), p.class.as_str())).or_insert(0) += 1;
    }
    let expected = [
        (("train", "cats"), 150),
        (("train", "dogs"), 150),
        (("valid", "cats"), 50),
        (("valid", "dogs"), 50),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let bytes: usize = sample().iter().map(|p| p.bytes.len()).sum();
    assert!(bytes < 8_500_000, "{bytes} bytes");
}

#[test]
fn sizes_and_shapes_vary() {
    let sizes: HashSet<_> = sample().iter().map(|p| p.pixels.dimensions()).collect();
    assert!(sizes.len() > 200, "only {} sizes", sizes.len());
    let wide = sample().iter().filter(|p| p.pixels.width() > p.pixels.height()).count();
    assert!((100..360).contains(&wide), "{wide} of 400 are wider than high");
    for p in sample() {
        let (w, h) = p.pixels.dimensions();
        assert!((150..400).contains(&w) && (150..400).contains(&h), "{w} x {h}");
    }
}

#[test]
fn no_two_pictures_are_alike() {
    let distinct: HashSet<_> = sample().iter().map(|p| &p.bytes).collect();
    assert_eq!(distinct.len(), 400);
    let small: Vec<_> = sample()
        .iter()
        .map(|p| imageops::resize(&p.pixels, 12, 12, imageops::FilterType::Triangle))
        .collect();
    let mut nearest = f64::MAX;
    for (i, a) in small.iter().enumerate() {
        for b in &small[..i] {
            nearest = nearest.min(distance(a, b));
        }
    }
    println!("the nearest two pictures differ by {nearest:.1} of 255 a pixel");
    assert!(nearest > 10.0, "two pictures differ by only {nearest:.1} of 255 a pixel");
}

/// Root mean square difference of two pictures of one size.
fn distance(a: &RgbImage, b: &RgbImage) -> f64 {
    let sum: f64 = a.iter().zip(b.iter()).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum();
    (sum / a.len() as f64).sqrt()
}

#[test]
fn mean_colour_does_not_tell_cats_from_dogs() {
    let means: Vec<[f64; 3]> = sample().iter().map(|p| mean(&p.pixels)).collect();
    let centre = |class: &str| {
        let of: Vec<_> =
            (0..400).filter(|i| sample()[*i].part == "train" && sample()[*i].class == class).collect();
        [0, 1, 2].map(|c| of.iter().map(|i| means[*i][c]).sum::<f64>() / of.len() as f64)
    };
    let (cats, dogs) = (centre("cats"), centre("dogs"));
    let far = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f64>();
    let valid: Vec<_> = (0..400).filter(|i| sample()[*i].part == "valid").collect();
    let right = valid
        .iter()
        .filter(|i| (far(&means[**i], &dogs) < far(&means[**i], &cats)) == (sample()[**i].class == "dogs"))
        .count();
    println!("mean colour alone: {right} of {} right", valid.len());
    assert!(right <= 65, "mean colour alone gets {right} of 100 right");
}

fn mean(picture: &RgbImage) -> [f64; 3] {
    let n = f64::from(picture.width() * picture.height());
    let mut sum = [0.0; 3];
    for pixel in picture.pixels() {
        for (sum, channel) in sum.iter_mut().zip(pixel.0) {
            *sum += f64::from(channel);
        }
    }
    sum.map(|s| s / n)
}

/// All that can be drawn.
const ANIMALS: [Animal; 5] = [Animal::Bird, Animal::Cat, Animal::Dog, Animal::Horse, Animal::Rabbit];

#[test]
fn a_seed_is_a_picture() {
    for seed in 0..2 {
        for animal in ANIMALS {
            let picture = draw(animal, seed);
            assert_eq!(picture, draw(animal, seed));
            assert_ne!(picture, draw(animal, seed + 1));
            for other in ANIMALS.into_iter().filter(|other| *other != animal) {
                assert_ne!(picture, draw(other, seed));
            }
        }
    }
    assert_eq!(ANIMALS.map(|animal| animal.to_string()), ["bird", "cat", "dog", "horse", "rabbit"]);
}

/// The pictures of the first seeds are the same on every machine and after every change
/// here: notebooks quote what a network makes of them.
#[test]
fn the_pictures_stay_as_they_are() {
    let hashes = ANIMALS.map(|animal| {
        let mut hash = Sha256::new();
        for seed in 0..4 {
            let picture = draw(animal, seed);
            hash.update(picture.width().to_le_bytes());
            hash.update(picture.as_raw());
        }
        hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    assert_eq!(
        hashes,
        ["ffd3e6d9982c830b", "881e9a2cf635b38f", "4419c1ea049f6308", "a7d799b362e7960e", "a2a5857e39186b65"]
    );
}

#[test]
fn a_stopped_sample_is_no_sample() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("drawn");
    let mut drawn = 0;
    let stopped = write_sample(&dir, 1, &mut |done, _| {
        drawn = done;
        if done > 0 {
            interrupt::request();
        }
    });
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert!(0 < drawn && drawn < 400);
    assert!(!dir.exists());
    assert_eq!(list(home.path()), Vec::<String>::new(), "what was drawn is removed");
}
