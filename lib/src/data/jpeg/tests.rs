//! Against libjpeg-turbo (tests/golden/jpeg.py), against the definition of the cosine
//! transform, and against damage.

use super::{decode_smaller, frame};
use crate::data::{Resize, picture};
use crate::formulas;
use candle_core::{Device, Tensor};
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Rgb, RgbImage};
use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;

/// The kinds of golden files that are decoded here, then those that are not.
const KINDS: [&str; 6] = ["full_chroma", "half_chroma", "quarter_chroma", "restarts", "own_tables", "grey"];
const OTHERS: [&str; 2] = ["progressive", "rgb"];

fn golden() -> HashMap<String, Tensor> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/jpeg.safetensors");
    candle_core::safetensors::load(file, &Device::Cpu).unwrap()
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The mean and the largest difference.
fn difference(a: &[u8], b: &[u8]) -> (f64, u8) {
    assert_eq!(a.len(), b.len());
    let differences = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = differences().map(f64::from).sum();
    (sum / a.len() as f64, differences().max().unwrap())
}

#[test]
fn eighths_and_quarters_are_libjpegs() {
    let golden = golden();
    for kind in KINDS {
        let file = bytes(&golden[kind]);
        for (parts, enough) in [(8, 1), (8, 11), (4, 12), (4, 22)] {
            let picture = decode_smaller(&file, enough).unwrap();
            assert_eq!(picture.dimensions(), (120 / parts, 88 / parts), "{kind}");
            let (mean, largest) = difference(picture.as_raw(), &bytes(&golden[&format!("{kind}.{parts}")]));
            println!("{kind} 1/{parts}: mean {mean:.3}, largest {largest}");
            // libjpeg mixes higher frequencies into a quarter, and has coarser colours
            // where they are stored at half the width; a mean is a mean.
            match (kind, parts) {
                ("full_chroma" | "grey", 8) => assert_eq!(largest, 0, "{kind}"),
                ("half_chroma", _) => {}
                _ => assert!(mean < 2.5 && largest <= 10, "{kind} 1/{parts}: {mean} {largest}"),
            }
        }
        assert!(decode_smaller(&file, 23).is_none(), "{kind}: a half is not worth it");
    }
    let [half, full] = ["half_chroma", "full_chroma"].map(|kind| decode_smaller(&bytes(&golden[kind]), 22));
    let (mean, _) = difference(half.unwrap().as_raw(), full.unwrap().as_raw());
    assert!(mean < 2.5, "colours at half the width: {mean}");
    for kind in OTHERS {
        assert!(decode_smaller(&bytes(&golden[kind]), 1).is_none(), "{kind}");
    }
}

/// Each block of 8 x 8 to 2 x 2 by way of its lowest frequencies, in f64.
fn quarter(picture: &GrayImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let wave = |x: u32, u: u32, side: u32| -> f64 {
        let angle = f64::from((2 * x + 1) * u) * std::f64::consts::PI / f64::from(2 * side);
        let norm = if u == 0 { 1.0 } else { 2.0 };
        angle.cos() * (norm / f64::from(side)).sqrt()
    };
    let frequency = |x0: u32, y0: u32, u: u32, v: u32| -> f64 {
        let at = |x, y| f64::from(picture.get_pixel(x0 + x, y0 + y).0[0]) * wave(x, u, 8) * wave(y, v, 8);
        (0..64).map(|i| at(i % 8, i / 8)).sum()
    };
    let mut pixels = Vec::new();
    for (y, x) in (0..height / 4).flat_map(|y| (0..width / 4).map(move |x| (y, x))) {
        let sum: f64 = (0..4)
            .map(|i| (i % 2, i / 2))
            .map(|(u, v)| frequency(x / 2 * 8, y / 2 * 8, u, v) * wave(x % 2, u, 2) * wave(y % 2, v, 2))
            .sum();
        pixels.push((sum / 4.0).round() as u8);
    }
    pixels
}

#[test]
fn a_quarter_is_what_the_lowest_frequencies_give() {
    let file = bytes(&golden()["grey"]);
    let whole = image::load_from_memory(&file).unwrap().into_luma8();
    let grey = decode_smaller(&file, 22).unwrap();
    let grey: Vec<u8> = grey.pixels().map(|pixel| pixel.0[0]).collect();
    let (mean, largest) = difference(&grey, &quarter(&whole));
    println!("mean {mean:.3}, largest {largest}");
    assert!(mean < 0.5 && largest <= 3, "{mean} {largest}");
}

