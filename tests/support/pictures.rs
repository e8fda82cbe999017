//! Small pictures, generated: folders of classes for tests that need no animals.

use image::{Rgb, RgbImage};
use std::path::{Path, PathBuf};

/// A picture of its own for each `seed`: a colour of that seed, and a gradient.
pub fn small(seed: u8) -> RgbImage {
    let base = Rgb([seed.wrapping_mul(67), seed.wrapping_mul(131), seed.wrapping_mul(199)]);
    RgbImage::from_fn(48, 36, |x, y| {
        Rgb([base.0[0] ^ (5 * x) as u8, base.0[1] ^ (7 * y) as u8, base.0[2].wrapping_add((x * y) as u8)])
    })
}

/// Writes `small(seed)` to `folder/name`, in the format that the name's ending says.
pub fn write(folder: &Path, name: &str, seed: u8) -> PathBuf {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("the folder is made");
    small(seed).save(&file).expect("the picture is written");
    file
}

/// A folder of classes with so many pictures each, named `0.png`, `1.png` ...
pub fn classes(folder: &Path, counts: &[(&str, u8)]) -> PathBuf {
    for (class, (name, count)) in counts.iter().enumerate() {
        for n in 0..*count {
            write(folder, &format!("{name}/{n}.png"), class as u8 * 100 + n);
        }
    }
    folder.to_path_buf()
}
