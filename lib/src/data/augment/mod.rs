//! Random changes to training pictures, so that an epoch never sees quite the same
//! picture twice: what may change ([`Augment`]), the numbers drawn for one picture
//! ([`look`]), and how they are applied ([`warp`], [`light`]).
//!
//! A picture is mirrored and cropped as it was decoded, and turned, enlarged and lit
//! once it is 224 x 224: that costs little, whatever the file's size. All of it runs in
//! the loader's jobs, beside the body.

mod light;
mod look;
mod plot;
mod warp;

use super::Resize;
use crate::{Error, Result};
use image::RgbImage;
use look::Look;

/// What may change in a picture, anew for each epoch; drawn evenly up to the given
/// strength, each off at `false` or 0.
///
/// ```
/// use sevenlines::data::{Augment, BatchOptions};
///
/// let tilted = Augment { rotate: 20.0, ..Augment::default() };
/// assert_eq!(tilted.to_string(), "mirrored, cropped by up to 12 % a side, turned by up to 20°");
/// let options = BatchOptions { augment: Some(tilted), ..Default::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Augment {
    /// Whether half of the pictures are mirrored, left to right.
    pub flip: bool,
    /// Whether half of them are turned upside down: for pictures from above.
    pub vertical_flip: bool,
    /// The largest part cut from each side, 0 to 0.4.
    pub crop: f64,
    /// The largest turn to either side, in degrees, 0 to 180. The corners are filled
    /// with the picture's reflection.
    pub rotate: f64,
    /// The largest enlargement about the middle, 0 to 4: 0.1 is up to 1.1 times.
    pub zoom: f64,
    /// The largest change of brightness, 0 to 0.9: 0.2 takes a middle grey to between
    /// 0.4 and 0.6 of white. Black and white stay.
    pub brightness: f64,
    /// The largest change of contrast, 0 to 0.9: 0.2 is between 0.8 and 1 / 0.8 times.
    pub contrast: f64,
}

impl Default for Augment {
    /// Mirrored at random and cropped by up to 12 % a side: safe for most photographs.
    fn default() -> Augment {
        Augment { flip: true, crop: 0.12, ..Augment::none() }
    }
}

impl Augment {
    /// No change at all.
    pub fn none() -> Augment {
        let (flip, vertical_flip) = (false, false);
        Augment { flip, vertical_flip, crop: 0.0, rotate: 0.0, zoom: 0.0, brightness: 0.0, contrast: 0.0 }
    }

    /// All changes that leave a photograph upright, about as strong as fastai's
    /// `aug_transforms()`: mirrored, cropped by up to 8 % a side, turned by up to 10
    /// degrees, enlarged by up to 10 %, brightness and contrast by up to 0.2.
    pub fn standard() -> Augment {
        Augment {
            flip: true,
            crop: 0.08,
            rotate: 10.0,
            zoom: 0.1,
            brightness: 0.2,
            contrast: 0.2,
            ..Augment::none()
        }
    }

    /// `picture` changed at random and at 224 x 224, as training sees it: the same for the
    /// same `seed` and `step`.
    ///
    /// ```
    /// use sevenlines::data::{Augment, Resize};
    ///
    /// let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([4 * x as u8, 5 * y as u8, 90]));
    /// let augment = Augment::standard();
    /// let looks = [0, 1].map(|step| augment.apply(picture.clone(), Resize::Squash, 0, step));
    /// assert_eq!(looks[0].dimensions(), (224, 224));
    /// assert!(looks[0] != looks[1]);
    /// ```
    pub fn apply(&self, picture: RgbImage, resize: Resize, seed: u64, step: u64) -> RgbImage {
        Look::draw(self, seed, step).apply(picture, resize)
    }

    /// Refuses strengths that are out of their range.
    pub(super) fn check(&self) -> Result<()> {
        let ranges = [
            ("Augment's crop", self.crop, 0.4, "between 0 and 0.4"),
            ("Augment's rotate", self.rotate, 180.0, "between 0 and 180 degrees"),
            ("Augment's zoom", self.zoom, 4.0, "between 0 and 4"),
            ("Augment's brightness", self.brightness, 0.9, "between 0 and 0.9"),
            ("Augment's contrast", self.contrast, 0.9, "between 0 and 0.9"),
        ];
        match ranges.into_iter().find(|(_, strength, most, _)| !(0.0..=*most).contains(strength)) {
            None => Ok(()),
            Some((name, strength, _, expected)) => {
                Err(Error::OutOfRange { name, got: strength.to_string(), expected })
            }
        }
    }

    /// How many pixels a side must have, so that `enough` are left whatever is cut.
    pub(super) fn before(&self, enough: u32) -> u32 {
        (f64::from(enough) / (1.0 - 2.0 * self.crop)).ceil() as u32
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        crate::show::words(&self.to_string());
    }
}

impl std::fmt::Display for Augment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |part: f64| format!("{} %", (part * 1000.0).round() / 10.0);
        let all = [
            (self.flip, "mirrored".to_owned()),
            (self.vertical_flip, "upside down".to_owned()),
            (self.crop > 0.0, format!("cropped by up to {} a side", percent(self.crop))),
            (self.rotate > 0.0, format!("turned by up to {}°", self.rotate)),
            (self.zoom > 0.0, format!("enlarged by up to {}", percent(self.zoom))),
            (self.brightness > 0.0, format!("brightness by up to {}", self.brightness)),
            (self.contrast > 0.0, format!("contrast by up to {}", self.contrast)),
        ];
        let on: Vec<String> = all.into_iter().filter(|(on, _)| *on).map(|(_, text)| text).collect();
        match on.is_empty() {
            true => f.write_str("unchanged"),
            false => f.write_str(&on.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
