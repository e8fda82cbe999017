//! Any picture to the network's 224 x 224.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{Rgb, RgbImage, imageops};

/// The side of VGG16's input, in pixels.
pub const SIDE: u32 = 224;

/// What the shorter side is scaled to before the middle is cut out.
const SHORT: u32 = 256;

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
            Resize::Squash => scaled(picture, SIDE, SIDE),
            Resize::CenterCrop => center_crop(picture),
            Resize::Nearest => nearest(picture),
        }
    }

    /// The least sides, in pixels, at which a picture decoded at a smaller size gives
    /// practically the same: twice what it is resized to. None where single pixels count.
    pub(super) fn enough(self) -> Option<u32> {
        match self {
            Resize::Squash => Some(2 * SIDE),
            Resize::CenterCrop => Some(2 * SHORT),
            Resize::Nearest => None,
        }
    }
}

/// By an antialiased bilinear filter, in whole numbers: the same on every processor.
fn scaled(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let mut target = RgbImage::new(width, height);
    if !scale_into(picture, &mut target) {
        target = imageops::resize(picture, width, height, imageops::FilterType::Triangle);
    }
    target
}

/// Whether it could be done.
fn scale_into(picture: &RgbImage, target: &mut RgbImage) -> bool {
    let bilinear = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let (width, height) = target.dimensions();
    // Typed, or the compiler makes the filters of all 13 kinds of pixels, which was two
    // fifths of the library's code.
    let from = TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), picture.as_raw());
    let to = TypedImage::<U8x3>::from_buffer(width, height, target);
    let (Ok(from), Ok(mut to)) = (from, to) else { return false };
    Resizer::new().resize_typed(&from, &mut to, &bilinear).is_ok()
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
    let side = |side: u32| ((u64::from(side) * u64::from(SHORT) / u64::from(short)) as u32).max(SIDE);
    let resized = scaled(picture, side(width), side(height));
    let offset = |side: u32| ((f64::from(side - SIDE)) / 2.0).round_ties_even() as u32;
    let (x, y) = (offset(resized.width()), offset(resized.height()));
    imageops::crop_imm(&resized, x, y, SIDE, SIDE).to_image()
}

fn nearest(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    // The pixel under the centre of each target pixel.
    let from = |target: u32, side: u32| {
        ((2 * u64::from(target) + 1) * u64::from(side) / (2 * u64::from(SIDE))).min(u64::from(side) - 1)
            as u32
    };
    RgbImage::from_fn(SIDE, SIDE, |x, y| -> Rgb<u8> { *picture.get_pixel(from(x, width), from(y, height)) })
}
