//! Loss and accuracy by epoch: two panels, and a third for metrics; each line is named
//! at its end.

use super::axis::Axis;
use super::figure::Figure;
use super::names::{Name, draw_names};
use super::table::Table;
use super::theme::{self, Canvas, failed};
use super::{escape, mesh, numbers, thin};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// A panel.
const SIZE: (u32, u32) = (400, 320);
/// Space at a panel's right for its lines' names.
const NAMES: u32 = 104;
/// Of a metric's name: what finds room there beside its value.
const MOST_LETTERS: usize = 9;
/// Above this many epochs a line is drawn without dots.
const MOST_DOTS: usize = 24;
/// About how many columns of pixels a line has room for, one point in each where
/// there are more epochs: a plot stays small.
const COLUMNS: usize = 100;

/// One epoch of a training run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochPoint {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Training accuracy, 0 to 1.
    pub acc: f64,
    /// Validation loss, if validated.
    pub val_loss: Option<f64>,
    /// Validation accuracy, 0 to 1, if validated.
    pub val_acc: Option<f64>,
}

/// Plots loss and accuracy by epoch, training and validation. One epoch will do:
/// it shows as dots.
///
/// # Errors
/// [`Error::Plot`] if there is no epoch.
///
/// ```
/// use sevenlines::show::{EpochPoint, history_plot};
///
/// let epoch = |epoch, loss, val_loss| EpochPoint {
///     epoch,
///     loss,
///     acc: 1.0 - loss / 4.0,
///     val_loss: Some(val_loss),
///     val_acc: Some(1.0 - val_loss / 4.0),
/// };
/// let figure = history_plot(&[epoch(1, 0.12, 0.07), epoch(2, 0.05, 0.06)])?;
/// figure.show();
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn history_plot(points: &[EpochPoint]) -> Result<Figure> {
    history_plot_with(points, &[])
}

/// [`history_plot`] with a panel for other figures of the validation pictures: names,
/// and values by epoch.
pub(crate) fn history_plot_with(
    points: &[EpochPoint],
    metrics: &[(String, Vec<(f64, f64)>)],
) -> Result<Figure> {
    let (Some(first), Some(last)) =
        (points.iter().map(|p| p.epoch).min(), points.iter().map(|p| p.epoch).max())
    else {
        return Err(Error::Plot("there are no epochs yet; call fit first".to_string()));
    };
    let epochs = Axis::epochs(first, last);
    let loss = [
        Line::new("train", theme::BLUE, points, |p| Some(p.loss)),
        Line::new("val", theme::ORANGE, points, |p| p.val_loss),
    ];
    let acc = [
        Line::new("train", theme::BLUE, points, |p| Some(p.acc)),
        Line::new("val", theme::ORANGE, points, |p| p.val_acc),
    ];
    let colors = theme::LINES.into_iter().skip(1).cycle();
    let others: Vec<Line> =
        metrics.iter().zip(colors).map(|(metric, color)| Line::of(metric, color)).collect();
    // Three beside each other could not be read in a narrow window.
    let rows = if others.is_empty() { 1 } else { 2 };
    let svg = theme::draw((SIZE.0 * 2, SIZE.1 * rows), |canvas| {
        let panels = canvas.split_evenly((rows as usize, 2));
        panel(canvas, &panels[0], "loss", &epochs, Axis::from_zero, &loss)?;
        panel(canvas, &panels[1], "accuracy", &epochs, Axis::to_one, &acc)?;
        match panels.get(2) {
            Some(area) => panel(canvas, area, "validation metrics", &epochs, metrics_axis, &others),
            None => Ok(()),
        }
    })?;
    Ok(Figure::new(svg, alt(points, metrics), table(points, metrics).to_string()))
}

/// To 1 if none is greater; a loss may be.
fn metrics_axis(values: &[f64]) -> Axis {
    match values.iter().all(|value| *value <= 1.0) {
        true => Axis::to_one(values),
        false => Axis::from_zero(values),
    }
}

/// One line of a panel.
struct Line {
    name: String,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn new(
        name: &'static str,
        color: RGBColor,
        points: &[EpochPoint],
        value: impl Fn(&EpochPoint) -> Option<f64>,
    ) -> Self {
        let finite = |p: &EpochPoint| Some((p.epoch as f64, value(p).filter(|value| value.is_finite())?));
        Self::through(name.to_owned(), color, points.iter().filter_map(finite).collect())
    }

    fn of((name, points): &(String, Vec<(f64, f64)>), color: RGBColor) -> Self {
        let finite = points.iter().copied().filter(|point| point.1.is_finite());
        Self::through(escape::shortened(name, MOST_LETTERS), color, finite.collect())
    }

    fn through(name: String, color: RGBColor, mut points: Vec<(f64, f64)>) -> Self {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { name, color, points: thin::by_columns(&points, COLUMNS) }
    }
}

