//! One picture file, decoded as a viewer would show it: the format told from
//! the content, turned by its EXIF orientation, transparency over white.
//!
//! A file may hold anything. [`file`] opens nothing but files, [`cost`] refuses from the
//! header what would take too much memory, [`room`] lets only so many large pictures be
//! decoded at once, and a decoder that panics is a reason like any other.

mod cost;
mod file;
mod room;
mod turn;
mod webp;

use super::{Content, Resize, jpeg};
use crate::quiet::caught;
use crate::{Error, Result};
use cost::Needs;
use file::Opened;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use std::io::{BufRead, Cursor, ErrorKind, Seek};
use std::path::Path;

/// Why a file is no picture.
type Reason = String;

type Outcome<T> = std::result::Result<T, Reason>;

/// Reads the picture at `path`, in RGB, as a viewer shows it.
///
/// Of a JPEG that breaks off within its pixels, what is there is read and the rest is grey,
/// as browsers show it; any other file that breaks off is an error. Of an animation, the
/// first picture is read.
///
/// No picture takes more than 200 MB of memory, the file included, whatever its header
/// claims. That is enough for a photograph of 50 megapixels (for one of 20 if the JPEG is
/// progressive, or the PNG has 16 bits). All that are decoded at a time, on any number of
/// threads, take no more than 400 MB together.
///
/// # Errors
/// [`Error::BrokenPictures`] with the reason, if it is no picture, or damaged, or would
/// take more memory, or has a side of more than 20,000 pixels.
///
/// ```no_run
/// let cat = sevenlines::data::open_picture("cats/felix.jpg".as_ref())?;
/// println!("{} x {}", cat.width(), cat.height());
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn open_picture(path: &Path) -> Result<RgbImage> {
    named(path, load(path, None, |picture| picture))
}

/// The picture at `path` as the network takes it, 224 x 224.
pub(crate) fn open_resized(path: &Path, resize: Resize) -> Result<RgbImage> {
    named(path, load(path, resize.enough(), |picture| resize.apply(&picture)))
}

fn named(path: &Path, loaded: Outcome<(RgbImage, Content)>) -> Result<RgbImage> {
    match loaded {
        Ok((picture, _)) => Ok(picture),
        Err(reason) => Err(Error::BrokenPictures { pictures: vec![(path.to_owned(), reason)] }),
    }
}

/// What `then` makes of a file's picture, whose sides may both be scaled down to `enough`
/// pixels or more, and what tells the file's content.
pub(super) fn load(
    path: &Path,
    enough: Option<u32>,
    then: impl FnOnce(RgbImage) -> RgbImage,
) -> Outcome<(RgbImage, Content)> {
    guarded(|| {
        let file = file::open(path)?;
        let needs = needs(file.reader()?, file.length)?;
        if let Some(enough) = enough
            && let Some(loaded) = smaller(&file, needs, enough)?
        {
            return Ok((then(loaded.0), loaded.1));
        }
        let _room = room::take(needs.whole);
        let (picture, content) = if needs.streamed { streamed(&file)? } else { whole(&file, needs)? };
        Ok((then(picture), content))
    })
}

/// Reads only the header: whether this is a picture of a size that will be read.
pub(super) fn probe(path: &Path) -> Outcome<()> {
    guarded(|| {
        let file = file::open(path)?;
        needs(file.reader()?, file.length).map(drop)
    })
}

/// Whether a file of these bytes can be read.
pub(super) fn check(bytes: &[u8]) -> Outcome<()> {
    guarded(|| {
        let needs = needs(Cursor::new(bytes), bytes.len() as u64)?;
        let _room = room::take(needs.whole);
        decode(Cursor::new(bytes)).map(drop)
    })
}

/// The one place where a decoder's panic becomes a reason.
fn guarded<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    caught(work).unwrap_or_else(|panic| Err(format!("it is damaged: the decoder gave up on it ({panic})")))
}

