//! The confusion matrix: what was taken for what.

use super::figure::Figure;
use super::table::Table;
use super::theme::{self, Canvas, failed};
use super::{escape, numbers};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// How long a class's name may be on the plot, in characters.
const NAME: usize = 18;
/// Names fit horizontally under columns this wide, in pixels per character.
const NAME_SIZE: f64 = 12.0;
const MARGIN: i32 = 12;
/// The strip of an axis title.
const TITLE: i32 = 24;
/// Where the cells begin, below the plot's title, and how large that is written.
const TOP: i32 = MARGIN + TITLE + 4;
const HEADING_SIZE: f64 = 14.0;

/// Plots how often each class (a row) was predicted as each class (a column).
///
/// `counts[actual][predicted]` counts pictures; `normalised` writes each cell as
/// a percentage of its row. Names of more than 18 characters are shortened; with
/// very many classes only some are named, and cells are too small for numbers.
///
/// # Errors
/// [`Error::Plot`] unless `counts` has one row and one column for each of at
/// least one class.
///
/// ```
/// let counts = [vec![40, 1], vec![2, 38]];
/// let figure = sevenlines::show::confusion_matrix(&counts, &["cats", "dogs"], false)?;
/// assert_eq!(figure.to_string(), "\
/// actual  cats  dogs
/// ------  ----  ----
/// cats      40     1
/// dogs       2    38");
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn confusion_matrix<S: AsRef<str>>(
    counts: &[Vec<usize>],
    classes: &[S],
    normalised: bool,
) -> Result<Figure> {
    // Not generic from here on, or each cell would compile its own drawing.
    drawn(counts, &classes.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), normalised)
}

fn drawn(counts: &[Vec<usize>], classes: &[&str], normalised: bool) -> Result<Figure> {
    let n = classes.len();
    if n == 0 || counts.len() != n || counts.iter().any(|row| row.len() != n) {
        return Err(Error::Plot(format!(
            "a confusion matrix of {n} classes needs {n} rows of {n} counts, and at least one class"
        )));
    }
    let layout = Layout::new(classes, heading(normalised));
    let svg = theme::draw(layout.size(), |canvas| {
        let style = theme::text(HEADING_SIZE, theme::INK, HPos::Left, VPos::Top);
        canvas.draw_text(heading(normalised), &style, (MARGIN, MARGIN)).map_err(failed)?;
        cells(canvas, &layout, counts, normalised)?;
        names(canvas, &layout)?;
        titles(canvas, &layout)
    })?;
    Ok(Figure::new(svg, alt(counts), table(counts, classes, normalised).to_string()))
}

fn heading(normalised: bool) -> &'static str {
    if normalised { "Share of each class's pictures" } else { "Number of pictures" }
}

/// Where things lie, in pixels.
struct Layout {
    names: Vec<String>,
    /// A cell's side.
    cell: i32,
    left: i32,
    bottom: i32,
    /// Whether the columns' names run upwards.
    upright: bool,
    /// Every so many classes are named.
    every: usize,
    /// What the heading needs.
    least: i32,
}

impl Layout {
    fn new(classes: &[&str], heading: &str) -> Self {
        let names: Vec<String> = classes.iter().map(|name| escape::shortened(name, NAME)).collect();
        let cell = (560 / classes.len() as i32).clamp(4, 92);
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let longest = theme::text_width(longest, NAME_SIZE);
        let upright = longest > cell - 8;
        Self {
            cell,
            left: MARGIN + TITLE + longest + 8,
            bottom: TITLE + MARGIN + 8 + if upright { longest } else { NAME_SIZE as i32 + 4 },
            upright,
            every: (14 / cell.max(1)) as usize + 1,
            least: theme::text_width(heading.len(), HEADING_SIZE) + 2 * MARGIN,
            names,
        }
    }

    fn side(&self) -> i32 {
        self.cell * self.names.len() as i32
    }

    fn size(&self) -> (u32, u32) {
        // The title below is wider than a few narrow cells.
        let width = self.left + self.side().max(80) + MARGIN;
        let height = TOP + self.side().max(60) + self.bottom;
        (width.max(self.least) as u32, height as u32)
    }

    fn corner(&self, row: usize, column: usize) -> (i32, i32) {
        (self.left + self.cell * column as i32, TOP + self.cell * row as i32)
    }

    fn middle(&self, i: usize) -> i32 {
        self.cell * i as i32 + self.cell / 2
    }
}

fn cells(canvas: &Canvas, layout: &Layout, counts: &[Vec<usize>], normalised: bool) -> Result<()> {
    for (row, line) in counts.iter().enumerate() {
        let sum: usize = line.iter().sum();
        for (column, &count) in line.iter().enumerate() {
            let share = if sum == 0 { 0.0 } else { count as f64 / sum as f64 };
            let ground = shade(share);
            let (x, y) = layout.corner(row, column);
            let gap = if layout.cell >= 12 { 1 } else { 0 };
            let cell = [(x, y), (x + layout.cell - gap, y + layout.cell - gap)];
            // A cell of the ground's colour need not be drawn, which keeps the
            // plot of a thousand classes small.
            if layout.cell >= 12 || count > 0 {
                canvas.draw(&Rectangle::new(cell, ground.filled())).map_err(failed)?;
            }
            let text = if normalised { percent(share, sum) } else { count.to_string() };
            let size = (f64::from(layout.cell) * 0.36).min(17.0);
            // In a large matrix the zeros would only hide the mistakes.
            let told = count > 0 || layout.cell >= 40;
            if told && size >= 8.0 && theme::text_width(text.chars().count(), size) <= layout.cell {
                let style = theme::text(size, ink_on(ground), HPos::Center, VPos::Center);
                let middle = (x + layout.cell / 2, y + layout.cell / 2);
                canvas.draw_text(&text, &style, middle).map_err(failed)?;
            }
        }
    }
    Ok(())
}

