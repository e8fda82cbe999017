//! Work that makes sets of pictures.

use super::Work;
use crate::support::pictures::{classes, small};
use sevenlines::Error;
use sevenlines::data::drawn::write_sample;
use sevenlines::data::sorting::{SortOptions, sort_kaggle};
use sevenlines::data::split_folder;
use std::path::Path;

/// One's own folder, divided by one seed or another.
pub const SPLIT: Work =
    Work { name: "split", prepare: pets, ready: |_| (), round: split, result: "pets-split" };
/// Kaggle's zip in a zip, sorted by one seed or another.
pub const KAGGLE: Work =
    Work { name: "kaggle", prepare: zips, ready: |_| (), round: kaggle, result: "sorted" };
/// The drawn sample, always drawn anew.
pub const DRAW: Work = Work { name: "draw", prepare: |_| (), ready: |_| (), round: draw, result: "drawn" };

fn pets(folder: &Path) {
    classes(&folder.join("pets"), &[("hamsters", 60), ("parrots", 60)]);
}

fn split(folder: &Path, round: usize) -> Result<(), Error> {
    split_folder(folder.join("pets"), 0.25, round as u64 % 2).map(drop)
}

fn zips(folder: &Path) {
    let mut inner = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for number in 0..40u8 {
        for (kind, name) in ["cat", "dog"].into_iter().enumerate() {
            let mut png = std::io::Cursor::new(Vec::new());
            small(number + 100 * kind as u8)
                .write_to(&mut png, image_format())
                .expect("a picture is encoded");
            inner.start_file(format!("train/{name}.{number}.png"), stored).expect("an entry");
            std::io::Write::write_all(&mut inner, png.get_ref()).expect("a picture is stored");
        }
    }
    let inner = inner.finish().expect("the zip ends").into_inner();
    let file = std::fs::File::create(folder.join("all.zip")).expect("the file is made");
    let mut outer = zip::ZipWriter::new(file);
    outer.start_file("train.zip", stored).expect("an entry");
    std::io::Write::write_all(&mut outer, &inner).expect("the zip is stored");
    outer.finish().expect("the zip ends");
}

fn image_format() -> sevenlines::image::ImageFormat {
    sevenlines::image::ImageFormat::Png
}

fn kaggle(folder: &Path, round: usize) -> Result<(), Error> {
    let options = SortOptions { seed: round as u64 % 2, ..Default::default() };
    sort_kaggle(&folder.join("all.zip"), &folder.join(KAGGLE.result), options, &mut |_, _| ()).map(drop)
}

fn draw(folder: &Path, _round: usize) -> Result<(), Error> {
    let drawn = folder.join(DRAW.result);
    let gone = folder.join("gone");
    // A complete set would be left as it is.
    let _ = std::fs::remove_dir_all(&gone);
    if drawn.exists() {
        std::fs::rename(&drawn, &gone).expect("it is moved");
    }
    write_sample(&drawn, 3, &mut |_, _| ())
}
