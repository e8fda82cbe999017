//! One picture file, decoded as a viewer would show it: the format told from
//! the content, turned by its EXIF orientation, transparency over white.

use super::{Content, Resize, jpeg};
use crate::{Error, Result};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

/// No side may be longer than this, and decoding may take this much memory, as may
/// the file: what a small file can claim to hold must not fill the machine.
const MAX_SIDE: u32 = 20_000;
const MAX_BYTES: u64 = 400 << 20;

/// Why a file is no picture.
type Reason = String;

/// Reads the picture at `path`, in RGB.
///
/// # Errors
/// [`Error::BrokenPictures`] with the reason, if it is no picture, or damaged,
/// or larger than 20,000 pixels a side or 400 MB, as a file or decoded.
///
/// ```no_run
/// let cat = sevenlines::data::open_picture("cats/felix.jpg".as_ref())?;
/// println!("{} x {}", cat.width(), cat.height());
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn open_picture(path: &Path) -> Result<RgbImage> {
    let picture = read(path).and_then(|bytes| decode(&bytes, None));
    picture.map_err(|reason| Error::BrokenPictures { pictures: vec![(path.to_owned(), reason)] })
}

/// The picture at `path` as the network takes it, 224 x 224.
pub(crate) fn open_resized(path: &Path, resize: Resize) -> Result<RgbImage> {
    let picture = read(path).and_then(|bytes| decode(&bytes, resize.enough()));
    match picture {
        Ok(picture) => Ok(resize.apply(&picture)),
        Err(reason) => Err(Error::BrokenPictures { pictures: vec![(path.to_owned(), reason)] }),
    }
}

/// A file's picture, whose sides may both be scaled down to `enough` pixels or
/// more, and what tells its content.
pub(super) fn load(path: &Path, enough: Option<u32>) -> std::result::Result<(RgbImage, Content), Reason> {
    let bytes = read(path)?;
    Ok((decode(&bytes, enough)?, Content::of(&bytes)))
}

/// Reads only the header: whether this is a picture of a size that will be read.
pub(super) fn probe(path: &Path) -> std::result::Result<(), Reason> {
    check_length(path)?;
    let mut reader = File::open(path).map(BufReader::new).map_err(|error| error.to_string())?;
    if let Some((width, height)) = jpeg::size(&mut reader) {
        return check_size(width, height, u64::from(width) * u64::from(height) * 3);
    }
    reader.rewind().map_err(|error| error.to_string())?;
    decoder(reader).map(drop)
}

fn read(path: &Path) -> std::result::Result<Vec<u8>, Reason> {
    check_length(path)?;
    std::fs::read(path).map_err(|error| error.to_string())
}

fn decode(bytes: &[u8], enough: Option<u32>) -> std::result::Result<RgbImage, Reason> {
    let mut decoder = decoder(Cursor::new(bytes))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let smaller = enough.and_then(|enough| jpeg::decode_smaller(bytes, enough));
    let mut picture = match smaller {
        Some(picture) => DynamicImage::ImageRgb8(picture),
        None => DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?,
    };
    picture.apply_orientation(orientation);
    Ok(over_white(picture))
}

fn decoder<'a, R: BufRead + Seek + 'a>(reader: R) -> std::result::Result<impl ImageDecoder + 'a, Reason> {
    let reader = ImageReader::new(reader).with_guessed_format();
    let mut reader = reader.map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes())?;
    Ok(decoder)
}

fn check_length(path: &Path) -> std::result::Result<(), Reason> {
    match std::fs::metadata(path).map_err(|error| error.to_string())?.len() {
        0 => Err("the file is empty".to_owned()),
        length if length > MAX_BYTES => Err(format!("{} MB are more than this reads at once", length >> 20)),
        _ => Ok(()),
    }
}

fn check_size(width: u32, height: u32, bytes: u64) -> std::result::Result<(), Reason> {
    match width.max(height) > MAX_SIDE || bytes > MAX_BYTES {
        true => Err(format!("{width} x {height} pixels are more than this reads at once")),
        false => Ok(()),
    }
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
