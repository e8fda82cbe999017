//! What trying batch sizes finds: numbers, and how they show themselves.

use crate::Result;
use crate::show::{Figure, Sizes, SizesLine, Table};
use crate::train::{Epoch, History};

/// One batch size's training.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchSizeRun {
    /// Pictures in a batch; the last batch of an epoch may have fewer.
    pub batch_size: usize,
    /// Its epochs, as `fit` reports them.
    pub history: History,
    /// The loss of each batch in turn, measured just before its update.
    pub batch_losses: Vec<f32>,
    /// The most memory that the whole process had in use while this size trained, in
    /// bytes; `None` where the system does not tell (it is Linux that does).
    pub peak_memory: Option<u64>,
}

/// Several batch sizes' training from one start: what [`Learner::try_batch_sizes`]
/// returns. Shown, it is a table and a plot.
///
/// [`Learner::try_batch_sizes`]: crate::Learner::try_batch_sizes
#[derive(Clone, PartialEq)]
pub struct BatchSizes {
    /// One entry a size, in the order asked for; the last may be incomplete.
    pub runs: Vec<BatchSizeRun>,
    /// The sizes asked for.
    pub sizes: Vec<usize>,
    /// The epochs asked for with each.
    pub nb_epoch: usize,
    /// The number of training pictures.
    pub pictures: usize,
    /// The learning rate of all of them.
    pub learning_rate: f64,
    /// The cell that shows it already.
    pub(super) shown: Option<u64>,
}

impl BatchSizeRun {
    /// The number of updates of the weights so far: one a batch.
    pub fn updates(&self) -> usize {
        self.batch_losses.len()
    }

    /// Wall time of an epoch and the measurement after it, in seconds: the median of
    /// all; 0 if none was completed.
    pub fn seconds(&self) -> f64 {
        let mut seconds: Vec<f64> = self.history.epochs.iter().map(|epoch| epoch.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        match seconds.len() {
            0 => 0.0,
            count => (seconds[(count - 1) / 2] + seconds[count / 2]) / 2.0,
        }
    }

    /// The last epoch's validation accuracy, 0 to 1; 0 if none was completed.
    pub fn val_acc(&self) -> f32 {
        self.history.val_acc()
    }

    fn line(&self) -> SizesLine {
        let epochs = &self.history.epochs;
        let each = |value: fn(&Epoch) -> f32| epochs.iter().map(|e| value(e).into()).collect();
        SizesLine {
            batch_size: self.batch_size,
            seconds: self.seconds(),
            peak_memory: self.peak_memory,
            loss: each(|epoch| epoch.loss),
            val_loss: each(|epoch| epoch.val_loss),
            val_acc: each(|epoch| epoch.val_acc),
            batch_losses: self.batch_losses.iter().map(|loss| f64::from(*loss)).collect(),
        }
    }
}

impl BatchSizes {
    /// The run with this batch size, if it was begun.
    pub fn get(&self, batch_size: usize) -> Option<&BatchSizeRun> {
        self.runs.iter().find(|run| run.batch_size == batch_size)
    }

    /// Whether all sizes were trained for all epochs; not so after an interrupt.
    pub fn is_complete(&self) -> bool {
        let complete = |run: &BatchSizeRun| run.history.epochs.len() == self.nb_epoch;
        self.runs.len() == self.sizes.len() && self.runs.iter().all(complete)
    }

    /// One row a size: updates, time of an epoch, peak memory, the last epoch's losses
    /// and accuracy.
    pub fn table(&self) -> Table {
        self.view().table()
    }

    /// Training loss by epoch and by update, validation accuracy by epoch, time of an
    /// epoch: a line, or a bar, for each size.
    ///
    /// # Errors
    /// [`crate::Error::Plot`] if no epoch was completed.
    pub fn plot(&self) -> Result<Figure> {
        self.view().figure()
    }

    /// Shows itself as a cell's value, unless the cell shows it already.
    pub fn evcxr_display(&self) {
        if self.shown.is_none() || self.shown != crate::show::cell_that_shows() {
            self.view().evcxr_display();
        }
    }

    /// What [`crate::show`] draws.
    pub(super) fn view(&self) -> Sizes {
        Sizes {
            lines: self.runs.iter().map(BatchSizeRun::line).collect(),
            nb_epoch: self.nb_epoch,
            note: self.note(),
        }
    }

    fn note(&self) -> String {
        let done = self.runs.iter().filter(|run| run.history.epochs.len() == self.nb_epoch).count();
        match self.is_complete() {
            true => String::new(),
            false => format!("{done} of {} batch sizes are complete.", self.sizes.len()),
        }
    }
}

/// The table; and, if it is incomplete, a line that says so.
impl std::fmt::Display for BatchSizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.view().text())
    }
}

impl std::fmt::Debug for BatchSizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
