//! `finetune`: the thousand outputs make way for one's own classes.

use super::Learner;
use super::memory::Asked;
use crate::data::Batches;
use crate::train::{Head, HeadOptions, History};
use crate::{Error, Result};

impl Learner {
    /// Takes the last layer off, freezes the rest and puts a fresh Dense layer with
    /// the classes of `batches` on top, with Adam: `vgg16.py`'s `finetune`. Features
    /// already computed stay, and so do layers that were trained after an `unfreeze`.
    ///
    /// # Errors
    /// Fewer than two classes.
    pub fn finetune(&mut self, batches: &Batches) -> Result<()> {
        self.finetune_with(batches, HeadOptions::default())
    }

    /// [`Learner::finetune`] with more on top than one dense layer: hidden layers, batch
    /// normalisation, another dropout or none. All of it trains in `fit`, is saved by
    /// `save_weights`, and stands in `summary()`. Layers below a head with hidden layers
    /// or batch normalisation cannot be unfrozen.
    ///
    /// # Errors
    /// Fewer than two classes; a width or probability that makes no sense.
    ///
    /// ```no_run
    /// # use sevenlines::prelude::*;
    /// # let mut vgg = Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// let head = HeadOptions { hidden: vec![256], batch_norm: true, dropout: 0.2 };
    /// vgg.finetune_with(&batches, head)?;
    /// vgg.fit(&batches, &val_batches, 3)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn finetune_with(&mut self, batches: &Batches, options: HeadOptions) -> Result<()> {
        let head = self.next_head_with(batches.classes().len(), &options)?;
        self.put_on_top(head);
        self.asked = Asked::of(batches, batches.len());
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
        self.put_on_top(head);
        Ok(())
    }

    fn put_on_top(&mut self, head: Head) {
        self.freeze();
        self.head = Some(head);
        self.heads += 1;
        self.history = History::default();
        self.resumed = None;
    }

    /// What the next [`Learner::ft`] puts on top.
    pub(crate) fn next_head(&self, num: usize) -> Result<Head> {
        self.next_head_with(num, &HeadOptions::default())
    }

    fn next_head_with(&self, num: usize, options: &HeadOptions) -> Result<Head> {
        Head::with(options, self.features(), num, (self.seed, self.heads))
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