/// A JPEG decoded straight to a smaller size, if it has one that is enough and is whole.
fn smaller(file: &Opened, needs: Needs, enough: u32) -> Outcome<Option<(RgbImage, Content)>> {
    let Some(memory) = needs.smaller.filter(|_| jpeg::has_smaller(needs.width, needs.height, enough)) else {
        return Ok(None);
    };
    let _room = room::take(memory);
    let bytes = unchanged(file, needs)?;
    let Some(picture) = jpeg::decode_smaller(&bytes, enough) else { return Ok(None) };
    let content = Content::of(&bytes);
    let orientation = decoder(Cursor::new(bytes))?.orientation();
    Ok(Some((turn::turned(picture, orientation.unwrap_or(Orientation::NoTransforms)), content)))
}

fn whole(file: &Opened, needs: Needs) -> Outcome<(RgbImage, Content)> {
    let bytes = unchanged(file, needs)?;
    let content = Content::of(&bytes);
    // Given away: a JPEG's bytes are held once while it is decoded.
    Ok((decode(Cursor::new(bytes))?, content))
}

/// A large file's picture, decoded as it is read.
fn streamed(file: &Opened) -> Outcome<(RgbImage, Content)> {
    let before = file.stamp()?;
    let content = Content::of_reader(file.reader()?).map_err(|error| error.to_string())?;
    let picture = decode(file.reader()?)?;
    match file.stamp()? == before {
        true => Ok((picture, content)),
        false => Err(file::CHANGED.to_owned()),
    }
}

/// The file's bytes, if they need what its header said before.
fn unchanged(file: &Opened, before: Needs) -> Outcome<Vec<u8>> {
    let bytes = file.bytes()?;
    let now = needs(Cursor::new(&bytes), bytes.len() as u64)?;
    if now == before { Ok(bytes) } else { Err(file::CHANGED.to_owned()) }
}

/// What a file of `length` bytes takes to decode, told from its header.
fn needs(mut reader: impl BufRead + Seek, length: u64) -> Outcome<Needs> {
    if let Some(frame) = jpeg::frame(&mut reader) {
        return Needs::of_jpeg(&frame, length);
    }
    reader.rewind().map_err(|error| error.to_string())?;
    let webp = webp::parts(&mut reader, length)?;
    reader.rewind().map_err(|error| error.to_string())?;
    let reader = guessed(reader)?;
    let format = reader.format();
    let decoder = reader.into_decoder().map_err(why)?;
    Needs::of(format, decoder.dimensions(), decoder.color_type(), webp, length)
}

fn decode(reader: impl BufRead + Seek) -> Outcome<RgbImage> {
    let mut decoder = decoder(reader)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(why)?;
    Ok(turn::turned(turn::over_white(picture), orientation))
}

fn decoder<'a, R: BufRead + Seek + 'a>(reader: R) -> Outcome<impl ImageDecoder + 'a> {
    let reader = guessed(reader)?;
    let gif = reader.format() == Some(ImageFormat::Gif);
    let mut decoder = reader.into_decoder().map_err(why)?;
    if gif {
        // The first picture may be larger than what it is shown on, but not by much.
        let (width, height) = decoder.dimensions();
        let limits = limits(cost::gif_frame(width, height));
        decoder.set_limits(limits).map_err(why)?;
    }
    Ok(decoder)
}

/// A reader of the format that the content has, whatever the file's name says.
fn guessed<R: BufRead + Seek>(reader: R) -> Outcome<ImageReader<R>> {
    let mut reader = ImageReader::new(reader).with_guessed_format().map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err("it is no picture: neither PNG, JPEG, BMP, GIF nor WebP".to_owned());
    }
    reader.limits(limits(cost::NOTES));
    Ok(reader)
}

fn why(error: ImageError) -> Reason {
    match error {
        ImageError::Limits(_) => {
            "a part of it claims to take more memory than a picture of its size does".to_owned()
        }
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => "it breaks off".to_owned(),
        error => error.to_string(),
    }
}

fn limits(memory: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(memory);
    limits
}
