//! The plot: loss by epoch and by update, validation accuracy, and time.

use super::panel::{Line, Panel, bars};
use super::{Sizes, SizesLine, time};
use crate::show::axis::Axis;
use crate::show::figure::Figure;
use crate::show::theme::{self, Canvas, failed};
use crate::show::thin;
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const SIZE: (u32, u32) = (800, 530);
/// The row that tells which colour is which size.
const LEGEND: i32 = 30;
/// About how many columns of pixels a line has room for.
const COLUMNS: usize = 150;
/// A loss below this is drawn here: a logarithm has no place for 0.
const LEAST: f64 = 1e-6;

pub(super) fn figure(sizes: &Sizes) -> Result<Figure> {
    let epochs = sizes.lines.iter().map(|line| line.loss.len()).max().unwrap_or(0);
    if epochs == 0 {
        return Err(Error::Plot("no epoch was completed yet".to_owned()));
    }
    let svg = theme::draw(SIZE, |canvas| draw(canvas, sizes, epochs))?;
    Ok(Figure::new(svg, alt(sizes), sizes.text()))
}

fn draw(canvas: &Canvas, sizes: &Sizes, epochs: usize) -> Result<()> {
    legend(canvas, &sizes.lines)?;
    let (_, below) = canvas.split_vertically(LEGEND);
    let areas = below.split_evenly((2, 2));
    let by_epoch = |value: fn(&SizesLine) -> &Vec<f64>| {
        lines(sizes, |line| value(line).iter().enumerate().map(|(i, v)| ((i + 1) as f64, *v)).collect())
    };
    let loss = logarithms(by_epoch(|line| &line.loss));
    let y = logarithmic(&loss);
    let x = Axis::epochs(1, epochs);
    let panel =
        Panel { title: "training loss (logarithmic)", x_label: "epoch", x: x.clone(), y, lines: &loss };
    panel.draw(&areas[0])?;
    by_update(sizes)?.draw_on(&areas[1])?;
    let acc = by_epoch(|line| &line.val_acc);
    let values: Vec<f64> = acc.iter().flat_map(|line| &line.points).map(|point| point.1).collect();
    let y = Axis::to_one(&values);
    Panel { title: "validation accuracy", x_label: "epoch", x, y, lines: &acc }.draw(&areas[2])?;
    let seconds = lines(sizes, |line| line.loss.last().map(|_| (0.0, line.seconds)).into_iter().collect());
    bars(&areas[3], "time of an epoch, by batch size", &seconds, time)
}

/// The panel of each batch's loss, both axes logarithmic: the sizes' numbers of
/// updates are far apart.
struct ByUpdate {
    lines: Vec<Line>,
    most: usize,
}

fn by_update(sizes: &Sizes) -> Result<ByUpdate> {
    let lines = logarithms(lines(sizes, |line| {
        let points = line.batch_losses.iter().enumerate();
        points.map(|(i, loss)| (((i + 1) as f64).log10(), *loss)).collect()
    }));
    let most = sizes.lines.iter().map(|line| line.batch_losses.len()).max().unwrap_or(1);
    Ok(ByUpdate { lines, most })
}

impl ByUpdate {
    fn draw_on(&self, area: &Canvas) -> Result<()> {
        let x = Axis::logarithmic(0.0, (self.most.max(2) as f64).log10());
        let y = logarithmic(&self.lines);
        let (title, x_label) = ("loss of each batch (logarithmic)", "update (logarithmic)");
        Panel { title, x_label, x, y, lines: &self.lines }.draw(area)
    }
}

fn lines(sizes: &Sizes, points: impl Fn(&SizesLine) -> Vec<(f64, f64)>) -> Vec<Line> {
    let colors = theme::LINES.iter().copied().cycle();
    let finite = |line: &SizesLine| -> Vec<(f64, f64)> {
        let points = points(line).into_iter().filter(|point| point.1.is_finite()).collect::<Vec<_>>();
        thin::by_columns(&points, COLUMNS)
    };
    let line = |(line, color): (&SizesLine, RGBColor)| Line {
        name: line.batch_size.to_string(),
        color,
        points: finite(line),
    };
    sizes.lines.iter().zip(colors).map(line).collect()
}

fn logarithms(mut lines: Vec<Line>) -> Vec<Line> {
    let points = lines.iter_mut().flat_map(|line| &mut line.points);
    points.for_each(|point| point.1 = point.1.max(LEAST).log10());
    lines
}

fn logarithmic(lines: &[Line]) -> Axis {
    let values = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match low <= high {
        true => Axis::logarithmic(low, high),
        false => Axis::logarithmic(-1.0, 0.0),
    }
}

fn legend(canvas: &Canvas, lines: &[SizesLine]) -> Result<()> {
    let style = |color| theme::text(13.0, theme::readable(color), HPos::Left, VPos::Center);
    let (mut x, y) = (14, LEGEND / 2 + 4);
    canvas.draw_text("batch size", &style(theme::INK), (x, y)).map_err(failed)?;
    x += theme::text_width("batch size".len(), 13.0) + 10;
    for (line, color) in lines.iter().zip(theme::LINES.iter().copied().cycle()) {
        canvas.draw(&Circle::new((x, y), 5, color.filled())).map_err(failed)?;
        let name = line.batch_size.to_string();
        canvas.draw_text(&name, &style(color), (x + 10, y)).map_err(failed)?;
        x += 10 + theme::text_width(name.len(), 13.0) + 18;
    }
    Ok(())
}

fn alt(sizes: &Sizes) -> String {
    let one = |line: &SizesLine| {
        let last = |values: &[f64]| values.last().map_or("none".to_owned(), |value| format!("{value:.4}"));
        format!(
            "{}: {} updates, {} an epoch, loss {}, val_acc {}",
            line.batch_size,
            line.batch_losses.len(),
            line.time(),
            last(&line.loss),
            last(&line.val_acc)
        )
    };
    let each: Vec<String> = sizes.lines.iter().map(one).collect();
    format!("Training with several batch sizes; {}", each.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::sizes;
    use super::*;

    #[test]
    fn every_size_has_its_lines_and_its_bar() {
        let svg = figure(&sizes(5, 3)).unwrap().svg().to_owned();
        for words in
            ["batch size", "training loss", "loss of each batch", "validation accuracy", "time of an epoch"]
        {
            assert!(svg.contains(words), "{words}");
        }
        for size in ["8", "16", "32", "64", "128"] {
            assert!(
                svg.matches(&format!("\n{size}\n")).count() >= 2,
                "{size} is in the legend and by its bar"
            );
        }
        assert_eq!(svg.matches("ms\n").count(), 5, "each bar has its time");
    }

    #[test]
    fn plots_stay_small_and_odd_values_draw() {
        let mut many = sizes(5, 20_000);
        many.lines.iter_mut().for_each(|line| line.batch_losses = (0..100_000).map(noise).collect());
        let size = figure(&many).unwrap().svg().len();
        println!("half a million updates: {size} bytes");
        assert!(size < 120_000, "{size}");
        let mut odd = sizes(2, 1);
        odd.lines[0].loss[0] = f64::NAN;
        odd.lines[0].batch_losses = vec![0.0, f64::INFINITY, 1e30];
        odd.lines[1].batch_losses.clear();
        assert!(figure(&odd).unwrap().svg().ends_with("</svg>\n"));
    }

    fn noise(i: usize) -> f64 {
        ((i as f64 * 12.9898).sin() * 43_758.545_3).abs() % 1.0
    }
}
