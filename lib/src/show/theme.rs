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

/// Text that runs upwards.
pub(crate) fn upwards(style: TextStyle<'static>) -> TextStyle<'static> {
    style.transform(FontTransform::Rotate270)
}

/// About how wide `characters` of text of `size` are, in pixels.
pub(crate) fn text_width(characters: usize, size: f64) -> i32 {
    (characters as f64 * size * 0.58).ceil() as i32
}
