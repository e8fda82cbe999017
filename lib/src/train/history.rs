//! What `fit` reports: a line an epoch, as Keras prints it, a table and a plot.

use super::early_stopping::Monitor;
use crate::Result;
use crate::show::{self, EpochPoint, Figure, Table};

/// Rows of [`History::table`] at most: nobody should have to scroll past it.
const MOST_ROWS: usize = 20;

/// One epoch's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// The epoch in its `fit`, from 1.
    pub epoch: usize,
    /// Wall time in seconds; the first epoch's includes the body's pass over the pictures.
    pub seconds: f64,
    /// Mean training cross-entropy while the epoch ran.
    pub loss: f32,
    /// Training accuracy while the epoch ran, 0 to 1.
    pub acc: f32,
    /// Validation cross-entropy after the epoch.
    pub val_loss: f32,
    /// Validation accuracy after the epoch, 0 to 1.
    pub val_acc: f32,
    /// [`FitOptions::metrics`](super::FitOptions) on the validation pictures after the
    /// epoch, by name; NaN where there is no value.
    pub metrics: Vec<(String, f32)>,
}

/// The epochs of one call to `fit`.
#[derive(Clone, Default, PartialEq)]
pub struct History {
    /// One entry an epoch.
    pub epochs: Vec<Epoch>,
    /// How many epochs were asked for.
    pub nb_epoch: usize,
}

impl History {
    /// The last epoch's validation accuracy, 0 to 1; 0 if there was no epoch.
    pub fn val_acc(&self) -> f32 {
        self.epochs.last().map_or(0.0, |epoch| epoch.val_acc)
    }

    /// The epoch of the least validation loss; none if there was no epoch.
    pub fn best(&self) -> Option<&Epoch> {
        Some(&self.epochs[Monitor::ValLoss.best(&self.epochs, 0.0)?])
    }

    /// Loss and accuracy by epoch, training and validation, and the metrics if any were
    /// measured.
    ///
    /// # Errors
    /// [`crate::Error::Plot`] if it cannot be drawn.
    pub fn plot(&self) -> Result<Figure> {
        let points: Vec<EpochPoint> = self.epochs.iter().map(Epoch::point).collect();
        show::history_plot_with(&points, &self.metric_lines())
    }

    /// A row an epoch; of more than 20 epochs only every second, third ... and the last.
    pub fn table(&self) -> Table {
        let names = self.metric_names();
        let header = ["epoch", "time", "loss", "acc", "val_loss", "val_acc"].map(str::to_owned);
        let mut table = Table::new(header.into_iter().chain(names.iter().map(|name| format!("val_{name}"))));
        let every = self.epochs.len().div_ceil(MOST_ROWS).max(1);
        let last = self.epochs.len().saturating_sub(1);
        let shown = |at: &usize| (at + 1).is_multiple_of(every) || *at == last;
        for epoch in (0..self.epochs.len()).filter(shown).map(|at| &self.epochs[at]) {
            let figures = [epoch.loss, epoch.acc, epoch.val_loss, epoch.val_acc];
            let metrics = names.iter().map(|name| epoch.metric(name).unwrap_or(f32::NAN));
            let figures = figures.into_iter().chain(metrics).map(|figure| format!("{figure:.4}"));
            table.push([epoch.epoch.to_string(), time(epoch.seconds)].into_iter().chain(figures));
        }
        table
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        match self.plot() {
            Ok(figure) => figure.evcxr_display(),
            Err(error) => println!("{self}\n{error}"),
        }
    }

    /// The metrics that any epoch has, in the order in which they came.
    fn metric_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.epochs.iter().flat_map(|epoch| &epoch.metrics) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn metric_lines(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        let line = |name: String| {
            let points = self.epochs.iter().filter_map(|e| Some((e.epoch as f64, e.metric(&name)?.into())));
            let points = points.collect();
            (name, points)
        };
        self.metric_names().into_iter().map(line).collect()
    }
}

impl Epoch {
    /// `Epoch 1/3 - 3.1s - loss: 0.1204 - acc: 0.9700 - val_loss: 0.0712 - val_acc: 0.9801`,
    /// and ` - val_auc: 0.9987` for a metric.
    pub fn line(&self, nb_epoch: usize) -> String {
        let mut line = format!(
            "Epoch {}/{nb_epoch} - {} - loss: {:.4} - acc: {:.4} - val_loss: {:.4} - val_acc: {:.4}",
            self.epoch,
            time(self.seconds),
            self.loss,
            self.acc,
            self.val_loss,
            self.val_acc
        );
        for (name, value) in &self.metrics {
            line.push_str(&format!(" - val_{name}: {value:.4}"));
        }
        line
    }

    /// A metric by its name.
    pub fn metric(&self, name: &str) -> Option<f32> {
        self.metrics.iter().find(|metric| metric.0 == name).map(|metric| metric.1)
    }

    fn point(&self) -> EpochPoint {
        EpochPoint {
            epoch: self.epoch,
            loss: self.loss.into(),
            acc: self.acc.into(),
            val_loss: Some(self.val_loss.into()),
            val_acc: Some(self.val_acc.into()),
        }
    }
}

/// `3.1s`; `8.0ms` or `42ms` where tenths of a second would say nothing.
fn time(seconds: f64) -> String {
    match seconds {
        ..0.00995 => format!("{:.1}ms", seconds * 1e3),
        ..0.0995 => format!("{:.0}ms", seconds * 1e3),
        _ => format!("{seconds:.1}s"),
    }
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.epochs.iter().map(|epoch| epoch.line(self.nb_epoch)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(epochs: usize) -> History {
        let epoch = |epoch: usize| Epoch {
            epoch,
            seconds: 0.0081 * epoch as f64,
            loss: 0.5,
            acc: 0.75,
            val_loss: (epoch as f32 - 3.0).abs(),
            val_acc: 0.8,
            metrics: vec![("auc".to_owned(), 0.9), ("top_2".to_owned(), f32::NAN)],
        };
        History { epochs: (1..=epochs).map(epoch).collect(), nb_epoch: epochs }
    }

    #[test]
    fn a_line_has_milliseconds_where_they_say_more_and_the_metrics() {
        assert_eq!(
            history(1).to_string(),
            "Epoch 1/1 - 8.1ms - loss: 0.5000 - acc: 0.7500 - val_loss: 2.0000 - val_acc: 0.8000 - val_auc: \
             0.9000 - val_top_2: NaN"
        );
        assert_eq!([4e-4, 0.0994, 0.0996, 3.12].map(time), ["0.4ms", "99ms", "0.1s", "3.1s"]);
    }

    #[test]
    fn a_table_of_many_epochs_is_short_and_ends_with_the_last() {
        assert_eq!(history(3).table().rows().len(), 3);
        let table = history(101).table();
        assert!(table.rows().len() <= MOST_ROWS, "{table}");
        assert_eq!(table.rows().last().unwrap()[0], "101");
        assert!(table.to_string().contains("val_auc"), "{table}");
        assert_eq!(history(0).table().rows().len(), 0);
    }

    #[test]
    fn the_best_epoch_is_that_of_the_least_validation_loss() {
        assert_eq!(history(5).best().unwrap().epoch, 3);
        assert_eq!(history(0).best(), None);
    }

    #[test]
    fn metrics_have_a_panel_of_their_own() {
        let svg = history(4).plot().unwrap().svg().to_owned();
        for words in ["auc 0.900", "accuracy", "metrics"] {
            assert!(svg.contains(words), "{words}");
        }
    }
}
