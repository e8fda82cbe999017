//! Any picture to the network's 224 x 224.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// The side of VGG16's input, in pixels.
pub const SIDE: u32 = 224;

/// How a picture of any shape becomes 224 x 224.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resize {
    /// Width and height are scaled apart, as fast.ai's `vgg16.py` does, with an
    /// antialiased bilinear filter: nothing is cut off, shapes are squashed.
    #[default]
    Squash,
    /// The shorter side to 256, then the middle 224 x 224: shapes are kept, edges
    /// are cut off, as torchvision evaluates.
    CenterCrop,
    /// Squashed by picking the nearest pixel, as `vgg16.py` did through PIL.
    Nearest,
}

impl std::fmt::Display for Resize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Resize::Squash => "squashed",
            Resize::CenterCrop => "centre-cropped",
            Resize::Nearest => "squashed (nearest pixel)",
        })
    }
}

impl Resize {
    /// The picture at 224 x 224.
    ///
    /// ```
    /// use sevenlines::data::Resize;
    /// let wide = image::RgbImage::new(640, 200);
    /// assert_eq!(Resize::Squash.apply(&wide).dimensions(), (224, 224));
    /// ```
    pub fn apply(self, picture: &RgbImage) -> RgbImage {
        match self {
            Resize::Squash => imageops::resize(picture, SIDE, SIDE, FilterType::Triangle),
            Resize::CenterCrop => center_crop(picture),
            Resize::Nearest => nearest(picture),
        }
    }
}

fn center_crop(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let short = width.min(height).max(1);
    let long = width.max(height);
    // Only the middle is kept: of a sliver, what lies far from it need not be scaled up.
    if long > 16 * short {
        let (w, h) = (width.min(16 * short), height.min(16 * short));
        let middle = imageops::crop_imm(picture, (width - w) / 2, (height - h) / 2, w, h).to_image();
        return center_crop(&middle);
    }
    // Rounded down, as torchvision's Resize(256) rounds the longer side.
    let scaled = |side: u32| ((u64::from(side) * 256 / u64::from(short)) as u32).max(SIDE);
    let resized = imageops::resize(picture, scaled(width), scaled(height), FilterType::Triangle);
    let offset = |side: u32| ((f64::from(side - SIDE)) / 2.0).round_ties_even() as u32;
    let (x, y) = (offset(resized.width()), offset(resized.height()));
    imageops::crop_imm(&resized, x, y, SIDE, SIDE).to_image()
}

fn nearest(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    // The pixel under the centre of each target pixel.
    let from = |target: u32, side: u32| {
        ((2 * u64::from(target) + 1) * u64::from(side) / (2 * u64::from(SIDE))).min(u64::from(side) - 1) as u32
    };
    RgbImage::from_fn(SIDE, SIDE, |x, y| -> Rgb<u8> { *picture.get_pixel(from(x, width), from(y, height)) })
}
