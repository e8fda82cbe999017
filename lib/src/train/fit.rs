//! `fit`: epochs over stored features; and `evaluate`.

use super::epoch::{Pass, Set};
use super::history::{Epoch, History};
use crate::data::Batches;
use crate::learner::Learner;
use crate::show::Together;
use crate::{Count, Error, Result};
use std::time::Instant;

/// How `fit_with` trains.
///
/// ```
/// let options = sevenlines::train::FitOptions { nb_epoch: 3, ..Default::default() };
/// ```
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// The number of epochs; 1 by default.
    pub nb_epoch: usize,
    /// A learning rate to set first; the current one if not given.
    pub learning_rate: Option<f64>,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions { nb_epoch: 1, learning_rate: None }
    }
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
        crate::show::value(&self.to_string(), &self.to_string());
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
    /// [`Error::BrokenPictures`] naming what cannot be decoded;
    /// [`Error::Interrupted`]. Features and the head's training so far are kept.
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
    /// # Errors
    /// As [`Learner::fit`]; and 0 epochs.
    pub fn fit_with(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        options: FitOptions,
    ) -> Result<History> {
        options.nb_epoch.at_least_one("nb_epoch")?;
        self.adopt_classes(batches)?;
        self.check_classes("training", batches)?;
        self.check_classes("validation", val_batches)?;
        if let Some(learning_rate) = options.learning_rate {
            self.set_lr(learning_rate)?;
        }
        let _one_bar = Together::new();
        let mut history = History { epochs: Vec::new(), nb_epoch: options.nb_epoch };
        // Looked up once: whether a file has changed is asked for each, and takes longer
        // than an epoch.
        let (mut train_set, mut val_set) = (None, None);
        for epoch in 1..=options.nb_epoch {
            let start = Instant::now();
            let train = match self.trains_deeper() {
                true => self.deep_epoch(batches)?,
                false => self.train_epoch(batches, &mut train_set)?,
            };
            if self.trains_deeper() {
                // The layers that the features come from have changed.
                val_set = None;
            }
            let val = self.evaluate_kept(val_batches, &mut val_set)?;
            let seconds = start.elapsed().as_secs_f64();
            let (loss, acc) = (train.loss, train.acc);
            let epoch = Epoch { epoch, seconds, loss, acc, val_loss: val.loss, val_acc: val.acc };
            println!("{}", epoch.line(options.nb_epoch));
            history.epochs.push(epoch.clone());
            let count = self.history.epochs.len() + 1;
            self.history.epochs.push(Epoch { epoch: count, ..epoch });
            self.history.nb_epoch = count;
        }
        Ok(history)
    }

    /// Loss and accuracy on `batches`, without dropout.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn evaluate(&mut self, batches: &Batches) -> Result<Evaluation> {
        self.check_classes("given", batches)?;
        self.evaluate_kept(batches, &mut None)
    }

    fn evaluate_kept(&mut self, batches: &Batches, kept: &mut Option<Set>) -> Result<Evaluation> {
        let set = match kept {
            Some(set) => set,
            None => kept.insert(self.feature_set(batches, 0)?),
        };
        self.measure_head(self.head.as_ref().ok_or(Error::NotFinetuned)?, set)
    }

    /// One epoch; mean loss and accuracy while it ran.
    fn train_epoch(&mut self, batches: &Batches, kept: &mut Option<Set>) -> Result<Evaluation> {
        let epoch = self.head.as_ref().ok_or(Error::NotFinetuned)?.epochs;
        let set = match kept {
            Some(set) if batches.options().augment.is_none() => set,
            _ => kept.insert(self.feature_set(batches, epoch)?),
        };
        // Taken out while it trains, since the layers below are read at the same time.
        let mut head = self.head.take().ok_or(Error::NotFinetuned)?;
        let order = batches.order(epoch);
        let pass = Pass { order: &order, batch_size: batches.batch_size(), heard: &mut |_| {} };
        let trained = self.train_head(&mut head, set, pass);
        self.head = Some(head);
        trained
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
