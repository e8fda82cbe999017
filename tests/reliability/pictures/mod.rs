//! Picture files of every kind of damage: read as a viewer shows them, or named with a reason.

mod bombs;
mod broken;
mod bytes;
mod child;
mod cut;
mod found;
mod kinds;
mod large;
mod mutate;
mod mutated;

use candle_core::{Device, Tensor};
use image::RgbImage;
use sevenlines::Error;
use sevenlines::data::open_picture;
use std::collections::HashMap;
use std::path::Path;

/// `tests/golden/pictures.py`'s files, by kind, and what a viewer shows of each.
fn golden() -> HashMap<String, Tensor> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/pictures.safetensors");
    candle_core::safetensors::load(file, &Device::Cpu).expect("pictures.safetensors is read")
}

fn raw(tensor: &Tensor) -> Vec<u8> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).expect("a tensor of bytes")
}

/// The golden files alone, sorted by kind: `jpeg.cmyk`, `png.grey16` ...
fn files() -> Vec<(String, Vec<u8>)> {
    let all = golden();
    let mut files: Vec<(String, Vec<u8>)> = all
        .iter()
        .filter(|(kind, _)| !kind.ends_with(".shown"))
        .map(|(kind, tensor)| (kind.clone(), raw(tensor)))
        .collect();
    files.sort();
    files
}

/// What comes of a file of these bytes: the picture, or the reason.
fn opened(folder: &Path, bytes: &[u8]) -> Result<RgbImage, String> {
    let file = folder.join("picture.jpg");
    std::fs::write(&file, bytes).expect("the file is written");
    reason(&file)
}

/// The picture, or the reason why it is none; any other answer fails the test.
fn reason(file: &Path) -> Result<RgbImage, String> {
    match open_picture(file) {
        Ok(picture) => Ok(picture),
        Err(Error::BrokenPictures { pictures }) => {
            assert_eq!(pictures.len(), 1);
            let (path, reason) = pictures.into_iter().next().expect("one picture");
            assert_eq!(path, file);
            assert!(reason.len() > 5, "a reason: {reason:?}");
            Err(reason)
        }
        Err(error) => panic!("{} is not named as a picture: {error}", file.display()),
    }
}

/// The mean and the largest difference of two pictures' numbers.
fn difference(a: &[u8], b: &[u8]) -> (f64, u8) {
    assert_eq!(a.len(), b.len());
    let each = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (each().map(f64::from).sum::<f64>() / a.len() as f64, each().max().unwrap_or(0))
}
