//! `fit`: epochs over stored features; and `evaluate`.

use super::early_stopping::EarlyStopping;
use super::epoch::{Pass, Set};
use super::history::History;
use super::loss_options::LossOptions;
use super::run::Turn;
use super::schedule::Schedule;
use crate::data::Batches;
use crate::learner::{Asked, Learner};
use crate::metrics::Metric;
use crate::{Count, Error, Result};
use std::path::PathBuf;

/// How `fit_with` trains.
///
/// ```
/// use sevenlines::metrics::Metric;
/// use sevenlines::train::{EarlyStopping, FitOptions, Schedule};
///
/// let options = FitOptions {
///     nb_epoch: 20,
///     schedule: Schedule::one_cycle(),
///     early_stopping: Some(EarlyStopping::default()),
///     keep_best: true,
///     metrics: vec![Metric::Auc],
///     ..Default::default()
/// };
/// ```
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// The number of epochs; 1 by default.
    pub nb_epoch: usize,
    /// A learning rate to set first; the current one if not given. With a schedule it is
    /// the highest one.
    pub learning_rate: Option<f64>,
    /// Class weights, label smoothing, mixup; none by default.
    pub loss: LossOptions,
    /// With layers unfrozen: the lowest one's learning rate. From there up to the new last
    /// layer, which has the `learning_rate`, it grows by the same factor from layer to
    /// layer (fastai's `slice`). The same for all if not given.
    pub lowest_learning_rate: Option<f64>,
    /// How the learning rates move meanwhile; they do not by default.
    pub schedule: Schedule,
    /// When to stop before `nb_epoch`.
    pub early_stopping: Option<EarlyStopping>,
    /// Whether the weights of the best epoch come back at the end, also after an
    /// interrupt or an error: that of the least validation loss, or what early stopping
    /// watches. With layers unfrozen this takes a copy of them (0.2 GB for `"block5"`).
    pub keep_best: bool,
    /// A folder to write each epoch's state to, for [`Learner::resume`]: 25 KB an epoch
    /// for a head, 85 MB with `"block5"` unfrozen.
    pub checkpoints: Option<PathBuf>,
    /// What else to measure on the validation pictures after each epoch.
    pub metrics: Vec<Metric>,
    /// Whether the loss is drawn while `fit` runs: of the batches, smoothed, and of the
    /// validation pictures.
    pub live_plot: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions {
            nb_epoch: 1,
            learning_rate: None,
            loss: LossOptions::default(),
            lowest_learning_rate: None,
            schedule: Schedule::default(),
            early_stopping: None,
            keep_best: false,
            checkpoints: None,
            metrics: Vec::new(),
            live_plot: false,
        }
    }
}

impl FitOptions {
    /// # Errors
    /// What is out of its range.
    fn check(&self) -> Result<()> {
        self.nb_epoch.at_least_one("nb_epoch")?;
        self.schedule.check()?;
        self.early_stopping.map_or(Ok(()), |stopping| stopping.monitor.check(&self.metrics))
    }
}

pub(super) fn out_of_range(name: &'static str, got: f64, expected: &'static str) -> Error {
    Error::OutOfRange { name, got: got.to_string(), expected }
}

/// Loss and accuracy over a set of pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy in nats.
    pub loss: f32,
    /// Accuracy, 0 to 1.
    pub acc: f32,
}

impl Evaluation {
    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        crate::show::words(&self.to_string());
    }
}

impl std::fmt::Display for Evaluation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "loss: {:.4} - acc: {:.4}", self.loss, self.acc)
    }
}

impl Learner {
    /// Trains the new head for `nb_epoch` epochs on `batches` and measures it on
    /// `val_batches` after each, as `vgg16.py`'s `fit` does. The frozen body runs
    /// once a picture; a second `fit` goes on where this one ended.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`] before `finetune`; [`Error::ClassMismatch`];
    /// [`Error::BrokenPictures`] naming what cannot be decoded; [`Error::Memory`] with the
    /// batch size, or the number of pictures, that would fit; [`Error::Interrupted`]. Features and the head's training so far are kept.
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// vgg.finetune(&batches)?;
    /// let history = vgg.fit(&batches, &val_batches, 1)?;
    /// println!("validation accuracy {:.3}", history.val_acc());
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn fit(&mut self, batches: &Batches, val_batches: &Batches, nb_epoch: impl Count) -> Result<History> {
        let nb_epoch = nb_epoch.at_least_one("nb_epoch")?;
        self.fit_with(batches, val_batches, FitOptions { nb_epoch, ..Default::default() })
    }

