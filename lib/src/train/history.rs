//! What `fit` reports: a line an epoch, as Keras prints it, and a plot.

use crate::Result;
use crate::show::{self, EpochPoint, Figure};

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

    /// Loss and accuracy by epoch, training and validation.
    ///
    /// # Errors
    /// [`crate::Error::Plot`] if it cannot be drawn.
    pub fn plot(&self) -> Result<Figure> {
        let points: Vec<EpochPoint> = self
            .epochs
            .iter()
            .map(|e| EpochPoint {
                epoch: e.epoch,
                loss: e.loss.into(),
                acc: e.acc.into(),
                val_loss: Some(e.val_loss.into()),
                val_acc: Some(e.val_acc.into()),
            })
            .collect();
        show::history_plot(&points)
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        match self.plot() {
            Ok(figure) => figure.evcxr_display(),
            Err(error) => println!("{self}\n{error}"),
        }
    }
}

impl Epoch {
    /// `Epoch 1/3 - 3.1s - loss: 0.1204 - acc: 0.9700 - val_loss: 0.0712 - val_acc: 0.9801`
    pub fn line(&self, nb_epoch: usize) -> String {
        format!(
            "Epoch {}/{nb_epoch} - {:.1}s - loss: {:.4} - acc: {:.4} - val_loss: {:.4} - val_acc: {:.4}",
            self.epoch, self.seconds, self.loss, self.acc, self.val_loss, self.val_acc
        )
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
