//! Colours, sizes and the canvas that all plots share.
//!
//! A plot brings its own light ground, so that it reads the same in a light and
//! a dark notebook. The lines' colours are Okabe and Ito's, which the colour-blind
//! tell apart.

use crate::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(crate) const GROUND: RGBColor = RGBColor(252, 252, 250);
pub(crate) const INK: RGBColor = RGBColor(51, 51, 51);
pub(crate) const FAINT: RGBColor = RGBColor(222, 222, 218);
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const ORANGE: RGBColor = RGBColor(213, 94, 0);

/// One after the other for the lines of a plot, and from the first again.
pub(crate) const LINES: [RGBColor; 6] =
    [BLUE, ORANGE, RGBColor(0, 158, 115), RGBColor(204, 121, 167), RGBColor(86, 180, 233), INK];

const FAMILY: FontFamily<'static> = FontFamily::SansSerif;
/// plotters divides a size by this on its way into an SVG.
const SVG_DIVISOR: f64 = 1.24;

/// What plots are drawn on.
pub(crate) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws on a canvas of `width` x `height` pixels with the common ground.
pub(crate) fn draw((width, height): (u32, u32), paint: impl FnOnce(&Canvas) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        canvas.fill(&GROUND).map_err(failed)?;
        paint(&canvas)?;
        canvas.present().map_err(failed)?;
    }
    Ok(svg)
}

/// For `map_err`: what plotters says.
pub(crate) fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Plot(reason.to_string())
}

/// Text of `size` CSS pixels, anchored at its point by `h` and `v`.
pub(crate) fn text(size: f64, color: RGBColor, h: HPos, v: VPos) -> TextStyle<'static> {
    let font = (FAMILY, size * SVG_DIVISOR).into_font();
    TextStyle { font, color: color.to_backend_color(), pos: Pos::new(h, v) }
}

/// What the reading of small text asks for (WCAG 2, level AA).
pub(crate) const LEAST_CONTRAST: f64 = 4.5;

/// A line's colour for words on the common ground: as it is, or as much darker as
/// reading asks for.
pub(crate) fn readable(color: RGBColor) -> RGBColor {
    let RGBColor(r, g, b) = color;
    let shade = |percent: u32| RGBColor(part(r, percent), part(g, percent), part(b, percent));
    let found = (0..=100).rev().map(shade).find(|shade| contrast(*shade, GROUND) >= LEAST_CONTRAST);
    found.unwrap_or(INK)
}

fn part(channel: u8, percent: u32) -> u8 {
    (u32::from(channel) * percent / 100) as u8
}

/// How well one colour stands out from another, from 1 to 21.
pub(crate) fn contrast(one: RGBColor, other: RGBColor) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |channel: u8| match f64::from(channel) / 255.0 {
        share if share <= 0.04045 => share / 12.92,
        share => ((share + 0.055) / 1.055).powf(2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// Text that runs upwards.
pub(crate) fn upwards(style: TextStyle<'static>) -> TextStyle<'static> {
    style.transform(FontTransform::Rotate270)
}

/// About how wide `characters` of text of `size` are, in pixels.
pub(crate) fn text_width(characters: usize, size: f64) -> i32 {
    (characters as f64 * size * 0.58).ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_21() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast(WHITE, RGBColor(119, 119, 119)) - 4.48).abs() < 0.01);
    }

    #[test]
    fn every_lines_name_can_be_read() {
        for line in LINES {
            let words = readable(line);
            assert!(contrast(words, GROUND) >= LEAST_CONTRAST, "{line:?}");
            assert!(words == line || contrast(line, GROUND) < LEAST_CONTRAST, "{line:?} needs no change");
        }
        assert_eq!(readable(BLUE), BLUE);
        assert_ne!(readable(ORANGE), ORANGE);
    }
}