fn names(canvas: &Canvas, layout: &Layout) -> Result<()> {
    let beside = theme::text(NAME_SIZE, theme::INK, HPos::Right, VPos::Center);
    let below = if layout.upright {
        theme::upwards(beside.clone())
    } else {
        theme::text(NAME_SIZE, theme::INK, HPos::Center, VPos::Top)
    };
    let foot = TOP + layout.side() + 8;
    for (i, name) in layout.names.iter().enumerate().step_by(layout.every) {
        let middle = layout.middle(i);
        canvas.draw_text(name, &beside, (layout.left - 8, TOP + middle)).map_err(failed)?;
        canvas.draw_text(name, &below, (layout.left + middle, foot)).map_err(failed)?;
    }
    Ok(())
}

fn titles(canvas: &Canvas, layout: &Layout) -> Result<()> {
    let style = theme::text(13.0, theme::INK, HPos::Center, VPos::Center);
    let half = layout.side() / 2;
    let (_, height) = layout.size();
    let below = (layout.left + half, height as i32 - MARGIN - 4);
    canvas.draw_text("predicted", &style, below).map_err(failed)?;
    canvas.draw_text("actual", &theme::upwards(style), (MARGIN + 6, TOP + half)).map_err(failed)
}

/// From nearly white to dark blue.
fn shade(share: f64) -> RGBColor {
    let mix = |light: f64, dark: f64| (light + (dark - light) * share).round() as u8;
    RGBColor(mix(238.0, 8.0), mix(242.0, 69.0), mix(246.0, 126.0))
}

/// Dark text on light cells, light text on dark ones: on those between, what is read
/// better.
fn ink_on(ground: RGBColor) -> RGBColor {
    let light = theme::contrast(WHITE, ground) >= theme::contrast(BLACK, ground);
    match light {
        true => WHITE,
        false if theme::contrast(theme::INK, ground) >= theme::LEAST_CONTRAST => theme::INK,
        false => BLACK,
    }
}

fn percent(share: f64, sum: usize) -> String {
    if sum == 0 { "-".to_string() } else { format!("{:.0}%", share * 100.0) }
}

fn alt(counts: &[Vec<usize>]) -> String {
    let all: usize = counts.iter().flatten().sum();
    let right: usize = counts.iter().enumerate().map(|(i, row)| row[i]).sum();
    let share = if all == 0 { 0.0 } else { right as f64 / all as f64 };
    format!("Confusion matrix: {right} of {all} pictures right ({}%)", numbers::short(share * 100.0))
}

fn table(counts: &[Vec<usize>], classes: &[&str], normalised: bool) -> Table {
    let mut table = Table::new(["actual"].iter().chain(classes).copied());
    for (row, class) in counts.iter().zip(classes) {
        let sum: usize = row.iter().sum();
        let cell = |&count: &usize| match normalised {
            true => percent(count as f64 / sum.max(1) as f64, sum),
            false => count.to_string(),
        };
        table.push(std::iter::once(class.to_string()).chain(row.iter().map(cell)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_names_and_titles_are_there() {
        let svg = confusion_matrix(&[vec![40, 1], vec![2, 38]], &["cats", "dogs"], false).unwrap();
        for word in ["40", "38", "cats", "dogs", "actual", "predicted", "Number of pictures"] {
            assert!(svg.svg().contains(&format!(">\n{word}\n</text>")), "{word}");
        }
    }

    #[test]
    fn names_are_escaped_and_shortened() {
        let names = ["<cats> & \"co\"", "a name that is much too long for a plot"];
        let figure = confusion_matrix(&[vec![1, 0], vec![0, 1]], &names, false).unwrap();
        assert!(figure.svg().contains("&lt;cats&gt; &amp; &quot;co&quot;"));
        assert!(!figure.svg().contains("much too long"));
        assert!(figure.to_string().contains("much too long"));
    }

    #[test]
    fn rows_are_normalised_each() {
        let counts = [vec![3, 1], vec![0, 0]];
        let figure = confusion_matrix(&counts, &["a", "b"], true).unwrap();
        assert!(figure.svg().contains("Share of each class"));
        assert_eq!(
            figure.to_string(),
            "actual    a    b\n------  ---  ---\na       75%  25%\nb         -    -"
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let ragged = confusion_matrix(&[vec![1, 2], vec![3]], &["a", "b"], false);
        assert_eq!(ragged.unwrap_err().name(), "Plot");
        assert!(confusion_matrix(&[vec![1]], &["a", "b"], false).is_err());
        assert!(confusion_matrix::<&str>(&[], &[], false).is_err());
    }

    #[test]
    fn text_contrasts_with_its_cell() {
        assert_eq!((ink_on(shade(0.0)), ink_on(shade(1.0))), (theme::INK, WHITE));
    }

    #[test]
    fn many_classes_are_possible() {
        for n in [1, 3, 20, 300] {
            let counts: Vec<Vec<usize>> =
                (0..n).map(|i| (0..n).map(|j| usize::from(i == j)).collect()).collect();
            let names: Vec<String> = (0..n).map(|i| format!("class {i}")).collect();
            let figure = confusion_matrix(&counts, &names, false).unwrap();
            assert!(figure.svg().len() < 250_000, "{n}: {}", figure.svg().len());
        }
    }
}
