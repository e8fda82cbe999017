//! The ground of a plot: lines at the ticks of the vertical axis, and what stands
//! beside both.

use super::axis::Axis;
use super::theme::{self, failed};
use crate::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// Draws the mesh of a chart of these axes, described by `x_label` and `y_label`.
pub(crate) fn draw(
    chart: &mut Chart,
    (x, x_label): (&Axis, &str),
    (y, y_label): (&Axis, Option<&str>),
) -> Result<()> {
    let (x_tick, y_tick) = (|tick: &f64| x.label(*tick), |tick: &f64| y.label(*tick));
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(theme::FAINT)
        .axis_style(theme::INK)
        .label_style(theme::text(12.0, theme::INK, HPos::Center, VPos::Center))
        .axis_desc_style(theme::text(13.0, theme::INK, HPos::Center, VPos::Center))
        .x_desc(x_label)
        .x_label_formatter(&x_tick)
        .y_label_formatter(&y_tick);
    if let Some(label) = y_label {
        mesh.y_desc(label);
    }
    mesh.draw().map_err(failed)
}
