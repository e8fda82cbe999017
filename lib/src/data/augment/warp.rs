//! Turning and enlarging about the middle, in one bilinear step.

use image::RgbImage;

/// Fractions of a pixel are counted in these: whole numbers, the same on every processor.
const BITS: u32 = 8;
const ONE: i64 = 1 << BITS;

/// The picture turned clockwise by `degrees` and enlarged `zoom` times about its middle,
/// at its size; what lies outside it is its reflection. `aspect` is the shape (width by
/// height) that it is shown in, which may differ from its pixels'.
pub(super) fn turned(picture: RgbImage, degrees: f64, zoom: f64, aspect: f64) -> RgbImage {
    let (width, height) = picture.dimensions();
    if (degrees == 0.0 && zoom == 1.0) || width == 0 || height == 0 {
        return picture;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    // One pixel to the right, and one down, in the picture's own shape.
    let (wide, high) = (aspect / f64::from(width), 1.0 / f64::from(height));
    let right = (cos / zoom, -sin / zoom * wide / high);
    let down = (sin / zoom * high / wide, cos / zoom);
    let middle = (f64::from(width - 1) / 2.0, f64::from(height - 1) / 2.0);
    let (columns, rows) = (i64::from(width), i64::from(height));
    let pixels = picture.as_raw();
    let mut turned = Vec::with_capacity(pixels.len());
    for y in 0..height {
        let y = f64::from(y) - middle.1;
        for x in 0..width {
            let x = f64::from(x) - middle.0;
            let from_x = fixed(middle.0 + right.0 * x + down.0 * y);
            let from_y = fixed(middle.1 + right.1 * x + down.1 * y);
            let (left, share_x) = (from_x >> BITS, from_x & (ONE - 1));
            let (top, share_y) = (from_y >> BITS, from_y & (ONE - 1));
            let [left, next] = [left, left + 1].map(|x| reflected(x, columns) * 3);
            let [top, below] = [top, top + 1].map(|y| reflected(y, rows) * columns as usize * 3);
            for c in 0..3 {
                let [a, b] = [top, below].map(|row| {
                    let at = |column: usize| i64::from(pixels[row + column + c]);
                    at(left) * (ONE - share_x) + at(next) * share_x
                });
                let sum = a * (ONE - share_y) + b * share_y;
                turned.push(((sum + ONE * ONE / 2) >> (2 * BITS)) as u8);
            }
        }
    }
    match RgbImage::from_raw(width, height, turned) {
        Some(turned) => turned,
        None => picture,
    }
}

fn fixed(place: f64) -> i64 {
    (place * ONE as f64).round() as i64
}

/// Where a place lies when the picture is reflected at its edges, over and over.
fn reflected(place: i64, side: i64) -> usize {
    let within = match (0..side).contains(&place) {
        true => place,
        false => place.rem_euclid(2 * side),
    };
    within.min(2 * side - 1 - within) as usize
}
