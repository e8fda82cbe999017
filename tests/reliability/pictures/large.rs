//! Photographs of 20 and 50 megapixels: read, and within the limits.

use super::bytes::{Jpeg, Plane, turned};
use super::child::{ask, figures, lost};
use crate::support::counts::{record, tries};
use crate::support::formulas;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgb, RgbImage};
use std::path::Path;

/// What a camera of so many pixels could have taken: shapes and fine texture.
fn photograph(width: u32, height: u32) -> RgbImage {
    let tile = formulas::picture(512, 512);
    RgbImage::from_fn(width, height, |x, y| {
        let (shape, fine) =
            (tile.get_pixel(x / 16 % 512, y / 16 % 512).0, tile.get_pixel(x % 512, y % 512).0);
        Rgb([0, 1, 2].map(|c| shape[c] / 2 + fine[c] / 4 + 30))
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(picture).unwrap();
    file
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Sub);
    picture.write_with_encoder(encoder).unwrap();
    file
}

fn write(folder: &Path, width: u32, height: u32) -> usize {
    let picture = photograph(width, height);
    let size = format!("{width} x {height}");
    let jpeg = jpeg(&picture);
    let upright = turned(&jpeg, 6);
    let mut bmp = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bmp, image::ImageFormat::Bmp).unwrap();
    let mut files = vec![("jpeg", jpeg), ("jpeg upright", upright), ("bmp", bmp.into_inner())];
    if width < 6000 {
        let planes = [Plane(150, 1, 1), Plane(90, 1, 1), Plane(180, 1, 1)];
        let size = (width as u16, height as u16);
        let progressive = Jpeg { size, planes: &planes, adobe: None, frame: 0xc2, apart: false };
        files.push(("progressive jpeg", progressive.bytes()));
    }
    files.push(("png", png(&picture)));
    for (kind, file) in &files {
        std::fs::write(folder.join(format!("{kind} {size}")), file).unwrap();
    }
    files.len()
}

#[test]
fn large_photographs_are_read_within_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = write(folder.path(), 5472, 3648);
    if tries(0, 1) == 1 {
        // One that training cannot decode to an eighth or a quarter, and one of 50 megapixels.
        count += write(folder.path(), 5471, 3647) + write(folder.path(), 8192, 6144);
    }
    let seen = ask(&folder.path().to_string_lossy(), &[]);
    assert_eq!(seen.len(), count);
    for seen in &seen {
        println!("{seen:?}");
    }
    let mut wrong = lost(&seen, 60.0, 200.0);
    for seen in &seen {
        let size = seen.name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let upright = seen.name.contains("upright");
        let expected = match size.split_once(" x ") {
            Some((width, height)) if upright => format!("{height} x {width}"),
            _ => size.to_owned(),
        };
        if seen.outcome.as_ref() != Ok(&expected) {
            wrong.push(format!("{seen:?}"));
        }
    }
    record("pictures: photographs of 20 and 50 megapixels", count, &wrong, &figures(&seen));
}
