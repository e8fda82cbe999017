//! Loss by learning rate, on a logarithmic axis, with rates marked on the line.

use super::axis::Axis;
use super::figure::Figure;
use super::table::Table;
use super::theme::{self, Canvas, failed};
use super::{mesh, numbers, thin};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const SIZE: (u32, u32) = (560, 340);
/// Space above the panel for its title.
const TITLE: i32 = 26;
/// About how wide a character of a mark's name is.
const WIDE: i32 = 8;
/// About how many columns of pixels the line has room for.
const COLUMNS: usize = 150;

/// Plots the loss by learning rate, as a learning-rate finder found it, on a logarithmic
/// axis; `marks` are learning rates with their names.
///
/// # Errors
/// [`Error::Plot`] if fewer than two points are finite, with a rate above 0.
///
/// ```
/// use sevenlines::show::lr_plot;
/// let figure = lr_plot(&[(1e-4, 0.7), (1e-3, 0.3), (1e-2, 0.9)], &[("valley".to_owned(), 1e-3)])?;
/// figure.show();
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn lr_plot(points: &[(f64, f64)], marks: &[(String, f64)]) -> Result<Figure> {
    let finite = |(rate, loss): &(f64, f64)| *rate > 0.0 && rate.is_finite() && loss.is_finite();
    let points: Vec<(f64, f64)> = points.iter().filter(|point| finite(point)).copied().collect();
    if points.len() < 2 {
        return Err(Error::Plot("a line needs at least two learning rates with a finite loss".to_owned()));
    }
    let svg = theme::draw(SIZE, |canvas| draw(canvas, &points, marks))?;
    let named: Vec<String> = marks.iter().map(|(name, rate)| format!("{name} {}", text(*rate))).collect();
    let alt = format!("Loss by learning rate; {}", named.join(", "));
    Ok(Figure::new(svg, alt, table(&points, marks).to_string()))
}

fn draw(canvas: &Canvas, points: &[(f64, f64)], marks: &[(String, f64)]) -> Result<()> {
    let heading = theme::text(14.0, theme::INK, HPos::Left, VPos::Top);
    canvas.draw_text("loss by learning rate", &heading, (14, 10)).map_err(failed)?;
    let line: Vec<(f64, f64)> = points.iter().map(|(rate, loss)| (rate.log10(), *loss)).collect();
    let (x, y) = (Axis::logarithmic(line[0].0, line[line.len() - 1].0), losses(&line));
    let mut chart = ChartBuilder::on(canvas)
        .margin(14)
        .margin_top(TITLE + 8)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(failed)?;
    mesh::draw(&mut chart, (&x, "learning rate (logarithmic)"), (&y, Some("loss (smoothed)")))?;
    let thin = thin::by_columns(&line, COLUMNS);
    chart.draw_series(LineSeries::new(thin, theme::BLUE.stroke_width(2))).map_err(failed)?;
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    for (at, (name, rate)) in marks.iter().enumerate() {
        let Some(&point) = nearest(&line, rate.log10()) else { continue };
        let color = theme::LINES[1 + at % (theme::LINES.len() - 1)];
        let spot = chart.backend_coord(&point);
        canvas.draw(&Circle::new(spot, 5, color.filled())).map_err(failed)?;
        let words = format!("{name} {}", text(*rate));
        // Above and to the right of its dot, where a falling line leaves room, unless it
        // would leave the plot; one above the other.
        let right = spot.0 + 8 + WIDE * words.chars().count() as i32 <= columns.end;
        let side = if right { HPos::Left } else { HPos::Right };
        let style = theme::text(13.0, theme::readable(color), side, VPos::Center);
        let height = (spot.1 - 16 - 18 * at as i32).clamp(rows.start + 8, rows.end - 8);
        canvas.draw_text(&words, &style, (spot.0 + if right { 8 } else { -8 }, height)).map_err(failed)?;
    }
    Ok(())
}

fn losses(line: &[(f64, f64)]) -> Axis {
    let (low, high) =
        line.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p.1), high.max(p.1)));
    Axis::around(low, high)
}

fn nearest(line: &[(f64, f64)], x: f64) -> Option<&(f64, f64)> {
    line.iter().min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()))
}

/// A learning rate: `0.0063`, `1.6e-5`.
fn text(rate: f64) -> String {
    match rate < 0.001 {
        true => format!("{rate:.1e}"),
        false => numbers::short(rate),
    }
}

/// At most a dozen of the points, and what is marked.
fn table(points: &[(f64, f64)], marks: &[(String, f64)]) -> Table {
    let mut table = Table::new(["learning rate", "loss", "mark"]);
    let every = points.len().div_ceil(12);
    for (rate, loss) in points.iter().step_by(every) {
        table.push([text(*rate), numbers::short(*loss), String::new()]);
    }
    for (name, rate) in marks {
        let loss = nearest(points, *rate).map_or(f64::NAN, |point| point.1);
        table.push([text(*rate), numbers::short(loss), name.clone()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: usize) -> Vec<(f64, f64)> {
        let point = |i: usize| {
            let share = i as f64 / (count - 1) as f64;
            (1e-7 * 1e8f64.powf(share), 0.7 - 0.6 * share + (12.0 * (share - 0.8)).exp())
        };
        (0..count).map(point).collect()
    }

    #[test]
    fn axes_title_and_marks_are_named() {
        let marks = [("valley".to_owned(), 1e-3), ("<steepest>".to_owned(), 1.6e-5)];
        let figure = lr_plot(&points(100), &marks).unwrap();
        for words in [
            "loss by learning rate",
            "learning rate (logarithmic)",
            "loss (smoothed)",
            "valley 0.0010",
            "&lt;steepest&gt; 1.6e-5",
        ] {
            assert!(figure.svg().contains(words), "{words} in {}", figure.svg());
        }
        assert_eq!(figure.svg().matches("<circle").count(), 2);
        assert!(figure.to_string().lines().last().unwrap().contains("<steepest>"), "{figure}");
    }

    #[test]
    fn it_stays_small_and_odd_values_are_left_out() {
        assert!(lr_plot(&points(20_000), &[]).unwrap().svg().len() < 20_000);
        let mut odd = points(5);
        odd[1].1 = f64::NAN;
        odd[4].1 = f64::INFINITY;
        assert!(lr_plot(&odd, &[]).unwrap().svg().ends_with("</svg>\n"));
        assert_eq!(lr_plot(&odd[..2], &[]).unwrap_err().name(), "Plot");
    }
}
