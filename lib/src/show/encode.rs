//! Pictures as data URIs: scaled down for showing, in the smaller of PNG and
//! JPEG.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageResult, RgbImage};

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `picture` with neither side longer than `most` pixels; smaller ones as they are.
pub(crate) fn scaled(picture: &DynamicImage, most: u32) -> DynamicImage {
    if picture.width() <= most && picture.height() <= most {
        picture.clone()
    } else {
        picture.resize(most, most, FilterType::Triangle)
    }
}

/// A JPEG data URI of the given quality.
pub(crate) fn jpeg_uri(picture: &RgbImage, quality: u8) -> ImageResult<String> {
    Ok(format!("data:image/jpeg;base64,{}", base64(&jpeg(picture, quality)?)))
}

/// A data URI: PNG for what is transparent or drawn (smaller so), JPEG for
/// photographs.
pub(crate) fn smaller_uri(picture: &DynamicImage, quality: u8) -> ImageResult<String> {
    let mut png = Vec::new();
    // 16-bit and float pictures are for computing; a browser shows 8 bits.
    if picture.color().has_alpha() {
        picture.to_rgba8().write_with_encoder(PngEncoder::new(&mut png))?;
    } else {
        let rgb = picture.to_rgb8();
        rgb.write_with_encoder(PngEncoder::new(&mut png))?;
        let jpeg = jpeg(&rgb, quality)?;
        if jpeg.len() < png.len() {
            return Ok(format!("data:image/jpeg;base64,{}", base64(&jpeg)));
        }
    }
    Ok(format!("data:image/png;base64,{}", base64(&png)))
}

fn jpeg(picture: &RgbImage, quality: u8) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbaImage};

    /// Like a photograph in that no two neighbours are equal.
    fn noisy(width: u32, height: u32) -> RgbImage {
        let mut state = 7u32;
        RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
        })
    }

    #[test]
    fn only_large_pictures_are_scaled() {
        let wide = DynamicImage::ImageRgb8(noisy(640, 320));
        assert_eq!((scaled(&wide, 160).width(), scaled(&wide, 160).height()), (160, 80));
        assert_eq!(scaled(&wide, 640), wide);
    }

    #[test]
    fn photographs_are_jpeg_drawings_png() {
        let photograph = DynamicImage::ImageRgb8(noisy(64, 64));
        assert!(smaller_uri(&photograph, 80).unwrap().starts_with("data:image/jpeg;base64,"));
        let drawing = DynamicImage::ImageRgb8(RgbImage::from_pixel(64, 64, Rgb([9, 9, 9])));
        assert!(smaller_uri(&drawing, 80).unwrap().starts_with("data:image/png;base64,"));
        let clear = DynamicImage::ImageRgba8(RgbaImage::new(64, 64));
        assert!(smaller_uri(&clear, 80).unwrap().starts_with("data:image/png;base64,"));
    }

    #[test]
    fn a_uri_decodes_to_the_picture() {
        let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(4, 3, Rgb([10, 20, 30])));
        let uri = smaller_uri(&picture, 80).unwrap();
        let bytes = STANDARD.decode(uri.split_once(',').unwrap().1).unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgb8(), picture.to_rgb8());
    }
}
