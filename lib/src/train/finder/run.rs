//! The run: a copy of the head trains, and the model stays as it is.

use super::smooth::Smooth;
use super::{FinderOptions, LrFinder};
use crate::data::Batches;
use crate::learner::Learner;
use crate::train::Head;
use crate::train::epoch::{Buffers, Set};
use crate::{Count, Error, Result, interrupt};

/// The loss has diverged when it is so many times its least.
const DIVERGED: f64 = 4.0;

impl Learner {
    /// Trains a copy of the head for a hundred steps while the learning rate grows from
    /// one ten-millionth to 10, and says at which the loss falls best (Smith, 2017). The
    /// model stays as it is, Adam's state and the history too. On features that are
    /// known already it takes milliseconds.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`]; layers below the head that are unfrozen: the finder
    /// trains the head alone; what [`Learner::fit`] says of the pictures;
    /// [`Error::Interrupted`].
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// vgg.finetune(&batches)?;
    /// let found = vgg.lr_find(&batches)?;
    /// vgg.set_lr(found.suggestion()?)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn lr_find(&mut self, batches: &Batches) -> Result<LrFinder> {
        self.lr_find_with(batches, FinderOptions::default())
    }

    /// [`Learner::lr_find`] with options.
    ///
    /// # Errors
    /// As [`Learner::lr_find`]; fewer than two steps, or rates that do not grow from
    /// above 0.
    pub fn lr_find_with(&mut self, batches: &Batches, options: FinderOptions) -> Result<LrFinder> {
        options.check()?;
        options.loss.check(batches.classes().len())?;
        let mut head = self.trial_head(batches)?;
        let set = self.feature_set(batches, head.epochs)?;
        head.measure_scaling(&set.rows);
        self.try_rates(head, &set, batches, &options)
    }

    /// A copy of the head, to be trained and thrown away.
    fn trial_head(&self, batches: &Batches) -> Result<Head> {
        let head = self.head.clone().ok_or(Error::NotFinetuned)?;
        // After `ft(n)` the classes have no names yet.
        match head.classes.is_none() && head.outputs() == batches.classes().len() {
            true => (),
            false => self.check_classes("training", batches)?,
        }
        if self.trains_deeper() {
            let what = "the learning-rate finder trains the head alone; call freeze() first, find the head's \
                        rate, and unfreeze again: deeper layers want about a hundredth of it or less";
            return Err(Error::Invalid(what.to_owned()));
        }
        Ok(head)
    }

    fn try_rates(
        &self,
        mut head: Head,
        set: &Set,
        batches: &Batches,
        options: &FinderOptions,
    ) -> Result<LrFinder> {
        let (mut smooth, mut buffers) = (Smooth::default(), Buffers::default());
        let mut found = LrFinder { rates: Vec::new(), losses: Vec::new(), diverged: false };
        head.check_room_for(batches.batch_size().min(batches.len()), options.loss.mixup > 0.0)?;
        let mut least = f64::INFINITY;
        let mut epoch = Vec::new();
        for step in 0..options.steps {
            interrupt::check_interrupt()?;
            if epoch.is_empty() {
                epoch = batches.order(head.epochs);
                head.epochs += 1;
            }
            let chunk: Vec<usize> = epoch.drain(..batches.batch_size().min(epoch.len())).collect();
            let rate = options.rate(step);
            head.set_lr(rate)?;
            let loss = self.head_step(&mut head, set, &chunk, &options.loss, &mut buffers)?.loss;
            let loss = smooth.add(loss.into());
            found.diverged = loss.is_nan() || loss > DIVERGED * least;
            if found.diverged {
                break;
            }
            least = least.min(loss);
            found.rates.push(rate);
            found.losses.push(loss);
        }
        Ok(found)
    }
}

impl FinderOptions {
    /// The learning rate of a step, from 0.
    fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / (self.steps - 1) as f64;
        self.start * (self.end / self.start).powf(share)
    }

    fn check(&self) -> Result<()> {
        self.steps.at_least_one("steps")?;
        let refused = |name, got: String, expected| Err(Error::OutOfRange { name, got, expected });
        if self.steps < 2 {
            return refused("steps", self.steps.to_string(), "at least 2");
        }
        if !(self.start > 0.0 && self.start.is_finite()) {
            return refused("start", self.start.to_string(), "above 0");
        }
        if !(self.end > self.start && self.end.is_finite()) {
            return refused("end", self.end.to_string(), "above start");
        }
        Ok(())
    }
}
