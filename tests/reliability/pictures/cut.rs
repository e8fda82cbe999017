//! Files that break off after each of their bytes, and files with one wrong bit.

use super::bytes::{Jpeg, Plane};
use super::child::trained;
use super::{files, opened, reason};
use crate::support::counts::{record, tries};
use crate::support::formulas;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use std::path::Path;

fn file(kind: &str) -> Vec<u8> {
    files().into_iter().find(|(name, _)| name == kind).expect("a golden kind").1
}

/// Where a JPEG's pixels begin, behind the first scan's header.
fn scan(file: &[u8]) -> usize {
    let mark = file.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    mark + 2 + usize::from(u16::from_be_bytes([file[mark + 2], file[mark + 3]]))
}

/// What is wrong with how a beginning of `whole` is read: a JPEG is shown as soon as some
/// of its pixels are there, any other kind once all are.
fn wrong(folder: &Path, kind: &str, whole: &[u8], length: usize) -> Option<String> {
    let size = opened(folder, whole).expect("the whole is read").dimensions();
    let found = opened(folder, &whole[..length]);
    let jpeg = whole.starts_with(&[0xff, 0xd8]);
    match &found {
        Ok(picture) if picture.dimensions() != size => {
            Some(format!("{kind} to {length}: {:?}", picture.dimensions()))
        }
        Ok(_) if jpeg && length < scan(whole) => Some(format!("{kind} to {length}: read without a pixel")),
        Ok(_) if !jpeg && length < whole.len() * 4 / 5 => Some(format!("{kind} to {length}: read")),
        // Between two scans lie tables, without which there is no more to show.
        Err(reason) if jpeg && !kind.contains("progressive") && length > scan(whole) + 8 => {
            Some(format!("{kind} to {length}: {reason}"))
        }
        _ => None,
    }
}

#[test]
fn every_beginning_of_a_file_is_read_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let step = tries(7, 1);
    let (mut lost, mut tried) = (Vec::new(), 0);
    for kind in [
        "jpeg.4:2:0",
        "jpeg.4:4:4",
        "jpeg.grey",
        "jpeg.cmyk",
        "jpeg.exif6",
        "jpeg.progressive",
        "jpeg.grey_progressive",
        "png.rgb",
        "png.palette_transparent",
        "bmp.rgb",
        "bmp.palette",
        "gif.palette",
        "webp.lossy",
        "webp.lossless",
        "webp.lossy_alpha",
    ] {
        let whole = file(kind);
        for length in (0..whole.len()).step_by(step) {
            tried += 1;
            lost.extend(wrong(folder.path(), kind, &whole, length));
        }
    }
    record("pictures: beginnings of small files", tried, &lost, "");
}

#[test]
fn of_a_jpeg_that_breaks_off_the_upper_part_is_shown_and_the_rest_is_grey() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photograph.jpg");
    let picture = imageops::resize(&formulas::picture(90, 100), 448, 448, FilterType::Triangle);
    let mut whole = Vec::new();
    JpegEncoder::new_with_quality(&mut whole, 50).encode_image(&picture).unwrap();
    std::fs::write(&file, &whole).unwrap();
    let shown = reason(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let half = reason(&file).unwrap();
    assert_eq!(half.dimensions(), (448, 448));
    let row = 3 * 448;
    assert!(
        half.as_raw()[..64 * row] == shown.as_raw()[..64 * row],
        "the upper rows are the whole picture's"
    );
    let grey = half.as_raw()[440 * row..].iter().all(|c| c.abs_diff(128) <= 2);
    assert!(grey, "the last rows are grey");
}

#[test]
fn every_beginning_of_a_jpeg_is_the_same_on_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photograph.jpg");
    // Training decodes it straight to a quarter, as long as it is whole.
    let planes = [Plane(150, 2, 2), Plane(90, 1, 1), Plane(180, 1, 1)];
    let whole = Jpeg { size: (1792, 1792), planes: &planes, adobe: None, frame: 0xc0, apart: false }.bytes();
    let lengths: Vec<usize> = (0..whole.len()).step_by(whole.len() / tries(40, 1000)).collect();
    let mut lost = Vec::new();
    for &length in &lengths {
        std::fs::write(&file, &whole[..length]).unwrap();
        if reason(&file).is_ok() != trained(&file).is_ok() {
            lost.push(format!("{length} of {} bytes", whole.len()));
        }
    }
    record("pictures: beginnings of a large JPEG, both ways", lengths.len(), &lost, "");
}

#[test]
fn every_wrong_bit_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let bits = tries(1, 8);
    let (mut lost, mut tried, mut read) = (Vec::new(), 0, 0);
    for kind in [
        "jpeg.4:2:0",
        "jpeg.progressive",
        "jpeg.cmyk",
        "png.rgb",
        "png.palette",
        "bmp.palette",
        "bmp.rgb",
        "gif.animated",
        "gif.transparent",
        "webp.lossy",
        "webp.lossless",
        "webp.lossy_alpha",
        "webp.animated",
    ] {
        let whole = file(kind);
        for at in 0..whole.len() {
            for bit in (0..8).filter(|bit| (at + bit) % 8 < bits) {
                let mut wrong = whole.clone();
                wrong[at] ^= 1 << bit;
                tried += 1;
                // A panic is one that was caught: it is a reason.
                match std::panic::catch_unwind(|| opened(folder.path(), &wrong)) {
                    Ok(found) => read += usize::from(found.is_ok()),
                    Err(_) => lost.push(format!("{kind}, byte {at}, bit {bit}")),
                }
            }
        }
    }
    record("pictures: one wrong bit", tried, &lost, &format!("{read} read, {} named", tried - read));
}

#[test]
fn a_wrong_ending_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let endings = ["png", "jpg", "jpeg", "bmp", "gif", "webp", "JPG", "txt"];
    let (mut lost, mut tried) = (Vec::new(), 0);
    for (kind, bytes) in files() {
        let right = opened(folder.path(), &bytes).unwrap();
        for ending in endings {
            let file = folder.path().join(format!("picture.{ending}"));
            std::fs::write(&file, &bytes).unwrap();
            tried += 1;
            if reason(&file).ok().as_ref() != Some(&right) {
                lost.push(format!("{kind} named .{ending}"));
            }
        }
    }
    record("pictures: wrong endings", tried, &lost, "");
}
