//! One picture as a cell's value, from the library or from the `image` crate.

use super::{encode, escape, output};
use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};

/// The longest side of a picture as it is shown, in pixels.
const MOST: u32 = 480;
const QUALITY: u8 = 85;

/// A colour picture that a notebook shows; larger ones scaled down to 480 pixels.
///
/// ```
/// use sevenlines::show::Picture;
///
/// let sky = image::RgbImage::from_pixel(640, 360, image::Rgb([120, 170, 230]));
/// let picture = Picture::new(sky);
/// assert_eq!(picture.to_string(), "a picture of 640x360 pixels");
/// picture.show();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    image: RgbImage,
}

impl Picture {
    /// Takes an RGB image as it is.
    pub fn new(image: RgbImage) -> Self {
        Self { image }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.image.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.image.height()
    }

    /// The pixels.
    pub fn image(&self) -> &RgbImage {
        &self.image
    }

    /// Gives the pixels back.
    pub fn into_image(self) -> RgbImage {
        self.image
    }

    /// Shows the picture now.
    pub fn show(&self) {
        output::html(&self.html(), &self.to_string());
    }

    /// Shows the picture as a cell's value.
    pub fn evcxr_display(&self) {
        output::value(&self.html(), &self.to_string());
    }

    fn html(&self) -> String {
        html(&self.image.clone().into())
    }
}

impl std::fmt::Display for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text(self.width(), self.height()))
    }
}

impl From<RgbImage> for Picture {
    fn from(image: RgbImage) -> Self {
        Self::new(image)
    }
}

impl From<DynamicImage> for Picture {
    fn from(image: DynamicImage) -> Self {
        Self::new(image.into_rgb8())
    }
}

/// Lets a cell end in a picture of the `image` crate; the prelude brings it into
/// scope.
///
/// ```
/// use sevenlines::show::ShowPicture;
///
/// image::DynamicImage::new_rgb8(32, 32).evcxr_display();
/// ```
pub trait ShowPicture {
    /// Shows the picture as a cell's value; larger ones scaled down to 480 pixels.
    fn evcxr_display(&self);
}

impl ShowPicture for DynamicImage {
    fn evcxr_display(&self) {
        output::value(&html(self), &text(self.width(), self.height()));
    }
}

impl ShowPicture for RgbImage {
    fn evcxr_display(&self) {
        DynamicImage::ImageRgb8(self.clone()).evcxr_display();
    }
}

impl ShowPicture for RgbaImage {
    fn evcxr_display(&self) {
        DynamicImage::ImageRgba8(self.clone()).evcxr_display();
    }
}

impl ShowPicture for GrayImage {
    fn evcxr_display(&self) {
        DynamicImage::ImageLuma8(self.clone()).evcxr_display();
    }
}

fn text(width: u32, height: u32) -> String {
    format!("a picture of {width}x{height} pixels")
}

fn html(image: &DynamicImage) -> String {
    let alt = text(image.width(), image.height());
    match encode::smaller_uri(&encode::scaled(image, MOST), QUALITY) {
        Ok(uri) => format!(r#"<img src="{uri}" alt="{alt}" style="max-width:100%;height:auto">"#),
        // A picture without pixels, for one.
        Err(reason) => escape::html(&format!("{alt} ({reason})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pictures_are_scaled_for_showing_only() {
        let picture = Picture::new(RgbImage::new(1000, 500));
        assert_eq!((picture.width(), picture.height()), (1000, 500));
        let html = picture.html();
        assert!(html.contains("alt=\"a picture of 1000x500 pixels\""), "{html}");
        let full = encode::smaller_uri(&picture.image.clone().into(), QUALITY).unwrap();
        assert!(!html.contains(&full), "shown at full size");
    }

    #[test]
    fn a_picture_without_pixels_says_so() {
        let html = html(&DynamicImage::new_rgb8(0, 0));
        assert!(html.starts_with("a picture of 0x0 pixels ("), "{html}");
    }
}
