//! A plot that grows while a cell runs.

mod drawing;
mod number;
mod redraw;
mod series;

pub use number::Number;
pub(crate) use redraw::settle;

use super::figure::Figure;
use super::{escape, output};
use crate::Result;
use redraw::Shared;
use series::Plot;

/// Lines that grow while a cell runs: a loss, a rate, anything that is watched.
///
/// In our kernel the plot is redrawn in place a few times a second while points
/// come, and shows all of them when the cell ends; it lives on in its variable,
/// and what the next cell pushes shows there. Elsewhere it is silent until
/// [`finish`](LivePlot::finish). A line is drawn in the order of x; points that
/// are not finite are counted, not drawn. Every point is kept (16 bytes); of millions
/// the few thousand are drawn that can be seen, so that a saved notebook stays small.
///
/// ```
/// use sevenlines::prelude::*;
///
/// let mut plot = LivePlot::new("loss").x_label("step");
/// for step in 0..100 {
///     plot.push("train", step, 1.0 / (1.0 + f64::from(step)));
///     if step % 10 == 0 {
///         plot.push("valid", step, 1.1 / (1.0 + f64::from(step)));
///     }
/// }
/// assert_eq!(plot.to_string(), "loss: train 0.0100 at 99 (100 points), valid 0.0121 at 90 (10 points)");
/// plot.finish();
/// ```
pub struct LivePlot {
    shared: Shared,
}

impl LivePlot {
    /// An empty plot with this title. It shows with the first point.
    pub fn new(title: &str) -> Self {
        Self { shared: Shared::new(Plot::new(title)) }
    }

    /// Names the horizontal axis ("step").
    pub fn x_label(self, label: &str) -> Self {
        self.shared.change(|plot| plot.x_label = escape::line(label));
        self
    }

    /// Names the vertical axis ("nats").
    pub fn y_label(self, label: &str) -> Self {
        self.shared.change(|plot| plot.y_label = escape::line(label));
        self
    }

    /// Adds a point to the line of this name, which need not be there yet.
    pub fn push(&mut self, series: &str, x: impl Number, y: impl Number) {
        let (x, y) = (x.number(), y.number());
        self.shared.push(|plot| plot.push(series, Some(x), y));
    }

    /// Adds a point one to the right of the line's last one; the first is at 0.
    ///
    /// ```
    /// use sevenlines::show::LivePlot;
    ///
    /// let mut plot = LivePlot::new("images/s");
    /// for rate in [11.5, 12.1, 12.0f32] {
    ///     plot.push_y("body", rate);
    /// }
    /// assert_eq!(plot.to_string(), "images/s: body 12.0 at 2 (3 points)");
    /// ```
    pub fn push_y(&mut self, series: &str, y: impl Number) {
        let y = y.number();
        self.shared.push(|plot| plot.push(series, None, y));
    }

    /// Shows all points now; without a notebook, one line that sums them up. More
    /// may be pushed.
    pub fn finish(&mut self) {
        self.shared.finish();
    }

    /// The plot as it is now, to keep or save.
    ///
    /// # Errors
    /// [`Error::Plot`](crate::Error::Plot) if it cannot be drawn.
    pub fn figure(&self) -> Result<Figure> {
        self.shared.read(Plot::figure)
    }

    /// Shows the plot as a cell's value, unless this cell shows it already.
    pub fn evcxr_display(&self) {
        if self.shared.settle() {
            return;
        }
        match self.figure() {
            Ok(figure) => figure.evcxr_display(),
            Err(_) => output::value(&escape::html(&self.to_string()), &self.to_string()),
        }
        self.shared.mark_shown();
    }
}

/// One line: each series' name, last value and number of points.
impl std::fmt::Display for LivePlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shared.read(Plot::summary))
    }
}

impl std::fmt::Debug for LivePlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LivePlot({self})")
    }
}

impl Drop for LivePlot {
    fn drop(&mut self) {
        self.shared.finish();
    }
}

/// A finished plot of the same look: the lines' names and points.
pub(crate) fn line_plot(
    title: &str,
    (x_label, y_label): (&str, &str),
    lines: Vec<(&str, Vec<(f64, f64)>)>,
) -> Result<Figure> {
    let mut plot = Plot::new(title);
    (plot.x_label, plot.y_label) = (escape::line(x_label), escape::line(y_label));
    for (name, points) in lines {
        points.into_iter().for_each(|(x, y)| plot.push(name, Some(x), y));
    }
    plot.figure()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_between_threads() {
        fn is_send<T: Send + 'static>() {}
        is_send::<LivePlot>();
    }

    #[test]
    fn a_push_does_not_slow_a_loop() {
        let mut plot = LivePlot::new("t");
        let began = std::time::Instant::now();
        (0..1_000_000u32).for_each(|i| plot.push("a", i, f64::from(i).sin()));
        let push = began.elapsed().as_nanos() as f64 / 1e6;
        let began = std::time::Instant::now();
        let figure = plot.figure().unwrap();
        println!(
            "a push takes {push:.0} ns, drawing a million points {:.0} ms",
            began.elapsed().as_secs_f64() * 1e3
        );
        assert!(figure.svg().contains("<svg") && push < 20_000.0);
        plot.shared.mark_shown();
    }

    #[test]
    fn the_figure_has_the_labels() {
        let mut plot = LivePlot::new("loss\n").x_label("step").y_label("nats");
        plot.push("train", 1u8, 2.5f32);
        let (x, y) = (2usize, vec![3i64]);
        y.iter().for_each(|y| plot.push("valid", x, y));
        let svg = plot.figure().unwrap().svg().to_owned();
        for words in ["step", "nats", "train 2.50", "valid 3.00"] {
            assert!(svg.contains(words), "{words}");
        }
        assert_eq!(
            format!("{plot:?}"),
            "LivePlot(loss : train 2.50 at 1 (1 point), valid 3.00 at 2 (1 point))"
        );
        plot.shared.mark_shown();
    }
}
