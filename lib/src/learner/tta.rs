//! Test-time augmentation: several looks at each picture, and the mean of what the
//! network says of them.

use super::{Learner, Probs};
use crate::data::Batches;
use crate::show::Together;
use crate::{Count, Result};

/// The looks' epochs: far from those of training.
const FIRST_EPOCH: u64 = 0x8000;

impl Learner {
    /// Probabilities as [`Learner::probs`] gives them, of `n` + 1 looks at each picture:
    /// the plain one and `n` augmented ones, as the batches' options say or else by
    /// [`Augment::default`](crate::data::Augment). Their mean is mostly less sure of itself, and
    /// often right a little more often; it costs `n` more passes of the body.
    ///
    /// Every look counts the same. With fastai's `n` of 4 the plain one weighs 0.2, where
    /// fastai's `tta` has 0.25. The same seed gives the same looks.
    ///
    /// # Errors
    /// As [`Learner::probs`]; `n` below 1. After an interrupt the learner is as before.
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// let val_batches = vgg.get_batches("data/valid", 128)?;
    /// vgg.finetune(&batches)?;
    /// vgg.fit(&batches, &val_batches, 1)?;
    /// let probs = vgg.tta(&val_batches, 4)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn tta(&mut self, batches: &Batches, n: impl Count) -> Result<Probs> {
        self.mean_of_looks(batches, n.at_least_one("n")?)
    }

    fn mean_of_looks(&mut self, batches: &Batches, n: usize) -> Result<Probs> {
        let augmented = batches.with_augment(Some(batches.options().augment.unwrap_or_default()))?;
        let _one_bar = Together::new();
        let mut probs = self.probs(&batches.with_augment(None)?)?;
        let mut sums: Vec<f64> = probs.rows.iter().flatten().copied().map(f64::from).collect();
        for look in 0..n {
            let rows = self.probs_in_epoch(&augmented, FIRST_EPOCH + look as u64)?.rows;
            sums.iter_mut().zip(rows.iter().flatten()).for_each(|(sum, prob)| *sum += f64::from(*prob));
        }
        for (prob, sum) in probs.rows.iter_mut().flatten().zip(sums) {
            *prob = (sum / (n + 1) as f64) as f32;
        }
        Ok(probs)
    }
}