fn size(file: &[u8]) -> Option<(u32, u32)> {
    frame(&mut Cursor::new(file)).map(|frame| (frame.width, frame.height))
}

#[test]
fn the_size_is_read_from_the_header_alone() {
    for (kind, file) in golden().iter().filter(|(kind, _)| !kind.contains('.')) {
        let file = bytes(file);
        assert_eq!(size(&file), Some((120, 88)), "{kind}");
        let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        assert_eq!(size(&file[..scan + 5]), Some((120, 88)), "{kind}");
        for length in [0, 1, 2, 20, scan / 2, scan] {
            assert_eq!(size(&file[..length]), None, "{kind} cut to {length}");
        }
    }
    let mut png = Cursor::new(Vec::new());
    RgbImage::new(9, 9).write_to(&mut png, image::ImageFormat::Png).unwrap();
    assert_eq!(size(png.get_ref()), None);
}

#[test]
fn damage_is_left_to_others() {
    let golden = golden();
    let mut state = 2017u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut understood = 0;
    for kind in KINDS {
        let file = bytes(&golden[kind]);
        assert!(decode_smaller(&file[..file.len() * 2 / 3], 11).is_none(), "{kind} cut");
        assert!(decode_smaller(&file[..file.len() - 2], 11).is_some(), "{kind} without the end's mark");
        for turn in 0..500 {
            let mut file = file.clone();
            for _ in 0..1 + random(6) {
                // Every other time the header, which is less than 700 bytes.
                let place = random(if turn % 2 == 0 { 700 } else { file.len() });
                file[place] = random(256) as u8;
            }
            if turn % 5 == 0 {
                file.truncate(random(file.len()));
            }
            let _ = size(&file);
            understood += usize::from(decode_smaller(&file, 1 + random(30) as u32).is_some());
        }
    }
    println!("{understood} of 3000 damaged files gave a picture, none a panic");
}

/// A photograph's large shapes and fine texture, 2048 x 1800, as a camera held upright
/// writes it: to be turned by a quarter.
fn large() -> Vec<u8> {
    let (shapes, texture) = (formulas::picture(225, 256), formulas::picture(1800, 2048));
    let picture = RgbImage::from_fn(2048, 1800, |x, y| {
        let (shape, texture) = (shapes.get_pixel(x / 8, y / 8).0, texture.get_pixel(x, y).0);
        Rgb([0, 1, 2].map(|c| shape[c] / 2 + texture[c] / 4 + 30))
    });
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(&picture).unwrap();
    let turned = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    file.splice(2..2, turned.iter().copied());
    file
}

#[test]
fn a_large_photograph_resized_is_practically_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.jpg");
    std::fs::write(&file, large()).unwrap();
    let (whole, content) = picture::load(&file, None, |picture| picture).unwrap();
    assert_eq!(whole.dimensions(), (1800, 2048));
    for resize in [Resize::Squash, Resize::CenterCrop, Resize::Nearest] {
        let (smaller, same) = picture::load(&file, resize.enough(), |picture| picture).unwrap();
        assert_eq!(same, content);
        let (mean, largest) = difference(resize.apply(&whole).as_raw(), resize.apply(&smaller).as_raw());
        println!("{resize}: decoded at {:?}, mean {mean:.3}, largest {largest}", smaller.dimensions());
        match resize {
            Resize::Squash => assert_eq!(smaller.dimensions(), (450, 512)),
            // 450 pixels are not twice 256.
            _ => assert_eq!(smaller.dimensions(), (1800, 2048)),
        }
        assert!(mean < 1.0 && largest < 16, "{resize}: {mean} {largest}");
    }
    let damaged = &large()[..300_000];
    std::fs::write(&file, damaged).unwrap();
    let squashed = |picture: RgbImage| Resize::Squash.apply(&picture);
    let as_a_viewer = picture::load(&file, None, squashed);
    let here = picture::load(&file, Resize::Squash.enough(), squashed);
    assert!(as_a_viewer == here, "half a file is shown as far as it goes, or named, either way");
}
