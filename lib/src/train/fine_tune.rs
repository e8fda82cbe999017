//! `fine_tune`: fastai's recipe of two parts, first the new last layer alone, then with
//! layers below it.

use super::fit::{FitOptions, out_of_range};
use super::history::{Epoch, History};
use super::schedule::Schedule;
use crate::data::Batches;
use crate::learner::Learner;
use crate::{Count, Result};

/// How [`Learner::fine_tune_with`] trains.
///
/// ```
/// use sevenlines::train::FineTuneOptions;
///
/// let options = FineTuneOptions { epochs: 2, unfreeze: "block5_conv3".into(), ..Default::default() };
/// ```
#[derive(Clone, Debug)]
pub struct FineTuneOptions {
    /// Epochs of the new last layer alone; 1 by default.
    pub freeze_epochs: usize,
    /// Epochs with layers unfrozen; 1 by default.
    pub epochs: usize,
    /// The lowest layer to unfreeze, as [`Learner::unfreeze`] names it; `"block5"` by
    /// default.
    pub unfreeze: String,
    /// The highest learning rate of the second part, twice: the new last layer learns at
    /// half of it. 0.002 by default, fastai's number.
    pub base_lr: f64,
    /// The highest learning rate of the first part; if not given the one that is set,
    /// after an `unfreeze` the new last layer's usual one.
    pub freeze_lr: Option<f64>,
    /// In the second part the lowest unfrozen layer learns at the last one's rate divided
    /// by this; 100 by default.
    pub lr_mult: f64,
    /// All else that a `fit` can do, in both parts. Its `nb_epoch`, learning rates and
    /// schedule are not used; its checkpoints go to the folders `frozen` and `unfrozen` in
    /// the one that it names.
    pub fit: FitOptions,
}

impl Default for FineTuneOptions {
    fn default() -> Self {
        FineTuneOptions {
            freeze_epochs: 1,
            epochs: 1,
            unfreeze: "block5".to_owned(),
            base_lr: 0.002,
            freeze_lr: None,
            lr_mult: 100.0,
            fit: FitOptions::default(),
        }
    }
}

impl Learner {
    /// fastai's `fine_tune`: one epoch of the new last layer alone, then `epochs` epochs with
    /// block5 unfrozen, each part with the one-cycle policy. In the second part the learning
    /// rate grows from layer to layer, up to a hundred times (discriminative rates). The
    /// layers stay unfrozen.
    ///
    /// An epoch of the second part runs block5 forwards and backwards over every picture and
    /// says at how many images a second; one of the first part, once features are stored,
    /// takes milliseconds.
    ///
    /// # Errors
    /// As [`Learner::fit`] and [`Learner::unfreeze`].
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// vgg.finetune(&batches)?;
    /// vgg.fine_tune(&batches, &val_batches, 2)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn fine_tune(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        epochs: impl Count,
    ) -> Result<History> {
        let epochs = epochs.at_least_one("epochs")?;
        self.fine_tune_with(batches, val_batches, FineTuneOptions { epochs, ..Default::default() })
    }

    /// [`Learner::fine_tune`] with options. The history has the epochs of both parts.
    ///
    /// # Errors
    /// As [`Learner::fine_tune`]; an option out of its range.
    pub fn fine_tune_with(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        options: FineTuneOptions,
    ) -> Result<History> {
        let (frozen, unfrozen) = options.parts()?;
        self.freeze();
        self.can_thaw(&options.unfreeze)?;
        options.fit.loss.check_below_head()?;
        let first = FitOptions { learning_rate: options.freeze_lr, ..frozen };
        println!("The new last layer alone:");
        let mut history = self.fit_with(batches, val_batches, first)?;
        self.thaw(&options.unfreeze)?;
        println!(
            "{} and all above it, forwards and backwards over {} images an epoch:",
            options.unfreeze,
            batches.len()
        );
        let second = self.fit_with(batches, val_batches, unfrozen)?;
        let count = history.epochs.len();
        history.epochs.extend(second.epochs.into_iter().map(|e| Epoch { epoch: count + e.epoch, ..e }));
        history.nb_epoch = count + second.nb_epoch;
        Ok(history)
    }
}

impl FineTuneOptions {
    /// The two `fit`s, with fastai's schedules.
    fn parts(&self) -> Result<(FitOptions, FitOptions)> {
        self.freeze_epochs.at_least_one("freeze_epochs")?;
        self.epochs.at_least_one("epochs")?;
        if !(self.lr_mult >= 1.0 && self.lr_mult.is_finite()) {
            return Err(out_of_range("lr_mult", self.lr_mult, "at least 1"));
        }
        if !(self.base_lr > 0.0 && self.base_lr.is_finite()) {
            return Err(out_of_range("base_lr", self.base_lr, "above 0"));
        }
        let part = |name: &str, nb_epoch, pct_start, div| FitOptions {
            nb_epoch,
            schedule: Schedule::OneCycle { pct_start, div, div_final: 1e5 },
            checkpoints: self.fit.checkpoints.as_ref().map(|folder| folder.join(name)),
            learning_rate: None,
            lowest_learning_rate: None,
            ..self.fit.clone()
        };
        let highest = self.base_lr / 2.0;
        let unfrozen = FitOptions {
            learning_rate: Some(highest),
            lowest_learning_rate: Some(highest / self.lr_mult),
            ..part("unfrozen", self.epochs, 0.3, 5.0)
        };
        Ok((part("frozen", self.freeze_epochs, 0.99, 25.0), unfrozen))
    }
}
