//! `finetune`: the thousand outputs make way for one's own classes.

use super::Learner;
use crate::data::Batches;
use crate::train::{Head, History};
use crate::{Error, Result};

impl Learner {
    /// Takes the last layer off, freezes the rest and puts a fresh Dense layer with
    /// the classes of `batches` on top, with Adam: `vgg16.py`'s `finetune`. Features
    /// already computed stay, and so do layers that were trained after an `unfreeze`.
    ///
    /// # Errors
    /// Fewer than two classes.
    pub fn finetune(&mut self, batches: &Batches) -> Result<()> {
        self.ft(batches.classes().len())?;
        if let Some(head) = &mut self.head {
            head.classes = Some(batches.classes().to_vec());
        }
        Ok(())
    }

    /// [`Learner::finetune`] for `num` classes that the first `fit` will name.
    ///
    /// # Errors
    /// `num` below 2.
    pub fn ft(&mut self, num: usize) -> Result<()> {
        let head = self.next_head(num)?;
        self.freeze();
        self.head = Some(head);
        self.heads += 1;
        self.history = History::default();
        self.resumed = None;
        Ok(())
    }

    /// What the next [`Learner::ft`] puts on top.
    pub(crate) fn next_head(&self, num: usize) -> Result<Head> {
        Head::new(self.features(), num, self.seed, self.heads)
    }

    /// Sets the learning rate of the next steps for all that trains, keeping Adam's moments.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`]; a rate that is not above 0.
    pub fn set_lr(&mut self, learning_rate: f64) -> Result<()> {
        self.head.as_mut().ok_or(Error::NotFinetuned)?.set_lr(learning_rate)
    }

    /// The learning rate of the next step.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`].
    pub fn lr(&self) -> Result<f64> {
        Ok(self.head.as_ref().ok_or(Error::NotFinetuned)?.adam.learning_rate)
    }
}
