//! From what a decoder gives to what a viewer shows: over white, and turned as the camera
//! was held. Without a second copy of a large picture beside the first.

use super::cost;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, imageops};

/// The picture in RGB, what is transparent over white.
pub(super) fn over_white(picture: DynamicImage) -> RgbImage {
    match picture {
        DynamicImage::ImageRgba8(picture) => {
            let (width, height) = picture.dimensions();
            let mut pixels = picture.into_raw();
            // Each pixel moves to the left, onto those that are done.
            for at in 0..pixels.len() / 4 {
                let pixel = [0, 1, 2, 3].map(|c| pixels[4 * at + c]);
                pixels[3 * at..3 * at + 3].copy_from_slice(&blended(pixel));
            }
            pixels.truncate(pixels.len() / 4 * 3);
            RgbImage::from_raw(width, height, pixels).unwrap_or_default()
        }
        picture if picture.color().has_alpha() => {
            let rgba = picture.into_rgba8();
            over_white(DynamicImage::ImageRgba8(rgba))
        }
        picture => picture.into_rgb8(),
    }
}

fn blended([r, g, b, a]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(a);
    [r, g, b].map(|c| ((u32::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// The picture turned as its EXIF orientation says.
pub(super) fn turned(mut picture: RgbImage, orientation: Orientation) -> RgbImage {
    use Orientation::*;
    if matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH) {
        picture = transposed(picture);
    }
    // What is left to do once columns are rows.
    match orientation {
        NoTransforms | Rotate90FlipH => {}
        Rotate90 | FlipHorizontal => imageops::flip_horizontal_in_place(&mut picture),
        Rotate270 | FlipVertical => imageops::flip_vertical_in_place(&mut picture),
        Rotate180 | Rotate270FlipH => imageops::rotate180_in_place(&mut picture),
    }
    picture
}

fn by_pixel(bytes: &mut [u8]) -> &mut [[u8; 3]] {
    bytemuck::cast_slice_mut(bytes)
}

/// Columns become rows.
fn transposed(picture: RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (across, down) = (width as usize, height as usize);
    let mut pixels = picture.into_raw();
    if cost::turning(width, height).is_some() {
        let mut turned = vec![0; pixels.len()];
        transpose::transpose(by_pixel(&mut pixels), by_pixel(&mut turned), across, down);
        pixels = turned;
    } else {
        let mut some = vec![[0; 3]; across.max(down)];
        transpose::transpose_inplace(by_pixel(&mut pixels), &mut some, across, down);
    }
    RgbImage::from_raw(height, width, pixels).unwrap_or_default()
}
