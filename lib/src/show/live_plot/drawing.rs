//! A live plot as an SVG drawing: one panel, each line named at its end.

use super::series::{Plot, Series};
use crate::Result;
use crate::show::axis::Axis;
use crate::show::figure::Figure;
use crate::show::names::{self, Name, draw_names};
use crate::show::theme::{self, Canvas, failed};
use crate::show::{escape, mesh, thin};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const SIZE: (u32, u32) = (720, 300);
/// Space above the panel for the title.
const TITLE: u32 = 24;
/// The longest name of a line, in characters.
const NAME: usize = 20;
/// Up to this many points a line has a dot at each.
const MOST_DOTS: usize = 24;
/// About how many columns one line has room for, and how many all lines may have
/// together, or the drawing would be large.
const COLUMNS: usize = 300;
const ALL_COLUMNS: usize = 900;

impl Plot {
    /// The plot as it is now.
    pub(super) fn figure(&mut self) -> Result<Figure> {
        self.sort();
        let svg = theme::draw(SIZE, |canvas| self.draw(canvas))?;
        let summary = self.summary();
        Ok(Figure::new(svg, summary.clone(), summary))
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let label = theme::text(12.0, theme::INK, HPos::Center, VPos::Center);
        let heading = theme::text(14.0, theme::INK, HPos::Left, VPos::Top);
        canvas.draw_text(&self.title, &heading, (14, 12)).map_err(failed)?;
        let lines = self.lines();
        let (x, y) = axes(&lines);
        let longest = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        let room = names::GAP + theme::text_width(longest, names::SIZE);
        let mut chart = ChartBuilder::on(canvas)
            .margin(14)
            .margin_top(14 + TITLE)
            .margin_right(room as u32 + 8)
            .x_label_area_size(if self.x_label.is_empty() { 26 } else { 44 })
            .y_label_area_size(if self.y_label.is_empty() { 46 } else { 64 })
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(failed)?;
        mesh::draw(&mut chart, (&x, &self.x_label), (&y, Some(&self.y_label)))?;
        let mut names = Vec::new();
        for line in lines {
            let Some(last) = line.points.last().copied() else { continue };
            // A long line is a dense one, and is told from others when it is thin.
            let width = if line.points.len() > COLUMNS { 1 } else { 2 };
            let dots = if line.points.len() <= MOST_DOTS { &line.points[..] } else { &[last] };
            let dots = dots.iter().map(|point| Circle::new(*point, 3, line.color.filled()));
            let dots: Vec<_> = dots.collect();
            let stroke = line.color.stroke_width(width);
            chart.draw_series(LineSeries::new(line.points.iter().copied(), stroke)).map_err(failed)?;
            chart.draw_series(dots).map_err(failed)?;
            names.push(Name { at: chart.backend_coord(&last), text: line.name, color: line.color });
        }
        let (columns, rows) = chart.plotting_area().get_pixel_range();
        if names.is_empty() {
            let middle = ((columns.start + columns.end) / 2, (rows.start + rows.end) / 2);
            let words = if self.series.is_empty() { "no points yet" } else { "no finite values" };
            canvas.draw_text(words, &label, middle).map_err(failed)?;
        }
        draw_names(canvas, names, rows.end)
    }

    fn lines(&self) -> Vec<Line> {
        let columns = COLUMNS.min(ALL_COLUMNS / self.series.len().max(1)).max(1);
        let colors = theme::LINES.iter().copied().cycle();
        self.series.iter().zip(colors).map(|(series, color)| Line::new(series, color, columns)).collect()
    }
}

/// What is drawn of a series.
struct Line {
    /// With the last value.
    name: String,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn new(series: &Series, color: RGBColor, columns: usize) -> Self {
        let name = format!("{} {}", escape::shortened(&series.name, NAME), series.value());
        Self { name, color, points: thin::by_columns(&series.points, columns) }
    }
}

fn axes(lines: &[Line]) -> (Axis, Axis) {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold(None, |range: Option<(f64, f64)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    };
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = range(&mut points().map(|point| point.0)).unwrap_or((0.0, 1.0));
    let y = range(&mut points().map(|point| point.1)).unwrap_or((0.0, 1.0));
    (Axis::along(x.0, x.1), Axis::around(y.0, y.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(series: &[(&str, usize)], value: impl Fn(usize) -> f64) -> Plot {
        let mut plot = Plot::new("loss");
        for (name, points) in series {
            (0..*points).for_each(|i| plot.push(name, None, value(i)));
        }
        plot
    }

    /// As a saved notebook keeps it.
    fn saved(plot: &mut Plot) -> usize {
        crate::show::output::svg_image(plot.figure().unwrap().svg(), &plot.summary()).len()
    }

    fn noise(i: usize) -> f64 {
        (i as f64 * 12.9898).sin() * 43_758.545_3 % 1.0
    }

    #[test]
    fn a_million_points_stay_small() {
        let size = saved(&mut plot(&[("train", 1_000_000)], noise));
        println!("a million points: {size} bytes");
        assert!(size < 60_000, "{size}");
        let names: Vec<String> = (0..30).map(|i| format!("series {i}")).collect();
        let many: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 20_000)).collect();
        let size = saved(&mut plot(&many, noise));
        assert!(size < 100_000, "{size}");
    }

    #[test]
    fn each_line_is_named_with_its_last_value() {
        let mut plot = plot(&[("train", 100), ("<b>", 3)], |i| 1.0 / (1.0 + i as f64));
        plot.x_label = "step".into();
        let svg = plot.figure().unwrap().svg().to_owned();
        for words in ["train 0.0100", "&lt;b&gt; 0.333", "step", "loss"] {
            assert!(svg.contains(words), "{words}");
        }
        // A dot at the long line's end, and at each point of the short one.
        assert_eq!(svg.matches("<circle").count(), 4);
    }

    #[test]
    fn odd_values_draw() {
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 1e149, -1e149, 1e-320, 5.0];
        for value in values {
            for other in values {
                let mut plot = Plot::new("odd");
                plot.push("a", Some(other), value);
                plot.push("a", Some(value), other);
                let svg = plot.figure().unwrap().svg().to_owned();
                assert!(svg.ends_with("</svg>\n"), "{svg}");
            }
        }
        assert!(plot(&[("a", 5)], |_| f64::NAN).figure().unwrap().svg().contains("no finite values"));
        assert!(Plot::new("empty").figure().unwrap().svg().contains("no points yet"));
    }
}
