//! Thousands of files of all five formats, each damaged at random: no panic, none over a
//! second, none over 200 MB, and what one way reads the other reads too.

use super::child::{Seen, ask, figures, lost};
use super::{files, mutate};
use crate::support::counts::{record, tries};
use crate::support::installed::shared;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageFormat, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::data::drawn::{Animal, draw};
use std::io::Cursor;
use std::path::{Path, PathBuf};

const SEED: u64 = 2017;

/// A few real photographs, or drawn animals where there are none.
fn photographs() -> Vec<RgbImage> {
    let Some(root) = shared("photographs to damage (drawn animals instead)", "photos/train") else {
        return (0..8).map(|n| draw(if n % 2 == 0 { Animal::Cat } else { Animal::Dog }, n)).collect();
    };
    let mut photographs = Vec::new();
    for class in ["cats", "dogs"] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(class))
            .expect("the class is listed")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        for file in files.iter().step_by(files.len().div_ceil(6)) {
            photographs.push(image::open(file).expect("a photograph").into_rgb8());
        }
    }
    photographs
}

/// What is damaged: the golden files of every kind, and photographs in five formats. The
/// large JPEG is one that training decodes straight to a quarter.
fn originals() -> Vec<(String, Vec<u8>)> {
    let mut originals = files();
    for (n, photograph) in photographs().iter().enumerate() {
        let small = image::imageops::resize(photograph, 160, 120, FilterType::Triangle);
        for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::WebP] {
            let mut file = Cursor::new(Vec::new());
            small.write_to(&mut file, format).expect("it is encoded");
            originals.push((format!("photograph {n}, {format:?}"), file.into_inner()));
        }
        let large = image::imageops::resize(photograph, 1920, 1792, FilterType::Triangle);
        for (name, picture, quality) in [("small", &small, 90), ("large", &large, 40)] {
            let mut file = Vec::new();
            JpegEncoder::new_with_quality(&mut file, quality).encode_image(picture).expect("it is encoded");
            originals.push((format!("photograph {n}, {name} JPEG"), file));
        }
    }
    originals
}

/// Has `tell` look at so many files, each in its turn.
pub fn each(seed: u64, count: usize, tell: impl Fn(String, &Path)) {
    let originals = originals();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mutated.jpg");
    for n in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
        let (name, bytes) = &originals[rng.random_range(0..originals.len())];
        let bytes = mutate::mutated(bytes, &mut rng);
        std::fs::write(&file, &bytes).expect("the file is written");
        tell(format!("{n}: {name}"), &file);
        if let Some(kept) = std::env::var_os("SEVENLINES_KEEP_MUTATED") {
            std::fs::write(Path::new(&kept).join(format!("{n}")), &bytes).expect("the file is kept");
        }
    }
}

#[test]
fn mutated_files_are_read_or_named() {
    let count = tries(500, 10_000);
    println!("seed {SEED}");
    // Two processes, for two processors.
    let half = count / 2;
    let ask = |seed: u64, count: usize| move || ask(&format!("{seed} {count}"), &[]);
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let (a, b) = (scope.spawn(ask(SEED, half)), scope.spawn(ask(SEED + 1, count - half)));
        a.join().expect("one half").into_iter().chain(b.join().expect("the other")).collect()
    });
    assert_eq!(seen.len(), count);
    let gave_up = |seen: &&Seen| seen.outcome.as_ref().is_err_and(|reason| reason.contains("gave up"));
    let panics = seen.iter().filter(gave_up).count();
    seen.iter().filter(gave_up).take(20).for_each(|seen| println!("{seen:?}"));
    let photographs =
        if shared("the kind of photographs", "photos/train").is_some() { "real" } else { "drawn" };
    let figures =
        format!("{}, {panics} panics of decoders caught; {photographs} photographs", figures(&seen));
    record("pictures: mutated files", count, &lost(&seen, 1.0, 200.0), &figures);
}
