//! Every kind of picture that a folder may hold, as a viewer shows it; and turned as the
//! camera was held, on each way through the decoders.

use super::bytes::{Jpeg, Plane, bmp, png, stored, turned};
use super::child::trained;
use super::{difference, files, golden, opened, raw};
use crate::support::counts::record;
use crate::support::formulas;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use sevenlines::data::Resize;
use std::io::Cursor;

#[test]
fn every_kind_of_file_is_shown_as_a_viewer_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let (golden, files) = (golden(), files());
    let mut lost = Vec::new();
    for (kind, file) in &files {
        let shown = &golden[&format!("{kind}.shown")];
        let size = (shown.dims()[1] as u32, shown.dims()[0] as u32);
        match opened(folder.path(), file) {
            Ok(picture) if picture.dimensions() == size => {
                let (mean, largest) = difference(picture.as_raw(), &raw(shown));
                // JPEG and lossy WebP leave some freedom in the colours, CMYK more of it.
                let (mean_below, largest_below) = match kind.as_str() {
                    "jpeg.cmyk" => (3.0, 30),
                    kind if kind.starts_with("jpeg") || kind.contains("lossy") => (2.0, 40),
                    _ => (0.5, 1),
                };
                println!("{kind}: mean {mean:.3}, largest {largest}");
                if mean > mean_below || largest > largest_below {
                    lost.push(format!("{kind}: mean {mean:.3}, largest {largest}"));
                }
            }
            Ok(picture) => lost.push(format!("{kind}: {:?}, not {size:?}", picture.dimensions())),
            Err(reason) => lost.push(format!("{kind}: {reason}")),
        }
    }
    record("pictures: kinds of files against a viewer", files.len(), &lost, "");
}

/// A JPEG of one colour, its size no multiple of a unit's.
fn flat(planes: &[Plane], adobe: Option<u8>, frame: u8, apart: bool) -> Vec<u8> {
    Jpeg { size: (50, 37), planes, adobe, frame, apart }.bytes()
}

#[test]
fn jpegs_of_odd_samplings_and_colours() {
    let folder = tempfile::tempdir().unwrap();
    let ycc = |a, d, b, e| [Plane(150, a, d), Plane(90, b, e), Plane(180, b, e)];
    // By JFIF's formula.
    let colour = [223, 126, 83];
    let mut cases = Vec::new();
    for (a, d, b, e) in
        [(1, 1, 1, 1), (2, 1, 1, 1), (1, 2, 1, 1), (2, 2, 1, 1), (4, 1, 1, 1), (2, 2, 2, 1), (2, 2, 1, 2)]
    {
        for (frame, apart) in [(0xc0, false), (0xc1, false), (0xc2, false), (0xc2, true)] {
            let name = format!("{a}x{d} {b}x{e}, frame {frame:x}, apart {apart}");
            cases.push((name, flat(&ycc(a, d, b, e), None, frame, apart), colour));
        }
        // The decoder would show these in other colours.
        let reason = opened(folder.path(), &flat(&ycc(a, d, b, e), None, 0xc0, true)).unwrap_err();
        assert!(reason.contains("its colours are stored one after the other"), "{reason}");
    }
    let ink = [Plane(200, 1, 1), Plane(100, 1, 1), Plane(50, 1, 1), Plane(204, 1, 1)];
    cases.push(("CMYK".to_owned(), flat(&ink, Some(0), 0xc0, false), [160, 80, 40]));
    let ycck = [Plane(150, 1, 1), Plane(90, 1, 1), Plane(180, 1, 1), Plane(204, 1, 1)];
    let ycck_colour = [223u32, 126, 83].map(|c| ((255 - c) * 204 / 255) as u8);
    cases.push(("YCCK".to_owned(), flat(&ycck, Some(2), 0xc0, false), ycck_colour));
    let rgb = [Plane(10, 1, 1), Plane(120, 1, 1), Plane(230, 1, 1)];
    cases.push(("RGB".to_owned(), flat(&rgb, Some(0), 0xc0, false), [10, 120, 230]));
    cases.push(("grey".to_owned(), flat(&[Plane(77, 1, 1)], None, 0xc0, false), [77; 3]));
    cases.push(("grey, sampled 2x2".to_owned(), flat(&[Plane(77, 2, 2)], None, 0xc0, false), [77; 3]));
    let mut lost = Vec::new();
    for (name, file, colour) in &cases {
        match opened(folder.path(), file) {
            Ok(picture) => {
                let near = |pixel: &Rgb<u8>| pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(*b) <= 3);
                if picture.dimensions() != (50, 37) || !picture.pixels().all(near) {
                    let corners = [
                        picture.get_pixel(0, 0),
                        picture.get_pixel(picture.width() - 1, picture.height() - 1),
                    ];
                    lost.push(format!("{name}: {:?} {corners:?}, not {colour:?}", picture.dimensions()));
                }
            }
            Err(reason) => lost.push(format!("{name}: {reason}")),
        }
    }
    record("pictures: JPEGs of odd samplings and colours", cases.len(), &lost, "");
}

