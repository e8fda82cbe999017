//! What a picture takes to decode, in bytes, told from its header: what a small file can
//! claim to hold must not fill the machine.

use super::Outcome;
use super::webp::Parts;
use crate::data::jpeg::Frame;
use image::{ColorType, ImageFormat};

/// No side may be longer than this, in pixels.
pub(super) const MAX_SIDE: u32 = 20_000;

/// No picture may take more than this, its file included.
pub(super) const MOST: u64 = 200_000_000;

/// Room for a file's notes (EXIF, colour profile, text) and for what is small.
pub(super) const NOTES: u64 = 4_000_000;

/// What decoding takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Needs {
    pub width: u32,
    pub height: u32,
    /// All that is held at once, at the most.
    pub whole: u64,
    /// The same at a smaller size, for a JPEG.
    pub smaller: Option<u64>,
    /// Whether the file itself must not be held meanwhile.
    pub streamed: bool,
}

impl Needs {
    /// Of a JPEG whose frame is understood.
    pub fn of_jpeg(frame: &Frame, length: u64) -> Outcome<Needs> {
        if frame.apart {
            // The decoder gets them wrong without a word.
            return Err(
                "its colours are stored one after the other, which is not read; save it anew".to_owned()
            );
        }
        let pixels = u64::from(frame.width) * u64::from(frame.height);
        let decoding = pixels * if frame.grey { 4 } else { 3 } + frame.kept;
        // The decoder makes a copy of the file.
        let smaller = Some(2 * length + pixels * 6 / 16 + NOTES);
        Needs::checked(frame.width, frame.height, decoding, 2, length).map(|needs| Needs { smaller, ..needs })
    }

    /// Of any picture.
    pub fn of(
        format: Option<ImageFormat>,
        (width, height): (u32, u32),
        color: ColorType,
        webp: Option<Parts>,
        length: u64,
    ) -> Outcome<Needs> {
        let pixels = u64::from(width) * u64::from(height);
        let decoded = pixels * u64::from(color.bytes_per_pixel());
        // RGB, and RGB with transparency, become RGB in place.
        let converted = if matches!(color, ColorType::Rgb8 | ColorType::Rgba8) { 0 } else { 3 * pixels };
        let beside = match (format, webp) {
            // Of a kind that only the decoder understands: as if it held all frequencies.
            (Some(ImageFormat::Jpeg), _) => 8 * pixels,
            (Some(ImageFormat::Gif), _) => gif_frame(width, height),
            (_, Some(webp)) => webp.beside(pixels),
            _ => 0,
        };
        let copies = if format == Some(ImageFormat::Jpeg) { 2 } else { 1 };
        Needs::checked(width, height, decoded + converted.max(beside), copies, length)
    }

    /// The first of several `copies` of the file is gone once the decoder has its own.
    fn checked(width: u32, height: u32, decoding: u64, copies: u64, length: u64) -> Outcome<Needs> {
        if width.max(height) > MAX_SIDE {
            return Err(format!(
                "a side of {width} x {height} pixels is longer than {MAX_SIDE}; scale it down"
            ));
        }
        if width.min(height) == 0 {
            return Err(format!("it has no pixels ({width} x {height})"));
        }
        let held = NOTES + (length + decoding).max(copies * length);
        let streamed = held > MOST && copies == 1;
        let decoding = if streamed { NOTES + decoding } else { held };
        if decoding > MOST {
            return Err(format!(
                "{width} x {height} pixels and a file of {} MB would take {} MB to read, more than the {} MB that \
                 one picture may take; scale it down",
                length / 1_000_000,
                decoding / 1_000_000,
                MOST / 1_000_000,
            ));
        }
        let whole = decoding.max(turning(width, height).unwrap_or(0));
        Ok(Needs { width, height, whole, smaller: None, streamed })
    }
}

/// What a quarter turn takes in RGB, if a second picture may stand beside the first.
pub(super) fn turning(width: u32, height: u32) -> Option<u64> {
    let both = 6 * u64::from(width) * u64::from(height) + NOTES;
    (both <= MOST).then_some(both)
}

/// What a GIF's first picture may take beside the whole.
pub(super) fn gif_frame(width: u32, height: u32) -> u64 {
    (4 * u64::from(width) * u64::from(height)).max(NOTES)
}