fn panel(
    canvas: &Canvas,
    area: &Canvas,
    title: &str,
    x: &Axis,
    y_axis: impl Fn(&[f64]) -> Axis,
    lines: &[Line],
) -> Result<()> {
    let values: Vec<f64> = lines.iter().flat_map(|line| &line.points).map(|point| point.1).collect();
    let y = y_axis(&values);
    let label = theme::text(12.0, theme::INK, HPos::Center, VPos::Center);
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .margin_right(NAMES)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(failed)?;
    mesh::draw(&mut chart, (x, "epoch"), (&y, Some(title)))?;
    let mut names = Vec::new();
    for line in lines {
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), line.color.stroke_width(2)))
            .map_err(failed)?;
        if line.points.len() <= MOST_DOTS {
            let dot = |point: &(f64, f64)| Circle::new(*point, 4, line.color.filled());
            chart.draw_series(line.points.iter().map(dot)).map_err(failed)?;
        }
        if let Some(last) = line.points.last() {
            let name = format!("{} {}", line.name, numbers::short(last.1));
            names.push(Name { at: chart.backend_coord(last), text: name, color: line.color });
        }
    }
    let (_, rows) = chart.plotting_area().get_pixel_range();
    draw_names(canvas, names, rows.end)?;
    if values.is_empty() {
        let (columns, rows) = chart.plotting_area().get_pixel_range();
        let middle = ((columns.start + columns.end) / 2, (rows.start + rows.end) / 2);
        canvas.draw_text("no finite values", &label, middle).map_err(failed)?;
    }
    Ok(())
}

fn alt(points: &[EpochPoint], metrics: &[(String, Vec<(f64, f64)>)]) -> String {
    let Some(last) = points.last() else { return String::new() };
    let val = |value: Option<f64>| {
        value.map_or(String::new(), |value| format!(" (validation {})", numbers::short(value)))
    };
    let last_of = |(name, points): &(String, Vec<(f64, f64)>)| {
        points.last().map_or(String::new(), |point| format!(", {name} {}", numbers::short(point.1)))
    };
    let others: String = metrics.iter().map(last_of).collect();
    format!(
        "Loss and accuracy by epoch; after epoch {}: loss {}{}, accuracy {}{}{others}",
        last.epoch,
        numbers::short(last.loss),
        val(last.val_loss),
        numbers::short(last.acc),
        val(last.val_acc)
    )
}

fn table(points: &[EpochPoint], metrics: &[(String, Vec<(f64, f64)>)]) -> Table {
    let names = metrics.iter().map(|metric| metric.0.as_str());
    let mut table = Table::new(["epoch", "loss", "acc", "val_loss", "val_acc"].into_iter().chain(names));
    for p in points {
        let val = |value: Option<f64>| value.map_or("-".to_string(), numbers::short);
        let (loss, acc) = (numbers::short(p.loss), numbers::short(p.acc));
        let at = |metric: &(String, Vec<(f64, f64)>)| {
            val(metric.1.iter().find(|point| point.0 == p.epoch as f64).map(|point| point.1))
        };
        let row = [p.epoch.to_string(), loss, acc, val(p.val_loss), val(p.val_acc)];
        table.push(row.into_iter().chain(metrics.iter().map(at)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(epochs: usize) -> Vec<EpochPoint> {
        let point = |epoch: usize| {
            let loss = 0.4 / epoch as f64;
            let val = Some(loss * 1.1);
            EpochPoint {
                epoch,
                loss,
                acc: 1.0 - loss / 5.0,
                val_loss: val,
                val_acc: val.map(|v| 1.0 - v / 5.0),
            }
        };
        (1..=epochs).map(point).collect()
    }

    #[test]
    fn one_epoch_is_four_dots() {
        let figure = history_plot(&run(1)).unwrap();
        assert_eq!(figure.svg().matches("<circle").count(), 4);
        for word in ["epoch", "loss", "accuracy", "train 0.400", "val 0.440"] {
            assert!(figure.svg().contains(word), "{word}");
        }
    }

    #[test]
    fn plots_stay_small() {
        for epochs in [1, 3, 24, 25, 5000] {
            let size = history_plot(&run(epochs)).unwrap().svg().len();
            assert!(size < 20_000, "{epochs} epochs: {size} bytes");
        }
    }

    #[test]
    fn without_validation_or_numbers() {
        let mut points = run(2);
        points[1].val_loss = None;
        points[1].val_acc = None;
        assert!(history_plot(&points).unwrap().svg().contains("val 0.440"));
        for point in &mut points {
            (point.loss, point.val_loss) = (f64::NAN, None);
        }
        assert!(history_plot(&points).unwrap().svg().contains("no finite values"));
    }

    #[test]
    fn no_epoch_is_an_error() {
        let error = history_plot(&[]).unwrap_err();
        assert_eq!(error.name(), "Plot");
        assert!(error.to_string().contains("fit"), "{error}");
    }

    #[test]
    fn as_text_it_is_a_table() {
        let text = history_plot(&run(1)).unwrap().to_string();
        assert_eq!(
            text,
            "epoch   loss    acc  val_loss  val_acc\n-----  -----  -----  --------  -------\n    1  0.400  0.920     0.440    0.912"
        );
    }
}
