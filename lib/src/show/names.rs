//! The names of a plot's lines, each beside its line's end.

use super::theme::{self, Canvas, failed};
use crate::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// How large the names are, in CSS pixels.
pub(crate) const SIZE: f64 = 13.0;
/// From a line's end to its name.
pub(crate) const GAP: i32 = 10;
/// The least distance between two names.
const HEIGHT: i32 = 16;

/// A line's name, right of its last point.
pub(crate) struct Name {
    pub(crate) at: (i32, i32),
    pub(crate) text: String,
    pub(crate) color: RGBColor,
}

/// Draws the names of one panel whose lowest row is `lowest`, none over another.
pub(crate) fn draw_names(canvas: &Canvas, names: Vec<Name>, lowest: i32) -> Result<()> {
    for name in apart(names, lowest) {
        let style = theme::text(SIZE, theme::readable(name.color), HPos::Left, VPos::Center);
        canvas.draw_text(&name.text, &style, (name.at.0 + GAP, name.at.1)).map_err(failed)?;
    }
    Ok(())
}

/// Moves names that would overlap apart, and up if they would leave the panel.
fn apart(mut names: Vec<Name>, lowest: i32) -> Vec<Name> {
    names.sort_by_key(|name| name.at.1);
    let mut least = i32::MIN;
    for name in &mut names {
        name.at.1 = name.at.1.max(least);
        least = name.at.1 + HEIGHT;
    }
    let mut most = lowest;
    for name in names.iter_mut().rev() {
        name.at.1 = name.at.1.min(most);
        most = name.at.1 - HEIGHT;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_overlap() {
        let name = |y| Name { at: (0, y), text: String::new(), color: theme::BLUE };
        let ys = |ys: &[i32], lowest| -> Vec<i32> {
            apart(ys.iter().map(|y| name(*y)).collect(), lowest).iter().map(|name| name.at.1).collect()
        };
        assert_eq!(ys(&[52, 50], 200), [50, 66]);
        assert_eq!(ys(&[198, 199], 200), [184, 200]);
        assert_eq!(ys(&[20, 90], 200), [20, 90]);
        // Only those that must move do.
        assert_eq!(ys(&[20, 198, 199], 200), [20, 184, 200]);
    }
}
