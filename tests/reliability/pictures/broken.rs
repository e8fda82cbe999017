//! The files of `../shared/broken`: what is to come of each.

use super::reason;
use crate::support::counts::record;
use crate::support::installed::shared;
use std::path::Path;

enum Expected {
    /// Width, height, and the mean of red, green and blue.
    Shown(u32, u32, [f64; 3]),
    /// Words of the reason.
    Named(&'static str),
}
use Expected::{Named, Shown};

/// Sizes and means as Pillow 13 shows the files: turned, over white.
const TABLE: [(&str, Expected); 17] = [
    ("cats/alpha.png", Shown(400, 267, [164.4, 165.3, 156.5])),
    ("cats/cmyk.jpg", Shown(400, 267, [74.2, 76.0, 58.5])),
    ("cats/empty.jpg", Named("the file is empty")),
    ("cats/exif_rotated.jpg", Shown(400, 267, [74.4, 76.0, 58.6])),
    ("cats/gif_named.jpg", Shown(250, 202, [125.4, 114.5, 108.8])),
    ("cats/grey.jpg", Shown(400, 267, [73.4, 73.4, 73.4])),
    ("cats/grey16.png", Shown(400, 267, [73.4, 73.4, 73.4])),
    ("cats/palette.png", Shown(400, 267, [72.2, 75.2, 57.9])),
    ("cats/png_named.jpg", Shown(200, 150, [126.1, 100.9, 87.3])),
    ("cats/progressive.jpg", Shown(400, 267, [74.4, 76.0, 58.6])),
    ("cats/text.jpg", Named("neither PNG, JPEG, BMP, GIF nor WebP")),
    // Its lower part is missing and shown grey.
    ("cats/truncated.jpg", Shown(400, 267, [110.3, 112.2, 103.5])),
    ("dogs/bomb.png", Named("longer than 20000")),
    ("dogs/name with spaces é.jpg", Shown(400, 267, [68.2, 67.6, 68.9])),
    ("dogs/one_pixel.jpg", Shown(1, 1, [75.0, 75.0, 75.0])),
    ("dogs/plain.bmp", Shown(400, 267, [68.1, 67.7, 69.0])),
    ("dogs/sliver.jpg", Shown(3000, 2, [70.6, 70.1, 71.5])),
];

fn wrong(root: &Path, name: &str, expected: &Expected) -> Option<String> {
    let found = reason(&root.join(name));
    match (&found, expected) {
        (Ok(picture), Shown(width, height, colour)) => {
            let count = f64::from(picture.width() * picture.height());
            let mean =
                [0, 1, 2].map(|c| picture.pixels().map(|pixel| f64::from(pixel.0[c])).sum::<f64>() / count);
            let far = mean.iter().zip(colour).any(|(a, b)| (a - b).abs() > 2.0);
            (picture.dimensions() != (*width, *height) || far)
                .then(|| format!("{name}: {:?}, mean colour {mean:.1?}", picture.dimensions()))
        }
        (Err(reason), Named(words)) => (!reason.contains(words)).then(|| format!("{name}: {reason}")),
        (Ok(picture), Named(_)) => Some(format!("{name} was read: {:?}", picture.dimensions())),
        (Err(reason), Shown(..)) => Some(format!("{name}: {reason}")),
    }
}

#[test]
fn each_broken_file_is_shown_or_named() {
    let Some(root) = shared("each_broken_file_is_shown_or_named", "broken") else { return };
    let mut names = Vec::new();
    for class in ["cats", "dogs"] {
        for entry in std::fs::read_dir(root.join(class)).expect("the class is listed") {
            let name = entry.expect("an entry").file_name();
            names.push(format!("{class}/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    let mut stated: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    stated.sort();
    assert_eq!(names, stated, "the table has every file");
    let lost: Vec<String> =
        TABLE.iter().filter_map(|(name, expected)| wrong(&root, name, expected)).collect();
    record("pictures: the files of shared/broken", TABLE.len(), &lost, "");
}
