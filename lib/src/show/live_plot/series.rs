//! The points of a live plot, and what they say in words.

use crate::show::{escape, numbers};

/// Beyond this the distance of two values may be infinite.
const FAR: f64 = 1e150;

/// One line's points.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    /// Those that can be drawn, in the order of x.
    pub(super) points: Vec<(f64, f64)>,
    /// How many were pushed, and the last of them.
    count: usize,
    last: (f64, f64),
    sorted: bool,
}

impl Series {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), points: Vec::new(), count: 0, last: (-1.0, 0.0), sorted: true }
    }

    fn push(&mut self, x: Option<f64>, y: f64) {
        let before = self.last.0;
        self.last = (x.unwrap_or(before + 1.0), y);
        self.count += 1;
        if self.last.0.abs() < FAR && y.abs() < FAR {
            self.sorted &= self.points.last().is_none_or(|point| point.0 <= self.last.0);
            self.points.push(self.last);
        }
    }

    /// How many points cannot be drawn.
    fn lost(&self) -> usize {
        self.count - self.points.len()
    }

    /// The last value, as text.
    pub(super) fn value(&self) -> String {
        numbers::short(self.last.1)
    }

    fn summary(&self) -> String {
        let points = if self.count == 1 { "point" } else { "points" };
        let lost = match self.lost() {
            0 => String::new(),
            lost => format!(", {lost} of them not finite"),
        };
        let at = match self.last.0 {
            x if x.fract() == 0.0 && x.abs() < 1e15 => format!("{x}"),
            x => numbers::short(x),
        };
        let name = escape::line(&self.name);
        format!("{name} {} at {at} ({} {points}{lost})", self.value(), self.count)
    }
}

/// All of a plot but its place.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    pub(super) series: Vec<Series>,
}

impl Plot {
    pub(super) fn new(title: &str) -> Self {
        let (x_label, y_label) = (String::new(), String::new());
        Self { title: escape::line(title), x_label, y_label, series: Vec::new() }
    }

    pub(super) fn push(&mut self, name: &str, x: Option<f64>, y: f64) {
        let index = self.series.iter().position(|series| series.name == name).unwrap_or_else(|| {
            self.series.push(Series::new(name));
            self.series.len() - 1
        });
        self.series[index].push(x, y);
    }

    /// Puts the points in the order of x, where they are not.
    pub(super) fn sort(&mut self) {
        for series in self.series.iter_mut().filter(|series| !series.sorted) {
            series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
            series.sorted = true;
        }
    }

    pub(super) fn summary(&mut self) -> String {
        let series: Vec<String> = self.series.iter().map(Series::summary).collect();
        match series.is_empty() {
            true => format!("{}: no points yet", self.title),
            false => format!("{}: {}", self.title, series.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_points_are_counted_and_not_drawn() {
        let mut plot = Plot::new("loss");
        assert_eq!(plot.summary(), "loss: no points yet");
        for y in [0.5, f64::NAN, f64::INFINITY, 0.25, f64::NEG_INFINITY, 1e200] {
            plot.push("train", None, y);
        }
        plot.push("train", Some(f64::NAN), 1.0);
        plot.push("train", Some(6.5), f64::NAN);
        assert_eq!(plot.series[0].points, [(0.0, 0.5), (3.0, 0.25)]);
        assert_eq!(plot.summary(), "loss: train NaN at 6.50 (8 points, 6 of them not finite)");
    }

    #[test]
    fn points_are_drawn_in_the_order_of_x() {
        let mut plot = Plot::new("t");
        for x in [3.0, 1.0, 2.0] {
            plot.push("a", Some(x), x);
        }
        plot.sort();
        assert_eq!(plot.series[0].points, [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        plot.push("a", None, 9.0);
        assert_eq!(plot.summary(), "t: a 9.00 at 3 (4 points)");
    }
}
