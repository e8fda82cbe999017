//! Horizontal bars with names to their left: probabilities, seconds.

use super::figure::Figure;
use super::theme::{self, Canvas, failed};
use super::{escape, numbers};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const NAME: usize = 28;
const NAME_SIZE: f64 = 13.0;
/// A bar with the space below it, and a bar.
const ROW: i32 = 28;
const BAR: i32 = 18;
const MARGIN: i32 = 12;
const TITLE: i32 = 28;
/// The longest bar, and the space for its number.
const LONGEST: i32 = 360;
const NUMBER: i32 = 64;

/// Plots one horizontal bar for each label, in the order given, with its value.
///
/// # Errors
/// [`Error::Plot`] unless there is one label for each of at least one value, and
/// every value is finite and not negative.
///
/// ```
/// let figure = sevenlines::show::bar_chart(&["16", "64"], &[12.5, 9.0], "Seconds by batch size")?;
/// assert_eq!(figure.to_string(), "\
/// Seconds by batch size
/// 16  12.5
/// 64  9.00");
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn bar_chart<S: AsRef<str>>(labels: &[S], values: &[f64], title: &str) -> Result<Figure> {
    // Not generic from here on, or each cell would compile its own drawing.
    drawn(&labels.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), values, title)
}

fn drawn(labels: &[&str], values: &[f64], title: &str) -> Result<Figure> {
    if labels.is_empty() || labels.len() != values.len() {
        return Err(Error::Plot(format!(
            "a bar chart needs a label for each value, and at least one; got {} labels and {} values",
            labels.len(),
            values.len()
        )));
    }
    if let Some(value) = values.iter().find(|value| !value.is_finite() || **value < 0.0) {
        return Err(Error::Plot(format!("a bar cannot be {value} long; values are finite and not negative")));
    }
    let names: Vec<String> = labels.iter().map(|label| escape::shortened(label, NAME)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let left = MARGIN + theme::text_width(longest, NAME_SIZE) + 8;
    let shown = written(values);
    let size = (left + LONGEST + NUMBER + MARGIN, TITLE + MARGIN + ROW * names.len() as i32 + MARGIN);
    let svg = theme::draw((size.0 as u32, size.1 as u32), |canvas| {
        let heading = theme::text(14.0, theme::INK, HPos::Left, VPos::Top);
        canvas.draw_text(&escape::line(title), &heading, (MARGIN, MARGIN)).map_err(failed)?;
        bars(canvas, left, &names, values, &shown)
    })?;
    let pairs: Vec<String> =
        labels.iter().zip(&shown).map(|(label, value)| format!("{label} {value}")).collect();
    let alt = format!("{title}: {}", pairs.join(", "));
    Ok(Figure::new(svg, alt, text(title, labels, &shown)))
}

fn bars(canvas: &Canvas, left: i32, names: &[String], values: &[f64], shown: &[String]) -> Result<()> {
    let most = values.iter().copied().fold(0.0, f64::max);
    let beside = theme::text(NAME_SIZE, theme::INK, HPos::Right, VPos::Center);
    let behind = theme::text(NAME_SIZE, theme::INK, HPos::Left, VPos::Center);
    for (i, (name, &value)) in names.iter().zip(values).enumerate() {
        let top = TITLE + MARGIN + ROW * i as i32;
        let share = if most > 0.0 { value / most } else { 0.0 };
        // A hair's breadth for zero, so that the base line can be seen.
        let end = left + ((share * f64::from(LONGEST)).round() as i32).max(1);
        let bar = Rectangle::new([(left, top), (end, top + BAR)], theme::BLUE.filled());
        canvas.draw(&bar).map_err(failed)?;
        let middle = top + BAR / 2;
        canvas.draw_text(name, &beside, (left - 8, middle)).map_err(failed)?;
        canvas.draw_text(&shown[i], &behind, (end + 8, middle)).map_err(failed)?;
    }
    Ok(())
}

/// Counts are written whole, other numbers with about three digits.
fn written(values: &[f64]) -> Vec<String> {
    let whole = values.iter().all(|value| value.fract() == 0.0 && *value < 1e6);
    let text = |value: &f64| if whole { format!("{value:.0}") } else { numbers::short(*value) };
    values.iter().map(text).collect()
}

fn text(title: &str, labels: &[&str], values: &[String]) -> String {
    let width = labels.iter().map(|label| escape::line(label).chars().count()).max().unwrap_or(0);
    let line = |(label, value): (&&str, &String)| format!("\n{:<width$}  {value}", escape::line(label));
    let lines: String = labels.iter().zip(values).map(line).collect();
    format!("{}{lines}", escape::line(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_plot() {
        let svg = bar_chart(&["a", "b"], &[1.0, 4.0], "t").unwrap();
        let quarter = format!("width=\"{}\"", LONGEST / 4);
        assert!(svg.svg().contains(&quarter), "{}", svg.svg());
        assert!(svg.svg().contains(&format!("width=\"{LONGEST}\"")));
    }

    #[test]
    fn counts_are_whole_numbers() {
        let text = |values: &[f64]| bar_chart(&["a", "b"], values, "t").unwrap().to_string();
        assert_eq!(text(&[60.0, 7.0]), "t\na  60\nb  7");
        assert_eq!(text(&[60.0, 7.5]), "t\na  60.0\nb  7.50");
    }

    #[test]
    fn names_are_escaped() {
        let figure = bar_chart(&["<tabby> & \"co\""], &[0.0], "a < b").unwrap();
        for text in ["&lt;tabby&gt; &amp; &quot;co&quot;", "a &lt; b"] {
            assert!(figure.svg().contains(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (labels, values) in
            [(vec!["a"], vec![]), (vec![], vec![]), (vec!["a"], vec![-1.0]), (vec!["a"], vec![f64::NAN])]
        {
            assert_eq!(bar_chart(&labels, &values, "t").unwrap_err().name(), "Plot");
        }
    }
}
