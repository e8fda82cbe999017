//! Trying batch sizes: the same head trained from the same start, once with each.

mod peak;
mod result;
mod run;

pub use result::{BatchSizeRun, BatchSizes};

use super::fit::FitOptions;
use crate::data::Batches;
use crate::learner::Learner;
use crate::{Count, Error, Result};

impl Learner {
    /// Trains a new head for `nb_epoch` epochs with each of `sizes` as the batch size,
    /// all from the same first weights and in the same order of pictures, and shows
    /// what differs: a table and a plot, which grow while it runs.
    ///
    /// The pictures are `batches`'; the size they were opened with does not matter. On
    /// features that are known already a size takes milliseconds. The model stays as it
    /// is: its own head, if it has one, is not trained. Each run is, number by number,
    /// what `finetune` and `fit` would have given with that batch size.
    ///
    /// # Errors
    /// No size, one that is 0, or one that is there twice; what [`Learner::fit`] says of
    /// the pictures; [`Error::Interrupted`]: what was trained until then is kept in
    /// [`Learner::batch_sizes`].
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// let tried = vgg.try_batch_sizes(&batches, &val_batches, &[8, 16, 32, 64, 128], 5)?;
    /// println!("{tried}");
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn try_batch_sizes<C: Count>(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        sizes: &[C],
        nb_epoch: impl Count,
    ) -> Result<BatchSizes> {
        let nb_epoch = nb_epoch.at_least_one("nb_epoch")?;
        self.try_batch_sizes_with(batches, val_batches, sizes, FitOptions { nb_epoch, ..Default::default() })
    }

    /// [`Learner::try_batch_sizes`] with options: another learning rate than a new head's.
    ///
    /// # Errors
    /// As [`Learner::try_batch_sizes`]; 0 epochs; a learning rate that is not above 0.
    pub fn try_batch_sizes_with<C: Count>(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        sizes: &[C],
        options: FitOptions,
    ) -> Result<BatchSizes> {
        let sizes = sizes.iter().map(|size| size.at_least_one("a batch size")).collect::<Result<_>>()?;
        // Not generic from here on, or each cell would compile its own.
        self.run_batch_sizes(batches, val_batches, sizes, &options)
    }

    /// What the last [`Learner::try_batch_sizes`] found, also if it was interrupted.
    ///
    /// # Errors
    /// None was run yet.
    pub fn batch_sizes(&self) -> Result<BatchSizes> {
        self.batch_sizes.clone().ok_or_else(|| {
            Error::Invalid("no batch sizes were tried yet; call vgg.try_batch_sizes(..) first".to_owned())
        })
    }
}
