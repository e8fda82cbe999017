//! What is done for JPEG files alone: the size from the header without the rest of
//! the file, and large photographs decoded straight to a quarter or an eighth of
//! their size. (A half takes as long as the whole.)
//!
//! A JPEG stores blocks of 8 x 8 pixels as frequencies. The lowest n x n of them
//! give n x n pixels: the block as a good filter would scale it down. What is left
//! to do is mostly reading the bits. Only the kind that cameras and phones write is
//! decoded here (one baseline scan, grey or YCbCr); for all else, and at any sign of
//! damage, the answer is None and `image` decides.

mod block;
mod header;
mod huffman;
mod scan;

pub(super) use header::{Frame, frame};

use header::Header;
use image::RgbImage;

/// Whether a picture of these sides has a smaller size that is enough.
pub(super) fn has_smaller(width: u32, height: u32, enough: u32) -> bool {
    parts(width as usize, height as usize, enough).is_some()
}

fn parts(width: usize, height: usize, enough: u32) -> Option<usize> {
    let fits = |side: usize, parts| side.is_multiple_of(parts) && side / parts >= enough as usize;
    [8, 4].into_iter().find(|&parts| fits(width, parts) && fits(height, parts))
}

/// The picture at 1/8 or 1/4, whichever first divides its sides without a rest and
/// leaves both at least `enough` pixels.
pub(super) fn decode_smaller(bytes: &[u8], enough: u32) -> Option<RgbImage> {
    let header = Header::read(bytes)?;
    let parts = parts(header.width, header.height, enough)?;
    let planes = scan::planes(&header, 8 / parts)?;
    let (width, height) = (header.width / parts, header.height / parts);
    let mut pixels = vec![0; 3 * width * height];
    for (y, row) in pixels.chunks_exact_mut(3 * width).enumerate() {
        match planes.as_slice() {
            [grey] => row.chunks_exact_mut(3).zip(grey.row(y)).for_each(|(pixel, &grey)| pixel.fill(grey)),
            [luma, blue, red] => to_rgb(row, luma.row(y), blue.row(y), red.row(y)),
            _ => return None,
        }
    }
    RgbImage::from_raw(width as u32, height as u32, pixels)
}

/// As JFIF defines YCbCr, in 16-bit fixed point.
fn to_rgb(row: &mut [u8], luma: &[u8], blue: &[u8], red: &[u8]) {
    for (((pixel, &y), &cb), &cr) in row.chunks_exact_mut(3).zip(luma).zip(blue).zip(red) {
        let (y, cb, cr) = ((i32::from(y) << 16) + (1 << 15), i32::from(cb) - 128, i32::from(cr) - 128);
        let channel = |sum: i32| (sum >> 16).clamp(0, 255) as u8;
        pixel[0] = channel(y + 91_881 * cr);
        pixel[1] = channel(y - 22_554 * cb - 46_802 * cr);
        pixel[2] = channel(y + 116_130 * cb);
    }
}

#[cfg(test)]
mod tests;
