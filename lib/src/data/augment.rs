//! Small random changes to training pictures, so that an epoch never sees quite
//! the same picture twice.

use crate::rng::{self, Purpose};
use image::{RgbImage, imageops};
use rand::Rng;

/// The largest part cut from a side before the picture is resized.
const MAX_CUT: f64 = 0.12;

/// How many pixels a side must have, so that `enough` are left whatever is cut.
pub(crate) fn before(enough: u32) -> u32 {
    (f64::from(enough) / (1.0 - 2.0 * MAX_CUT)).ceil() as u32
}

/// A random mirror image and a random crop of at least 77 % of the picture,
/// the same for the same `seed` and `step`.
pub(crate) fn augment(picture: RgbImage, seed: u64, step: u64) -> RgbImage {
    let mut rng = rng::stream(seed, Purpose::Augment, step);
    let picture = if rng.random_bool(0.5) { imageops::flip_horizontal(&picture) } else { picture };
    let (width, height) = picture.dimensions();
    let mut cut = |side: u32| (f64::from(side) * rng.random_range(0.0..MAX_CUT)) as u32;
    let (left, right, top, bottom) = (cut(width), cut(width), cut(height), cut(height));
    imageops::crop_imm(&picture, left, top, width - left - right, height - top - bottom).to_image()
}
