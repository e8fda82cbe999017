//! When to stop, and which epoch was the best: told by the epochs' figures alone, so
//! that a resumed `fit` decides as an uninterrupted one.

use super::history::Epoch;
use crate::metrics::Metric;
use crate::{Error, Result};

/// Which figure of an epoch tells whether it was a good one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Monitor {
    /// The validation loss: less is better.
    #[default]
    ValLoss,
    /// The validation accuracy: more is better.
    ValAcc,
    /// One of [`FitOptions::metrics`](super::FitOptions).
    Metric(Metric),
}

/// Ends a `fit` that does not get better any more (Prechelt, 1998).
///
/// ```
/// use sevenlines::train::{EarlyStopping, FitOptions};
///
/// let early_stopping = Some(EarlyStopping { patience: 2, ..Default::default() });
/// let options = FitOptions { nb_epoch: 50, early_stopping, keep_best: true, ..Default::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// So many epochs in a row may pass without a better one; 3 by default.
    pub patience: usize,
    /// By how much a figure must be better to count; 0 by default.
    pub min_delta: f32,
    /// The figure that is watched.
    pub monitor: Monitor,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping { patience: 3, min_delta: 0.0, monitor: Monitor::default() }
    }
}

impl EarlyStopping {
    /// Whether there is to be no epoch after these.
    pub(super) fn stops(self, epochs: &[Epoch]) -> bool {
        let best = self.monitor.best(epochs, self.min_delta);
        let without = epochs.len() - best.map_or(0, |best| best + 1);
        without > 0 && without >= self.patience
    }
}

impl Monitor {
    /// `val_loss`, as the epoch's line has it.
    pub(super) fn name(self) -> String {
        match self {
            Monitor::ValLoss => "val_loss".to_owned(),
            Monitor::ValAcc => "val_acc".to_owned(),
            Monitor::Metric(metric) => format!("val_{}", metric.name()),
        }
    }

    /// An epoch's figure; none if it is no number.
    pub(super) fn value(self, epoch: &Epoch) -> Option<f32> {
        let value = match self {
            Monitor::ValLoss => epoch.val_loss,
            Monitor::ValAcc => epoch.val_acc,
            Monitor::Metric(metric) => epoch.metric(&metric.name())?,
        };
        (!value.is_nan()).then_some(value)
    }

    /// The place of the best epoch: the first that none after it betters by more than
    /// `min_delta`.
    pub(super) fn best(self, epochs: &[Epoch], min_delta: f32) -> Option<usize> {
        let sign = match self {
            Monitor::ValLoss | Monitor::Metric(Metric::LogLoss) => -1.0,
            _ => 1.0,
        };
        let mut best: Option<(usize, f32)> = None;
        for (at, epoch) in epochs.iter().enumerate() {
            let Some(value) = self.value(epoch).map(|value| sign * value) else { continue };
            if best.is_none_or(|(_, best)| value > best + min_delta) {
                best = Some((at, value));
            }
        }
        best.map(|(at, _)| at)
    }

    /// # Errors
    /// A metric that is not measured.
    pub(super) fn check(self, metrics: &[Metric]) -> Result<()> {
        match self {
            Monitor::Metric(metric) if !metrics.iter().any(|other| other.name() == metric.name()) => {
                Err(Error::Invalid(format!(
                    "early stopping watches {}, which is not measured; add it to metrics",
                    metric.name()
                )))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(val_losses: &[f32]) -> Vec<Epoch> {
        let epoch = |(at, &val_loss): (usize, &f32)| Epoch {
            epoch: at + 1,
            seconds: 0.0,
            loss: 0.5,
            acc: 0.5,
            val_loss,
            val_acc: 1.0 - val_loss,
            metrics: vec![("auc".to_owned(), 0.5 + val_loss)],
        };
        val_losses.iter().enumerate().map(epoch).collect()
    }

    /// After which epoch training stops.
    fn stopped(stopping: EarlyStopping, val_losses: &[f32]) -> Option<usize> {
        let epochs = epochs(val_losses);
        (1..=epochs.len()).find(|&count| stopping.stops(&epochs[..count]))
    }

    #[test]
    fn it_stops_after_so_many_epochs_without_a_better_one() {
        let losses = [0.5, 0.4, 0.41, 0.39, 0.4, 0.4, 0.4, 0.1];
        let patience = |patience| EarlyStopping { patience, ..Default::default() };
        assert_eq!(stopped(patience(0), &losses), Some(3));
        assert_eq!(stopped(patience(1), &losses), Some(3));
        assert_eq!(stopped(patience(2), &losses), Some(6));
        assert_eq!(stopped(patience(4), &losses), None);
    }

    #[test]
    fn small_gains_do_not_count_and_no_number_is_no_gain() {
        let stopping = EarlyStopping { patience: 2, min_delta: 0.1, ..Default::default() };
        assert_eq!(stopped(stopping, &[0.5, 0.45, 0.41, 0.1]), Some(3));
        assert_eq!(stopped(stopping, &[f32::NAN, f32::NAN, 0.1]), Some(2));
        assert_eq!(Monitor::ValLoss.best(&epochs(&[f32::NAN, 0.3, f32::INFINITY]), 0.0), Some(1));
        assert_eq!(Monitor::ValLoss.best(&epochs(&[f32::NAN]), 0.0), None);
    }

    #[test]
    fn accuracy_and_metrics_are_better_when_greater() {
        let epochs = epochs(&[0.5, 0.2, 0.3]);
        assert_eq!(Monitor::ValAcc.best(&epochs, 0.0), Some(1));
        assert_eq!(Monitor::Metric(Metric::Auc).best(&epochs, 0.0), Some(0));
        let message = Monitor::Metric(Metric::Auc).check(&[Metric::F1]).unwrap_err().to_string();
        assert!(message.contains("auc"), "{message}");
    }
}
