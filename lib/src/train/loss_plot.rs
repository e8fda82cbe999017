//! The loss, drawn while `fit` runs.

use crate::show::LivePlot;

/// How much of the average stays with each batch.
const KEPT: f64 = 0.9;

/// The batches' loss, smoothed, and the validation loss, by epoch.
pub(super) struct LossPlot {
    plot: LivePlot,
    /// Sums of the losses and of their weights: each batch weighs less with every one
    /// after it.
    sum: f64,
    weight: f64,
}

impl LossPlot {
    pub(super) fn new() -> LossPlot {
        let plot = LivePlot::new("Loss while fit runs").x_label("epoch").y_label("cross-entropy");
        LossPlot { plot, sum: 0.0, weight: 0.0 }
    }

    /// After so many epochs and a part of one.
    pub(super) fn push_batch(&mut self, epochs: f64, loss: f32) {
        if loss.is_finite() {
            self.sum = KEPT * self.sum + f64::from(loss);
            self.weight = KEPT * self.weight + 1.0;
            self.plot.push("train", epochs, self.sum / self.weight);
        }
    }

    pub(super) fn push_epoch(&mut self, epoch: usize, val_loss: f32) {
        self.plot.push("val", epoch, val_loss);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batches_loss_is_smoothed_from_the_first_on() {
        let mut plot = LossPlot::new();
        [1.0, 1.0, f32::NAN].iter().for_each(|&loss| plot.push_batch(0.5, loss));
        plot.push_epoch(1, 0.25);
        assert_eq!(
            plot.plot.to_string(),
            "Loss while fit runs: train 1.00 at 0.500 (2 points), val 0.250 at 1 (1 point)"
        );
        plot.push_batch(1.5, 0.0);
        let expected = (0.9 + 0.81) / (1.0 + 0.9 + 0.81);
        assert!((plot.sum / plot.weight - expected).abs() < 1e-12);
    }
}