    /// [`Learner::fit`] with options.
    ///
    /// Stopped in mid-epoch, by an interrupt or an error, it leaves the network as the last
    /// step made it, or with [`keep_best`](FitOptions::keep_best) as the best epoch did;
    /// [`Learner::history`] has the epochs that were finished.
    ///
    /// # Errors
    /// As [`Learner::fit`]; an option out of its range; a checkpoint that cannot be written.
    ///
    /// ```no_run
    /// # use sevenlines::prelude::*;
    /// # let mut vgg = Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// # vgg.finetune(&batches)?;
    /// let early_stopping = Some(EarlyStopping { patience: 2, ..Default::default() });
    /// let options = FitOptions { nb_epoch: 30, early_stopping, keep_best: true, ..Default::default() };
    /// let history = vgg.fit_with(&batches, &val_batches, options)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn fit_with(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        options: FitOptions,
    ) -> Result<History> {
        options.check()?;
        self.adopt_classes(batches)?;
        self.check_classes("training", batches)?;
        self.check_classes("validation", val_batches)?;
        self.check_loss(&options.loss, batches)?;
        self.set_rates(&options)?;
        self.asked = Asked::of(batches, batches.len() + val_batches.len());
        self.run_epochs(batches, val_batches, &options)
    }

    /// [`Learner::fit`] with Smith's one-cycle policy: the learning rate rises from
    /// `max_lr` / 25 to `max_lr` (the current rate if not given) and falls far below.
    ///
    /// # Errors
    /// As [`Learner::fit`]; a rate that is not above 0.
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// # vgg.finetune(&batches)?;
    /// vgg.fit_one_cycle(&batches, &val_batches, 3, Some(0.02))?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn fit_one_cycle(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        nb_epoch: impl Count,
        max_lr: Option<f64>,
    ) -> Result<History> {
        let nb_epoch = nb_epoch.at_least_one("nb_epoch")?;
        let schedule = Schedule::one_cycle();
        let options = FitOptions { nb_epoch, learning_rate: max_lr, schedule, ..Default::default() };
        self.fit_with(batches, val_batches, options)
    }

    /// Loss and accuracy on `batches`, without dropout.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn evaluate(&mut self, batches: &Batches) -> Result<Evaluation> {
        self.check_classes("given", batches)?;
        self.evaluate_kept(batches, &mut None)
    }

    pub(super) fn evaluate_kept(&mut self, batches: &Batches, kept: &mut Option<Set>) -> Result<Evaluation> {
        let set = match kept {
            Some(set) => set,
            None => kept.insert(self.feature_set(batches, 0)?),
        };
        self.measure_head(self.head.as_ref().ok_or(Error::NotFinetuned)?, set)
    }

    /// One epoch; mean loss and accuracy while it ran.
    pub(super) fn train_epoch(
        &mut self,
        batches: &Batches,
        kept: &mut Option<Set>,
        turn: &mut Turn,
    ) -> Result<Evaluation> {
        let epoch = self.head.as_ref().ok_or(Error::NotFinetuned)?.epochs;
        let set = match kept {
            Some(set) if batches.options().augment.is_none() => set,
            _ => kept.insert(self.feature_set(batches, epoch)?),
        };
        // Taken out while it trains, since the layers below are read at the same time.
        let mut head = self.head.take().ok_or(Error::NotFinetuned)?;
        let order = batches.order(epoch);
        let Turn { loss, rate, heard } = turn;
        let batch_size = batches.batch_size();
        let pass = Pass { order: &order, batch_size, loss, rate: *rate, heard: *heard };
        let trained = self.train_head(&mut head, set, pass);
        self.head = Some(head);
        trained
    }

    /// The learning rates that `options` name.
    fn set_rates(&mut self, options: &FitOptions) -> Result<()> {
        let highest = options.learning_rate.map_or_else(|| self.lr(), Ok)?;
        let lowest = options.lowest_learning_rate.unwrap_or(highest);
        if !(lowest > 0.0 && lowest <= highest) {
            let expected = "above 0 and at most the learning rate";
            return Err(out_of_range("lowest_learning_rate", lowest, expected));
        }
        self.set_lr(highest)?;
        if let Some(deep) = &mut self.deep {
            deep.set_spread(lowest / highest);
        }
        Ok(())
    }

    fn check_loss(&self, loss: &LossOptions, batches: &Batches) -> Result<()> {
        if self.trains_deeper() {
            loss.check_below_head()?;
        }
        loss.check(batches.classes().len())
    }

    /// After `ft(n)` the first training set names the classes.
    fn adopt_classes(&mut self, batches: &Batches) -> Result<()> {
        let head = self.head.as_mut().ok_or(Error::NotFinetuned)?;
        if head.classes.is_none() && head.outputs() == batches.classes().len() {
            head.classes = Some(batches.classes().to_vec());
        }
        Ok(())
    }

    pub(crate) fn check_classes(&self, what: &'static str, batches: &Batches) -> Result<()> {
        let expected = match &self.head {
            None => return Err(Error::NotFinetuned),
            Some(_) => self.classes(),
        };
        match expected == batches.classes() {
            true => Ok(()),
            false => Err(Error::ClassMismatch { what, expected, got: batches.classes().to_vec() }),
        }
    }
}
