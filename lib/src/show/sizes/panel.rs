//! One panel of lines, and one of bars.

use crate::Result;
use crate::show::axis::Axis;
use crate::show::mesh;
use crate::show::theme::{self, Canvas, failed};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Up to this many points a line has a dot at each.
const MOST_DOTS: usize = 24;
/// Space above a panel for its title, at its right, and around it.
const TITLE: i32 = 22;
const RIGHT: u32 = 18;
const MARGIN: i32 = 12;
/// The space for the names of bars, and for their numbers.
const NAME: i32 = 40;
const NUMBER: i32 = 70;

/// A line or a bar.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) color: RGBColor,
    pub(super) points: Vec<(f64, f64)>,
}

/// What a panel of lines shows.
pub(super) struct Panel<'a> {
    pub(super) title: &'a str,
    pub(super) x_label: &'a str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: &'a [Line],
}

impl Panel<'_> {
    pub(super) fn draw(&self, area: &Canvas) -> Result<()> {
        title(area, self.title)?;
        let (x, y) = (&self.x, &self.y);
        let label = theme::text(12.0, theme::INK, HPos::Center, VPos::Center);
        let mut chart = ChartBuilder::on(area)
            .margin(MARGIN)
            .margin_top(MARGIN + TITLE)
            .margin_right(RIGHT)
            .x_label_area_size(42)
            .y_label_area_size(50)
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(failed)?;
        mesh::draw(&mut chart, (x, self.x_label), (y, None))?;
        for line in self.lines {
            let (points, dotted) = (&line.points, line.points.len() <= MOST_DOTS);
            // A long line is a dense one, and is told from others when it is thin.
            let stroke = line.color.stroke_width(if dotted { 2 } else { 1 });
            chart.draw_series(LineSeries::new(points.iter().copied(), stroke)).map_err(failed)?;
            if dotted {
                let dot = |point: &(f64, f64)| Circle::new(*point, 3, line.color.filled());
                chart.draw_series(points.iter().map(dot)).map_err(failed)?;
            }
        }
        if self.lines.iter().all(|line| line.points.is_empty()) {
            let (columns, rows) = chart.plotting_area().get_pixel_range();
            let (base_x, base_y) = area.get_base_pixel();
            let middle = ((columns.start + columns.end) / 2 - base_x, (rows.start + rows.end) / 2 - base_y);
            area.draw_text("nothing yet", &label, middle).map_err(failed)?;
        }
        Ok(())
    }
}

/// Horizontal bars, each as long as its line's last value, with `text` of that behind.
pub(super) fn bars(area: &Canvas, heading: &str, lines: &[Line], text: fn(f64) -> String) -> Result<()> {
    title(area, heading)?;
    let value = |line: &Line| line.points.last().map_or(0.0, |point| point.1);
    let most = lines.iter().map(value).fold(0.0, f64::max);
    let (width, height) = area.dim_in_pixel();
    let (left, top) = (MARGIN + NAME, MARGIN + TITLE + 6);
    let longest = f64::from(width as i32 - left - NUMBER - MARGIN);
    let row = ((height as i32 - top - MARGIN) / lines.len().max(1) as i32).min(30);
    let beside = theme::text(13.0, theme::INK, HPos::Right, VPos::Center);
    let behind = theme::text(13.0, theme::INK, HPos::Left, VPos::Center);
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| !line.points.is_empty()) {
        let top = top + row * i as i32;
        let (middle, share) = (top + row / 2, if most > 0.0 { value(line) / most } else { 0.0 });
        let end = left + ((share * longest).round() as i32).max(1);
        let bar = Rectangle::new([(left, top + 2), (end, top + row - 3)], line.color.filled());
        area.draw(&bar).map_err(failed)?;
        area.draw_text(&line.name, &beside, (left - 8, middle)).map_err(failed)?;
        area.draw_text(&text(value(line)), &behind, (end + 8, middle)).map_err(failed)?;
    }
    Ok(())
}

fn title(area: &Canvas, text: &str) -> Result<()> {
    let style = theme::text(14.0, theme::INK, HPos::Left, VPos::Top);
    area.draw_text(text, &style, (MARGIN, MARGIN)).map_err(failed)
}
