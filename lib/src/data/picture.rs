//! One picture file, decoded as a viewer would show it: the format told from
//! the content, turned by its EXIF orientation, transparency over white.

use crate::{Error, Result};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};
use std::path::Path;

/// No side may be longer than this, and decoding may take this much memory:
/// what a small file can claim to hold must not fill the machine.
const MAX_SIDE: u32 = 20_000;
const MAX_BYTES: u64 = 400 << 20;

/// Reads the picture at `path`, in RGB.
///
/// # Errors
/// [`Error::BrokenPictures`] with the reason, if it is no picture, or damaged,
/// or larger than 20,000 pixels a side or 400 MB decoded.
///
/// ```no_run
/// let cat = sevenlines::data::open_picture("cats/felix.jpg".as_ref())?;
/// println!("{} x {}", cat.width(), cat.height());
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn open_picture(path: &Path) -> Result<RgbImage> {
    decode(path).map_err(|reason| Error::BrokenPictures { pictures: vec![(path.to_owned(), reason)] })
}

/// Reads only the header: whether this is a picture of a size that will be read.
pub(crate) fn probe(path: &Path) -> std::result::Result<(), String> {
    decoder(path).map(|_| ())
}

/// As [`open_picture`], with the bare reason on failure.
pub(crate) fn decode(path: &Path) -> std::result::Result<RgbImage, String> {
    let mut decoder = decoder(path)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    picture.apply_orientation(orientation);
    Ok(over_white(picture))
}

fn decoder(path: &Path) -> std::result::Result<impl ImageDecoder, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length == 0 {
        return Err("the file is empty".to_owned());
    }
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_BYTES {
        return Err(format!("{width} x {height} pixels are more than this reads at once"));
    }
    Ok(decoder)
}

fn over_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0.map(u32::from);
        image::Rgb([r, g, b].map(|c| ((c * a + 255 * (255 - a) + 127) / 255) as u8))
    })
}
