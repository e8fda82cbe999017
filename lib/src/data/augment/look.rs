//! One look at a picture: the numbers drawn for it, and the picture changed by them.

use super::{Augment, light, warp};
use crate::data::Resize;
use crate::rng::{self, Purpose};
use image::{RgbImage, imageops};
use rand::Rng;

/// How one picture is changed this time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub mirror: bool,
    pub upside_down: bool,
    /// The parts cut from left, right, top and bottom.
    pub cut: [f64; 4],
    /// Clockwise.
    pub degrees: f64,
    /// 1 or more.
    pub zoom: f64,
    /// What a middle grey moves by, of half the range: -0.9 to 0.9.
    pub brightness: f64,
    /// A factor.
    pub contrast: f64,
}

impl Look {
    /// No change.
    pub(super) const PLAIN: Look = Look {
        mirror: false,
        upside_down: false,
        cut: [0.0; 4],
        degrees: 0.0,
        zoom: 1.0,
        brightness: 0.0,
        contrast: 1.0,
    };

    /// The same for the same `seed` and `step`. Each change takes numbers of its own,
    /// also when it is off: turning one on leaves the others as they were.
    pub(super) fn draw(augment: &Augment, seed: u64, step: u64) -> Look {
        let mut rng = rng::stream(seed, Purpose::Augment, step);
        let mirror = rng.random_bool(0.5) && augment.flip;
        let mut part = || rng.random_range(0.0..1.0);
        let cut = [part(), part(), part(), part()].map(|part| part * augment.crop);
        let both = |part: f64| 2.0 * part - 1.0;
        let degrees = both(part()) * augment.rotate;
        let zoom = 1.0 + part() * augment.zoom;
        let brightness = both(part()) * augment.brightness;
        // Even in the logarithm: half as much is as likely as twice as much.
        let contrast = (1.0 - augment.contrast).powf(both(part()));
        let upside_down = rng.random_bool(0.5) && augment.vertical_flip;
        Look { mirror, upside_down, cut, degrees, zoom, brightness, contrast }
    }

    /// The picture so changed, at 224 x 224.
    pub(super) fn apply(&self, picture: RgbImage, resize: Resize) -> RgbImage {
        let picture = self.cropped(self.flipped(picture));
        // Turned in its own proportions, which squashing changes.
        let aspect = match resize {
            Resize::CenterCrop => 1.0,
            _ => f64::from(picture.width()) / f64::from(picture.height().max(1)),
        };
        let picture = resize.apply(&picture);
        let mut picture = warp::turned(picture, self.degrees, self.zoom, aspect);
        light::lit(&mut picture, self.brightness, self.contrast);
        picture
    }

    fn flipped(&self, mut picture: RgbImage) -> RgbImage {
        if self.mirror {
            imageops::flip_horizontal_in_place(&mut picture);
        }
        if self.upside_down {
            imageops::flip_vertical_in_place(&mut picture);
        }
        picture
    }

    fn cropped(&self, picture: RgbImage) -> RgbImage {
        if self.cut == [0.0; 4] {
            return picture;
        }
        let (width, height) = picture.dimensions();
        let cut = |part: f64, side: u32| (f64::from(side) * part) as u32;
        let [left, right] = [self.cut[0], self.cut[1]].map(|part| cut(part, width));
        let [top, bottom] = [self.cut[2], self.cut[3]].map(|part| cut(part, height));
        let (wide, high) = (width - left - right, height - top - bottom);
        let [row, new_row] = [width, wide].map(|side| 3 * side as usize);
        let first = top as usize * row + 3 * left as usize;
        let mut pixels = picture.into_raw();
        // Each row moves up, onto those that are done: a large picture has no copy.
        for y in 0..high as usize {
            let from = first + y * row;
            pixels.copy_within(from..from + new_row, y * new_row);
        }
        pixels.truncate(new_row * high as usize);
        RgbImage::from_raw(wide, high, pixels).unwrap_or_default()
    }
}