#[test]
fn pngs_and_bmps_of_odd_depths() {
    let folder = tempfile::tempdir().unwrap();
    let mut lost = Vec::new();
    let mut check = |name: &str, file: &[u8], expected: &[[u8; 3]]| match opened(folder.path(), file) {
        Ok(picture) => {
            let pixels: Vec<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
            if pixels != expected {
                lost.push(format!("{name}: {pixels:?}, not {expected:?}"));
            }
        }
        Err(reason) => lost.push(format!("{name}: {reason}")),
    };
    // Four pixels of two bits, two of four.
    let two = png(4, 1, 2, 0, &[(b"IDAT", &stored(&[0, 0b00_01_10_11]))]);
    check("grey of 2 bits", &two, &[[0; 3], [85; 3], [170; 3], [255; 3]]);
    check("grey of 4 bits", &png(2, 1, 4, 0, &[(b"IDAT", &stored(&[0, 0x3f]))]), &[[51; 3], [255; 3]]);
    let saved = |picture: DynamicImage| {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    };
    let rgb = ImageBuffer::from_fn(1, 1, |_, _| Rgb([0u16, 0x8080, 0xffff]));
    check("RGB of 16 bits", &saved(DynamicImage::ImageRgb16(rgb)), &[[0, 128, 255]]);
    let rgba = ImageBuffer::from_fn(1, 1, |_, _| Rgba([0u16, 0, 0xffff, 0x8080]));
    check("RGBA of 16 bits", &saved(DynamicImage::ImageRgba16(rgba)), &[[127, 127, 255]]);
    let grey = ImageBuffer::from_fn(1, 1, |_, _| LumaA([0x4040u16, 0xffff]));
    check("grey and alpha of 16 bits", &saved(DynamicImage::ImageLumaA16(grey)), &[[64; 3]]);
    let clear = ImageBuffer::from_fn(1, 1, |_, _| LumaA([9u8, 0]));
    check("clear grey", &saved(DynamicImage::ImageLumaA8(clear)), &[[255; 3]]);
    let grey = ImageBuffer::from_fn(1, 1, |_, _| Luma([0xffffu16]));
    check("white of 16 bits", &saved(DynamicImage::ImageLuma16(grey)), &[[255; 3]]);

    let palette = [[0, 0, 255, 0], [0, 255, 0, 0], [255, 0, 0, 0]];
    let (red, green, blue) = ([255, 0, 0], [0, 255, 0], [0, 0, 255]);
    check("BMP of 4 bits", &bmp(3, 1, 4, &palette, &[0x01, 0x20, 0, 0]), &[red, green, blue]);
    check("BMP of 8 bits", &bmp(3, 1, 8, &palette, &[0, 1, 2, 0]), &[red, green, blue]);
    check("BMP from the top", &bmp(1, -2, 8, &palette, &[0, 0, 0, 0, 2, 0, 0, 0]), &[red, blue]);
    check("BMP of 16 bits", &bmp(2, 1, 16, &[], &[0x00, 0x7c, 0x1f, 0x00]), &[red, blue]);
    check("BMP of 24 bits", &bmp(1, 1, 24, &[], &[10, 20, 30, 0]), &[[30, 20, 10]]);
    check("BMP of 32 bits", &bmp(1, 1, 32, &[], &[10, 20, 30, 0]), &[[30, 20, 10]]);
    record("pictures: odd depths of PNG and BMP", 13, &lost, "");
}

/// `picture` as a camera stores it that was held so, to be shown as it is.
fn as_held(picture: &RgbImage, turn: u8) -> RgbImage {
    let (width, height) = picture.dimensions();
    let stored = if turn > 4 { (height, width) } else { (width, height) };
    RgbImage::from_fn(stored.0, stored.1, |x, y| {
        // Where EXIF's definition shows what is stored in row y and column x.
        let (x, y) = match turn {
            1 => (x, y),
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (width - 1 - y, x),
            7 => (width - 1 - y, height - 1 - x),
            _ => (y, height - 1 - x),
        };
        *picture.get_pixel(x, y)
    })
}

#[test]
fn all_turns_are_shown_upright_on_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photograph.jpg");
    let mut lost = Vec::new();
    // The larger one is decoded straight to a quarter for training.
    for (width, height) in [(1840, 1792), (501, 451)] {
        let texture = formulas::picture(90, 100);
        let picture = imageops::resize(&texture, width, height, FilterType::Triangle);
        let upright = Resize::Squash.apply(&picture);
        for turn in 1..=8 {
            let mut jpeg = Vec::new();
            JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&as_held(&picture, turn)).unwrap();
            std::fs::write(&file, turned(&jpeg, turn)).unwrap();
            let whole = super::reason(&file).unwrap();
            if whole.dimensions() != picture.dimensions() {
                lost.push(format!("turn {turn}: {:?}", whole.dimensions()));
                continue;
            }
            let (mean, _) = difference(whole.as_raw(), picture.as_raw());
            let (small, _) = difference(trained(&file).unwrap().as_raw(), upright.as_raw());
            println!("{width} x {height}, turn {turn}: mean {mean:.2} whole, {small:.2} as trained on");
            if mean > 2.0 || small > 2.0 {
                lost.push(format!(
                    "{width} x {height}, turn {turn}: {mean:.2} whole, {small:.2} as trained on"
                ));
            }
        }
    }
    record("pictures: EXIF turns on both ways", 16, &lost, "");
}
