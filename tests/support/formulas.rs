//! The formulas of `tests/golden/formulas.py`, so that inputs and weights need not be
//! committed (see `tests/golden/README.md`).

use image::{Rgb, RgbImage};

/// Red, green and blue of pixel (y, x); the height and the width do not enter.
fn pixel(y: u32, x: u32) -> Rgb<u8> {
    let wave = |n: u32, half: u32| half - (n % (2 * half)).abs_diff(half);
    Rgb([0, 1, 2].map(|c| {
        let sum = wave(2 * x + y + 50 * c, 127)
            + wave(7 * x + 3 * (c + 1) * y, 64)
            + wave((x * x + y * y) / 64 + 20 * c, 40)
            + (73 * x + 151 * y + 199 * c + x * y) % 25;
        u8::try_from(sum).expect("the waves' heights and the noise sum up to 255 at most")
    }))
}

/// The picture of this size.
pub fn picture(height: u32, width: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| pixel(y, x))
}

/// `count` numbers of a tensor, row-major: computed in f64, then rounded to f32.
pub fn uniform(seed: u64, count: usize, limit: f64) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let u = (state >> 40) as f64 / 16777216.0;
            ((2.0 * u - 1.0) * limit) as f32
        })
        .collect()
}

/// Which value of an activation of n values, flattened as (channel, row, column), is
/// sample k of 64.
pub fn sample_index(k: usize, n: usize) -> usize {
    let stripe = n / 64;
    k * stripe + (31 * k * k) % stripe
}
