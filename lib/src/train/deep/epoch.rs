//! An epoch of training below the new last layer.

use super::chain::Chain;
use super::conv::Scratch;
use super::output::{Output, Sum};
use super::rows::Below;
use super::step::Network;
use super::top::{Dense, Mask, Pooled, Top};
use super::{Deep, FC6, FC7, side};
use crate::backbone::Body;
use crate::data::Batches;
use crate::learner::Learner;
use crate::show::Progress;
use crate::train::run::Turn;
use crate::train::{Evaluation, Features, Head, LossOptions, Rows, dropout};
use crate::vgg16::classifier::Classifier;
use crate::vgg16::layers;
use crate::{Error, Result, interrupt};
use std::ops::Range;
use std::sync::Arc;

impl Learner {
    /// Whether layers below the new last one train.
    pub(crate) fn trains_deeper(&self) -> bool {
        self.deep.as_ref().is_some_and(|deep| deep.from().is_some())
    }

    /// One epoch for all that is unfrozen; mean loss and accuracy while it ran. However
    /// it ends, the network is left as its last step made it.
    pub(crate) fn deep_epoch(&mut self, batches: &Batches, turn: &mut Turn) -> Result<Evaluation> {
        let epoch = self.head.as_ref().ok_or(Error::NotFinetuned)?.epochs;
        self.scale_features(batches, epoch)?;
        let stored = self.all_below(batches, epoch)?;
        self.withdraw();
        let sum = self.deep_steps(batches, epoch, &stored, turn);
        self.publish();
        let sum = sum?;
        if let Some(head) = &mut self.head {
            head.epochs += 1;
        }
        let count = batches.len() as f64;
        Ok(Evaluation { loss: (sum.loss / count) as f32, acc: (sum.correct as f64 / count) as f32 })
    }

    /// Pooled features are scaled by the training set once, before the first step.
    fn scale_features(&mut self, batches: &Batches, epoch: u64) -> Result<()> {
        let pooled = self.features() == Features::PooledPool5;
        let unscaled = pooled && self.head.as_ref().is_some_and(|head| head.scaling.is_none());
        if unscaled {
            let rows = self.feature_rows(batches, epoch)?;
            self.head.as_mut().ok_or(Error::NotFinetuned)?.measure_scaling(&rows);
        }
        Ok(())
    }

    fn deep_steps(&mut self, batches: &Batches, epoch: u64, stored: &Rows, turn: &mut Turn) -> Result<Sum> {
        let mut progress = Progress::new("Training", batches.len()).unit("images");
        let (mut sum, mut done) = (Sum::default(), 0);
        let mut scratch = Scratch::default();
        for (batch, chunk) in batches.order(epoch).chunks(batches.batch_size()).enumerate() {
            interrupt::check_interrupt()?;
            let Learner { deep, head, classifier, body, seed, .. } = &mut *self;
            let (Some(deep), Some(head)) = (deep, head) else { return Err(Error::NotFinetuned) };
            let labels: Vec<u32> = chunk.iter().map(|&index| batches.items()[index].class).collect();
            if let Some(rate) = (turn.rate)(batch) {
                head.adam.learning_rate = rate;
            }
            let seen = Seen { body, batches, chunk, epoch, stored };
            let step =
                deep.step(head, classifier.as_mut(), (*seed, &mut scratch), seen, (&labels, turn.loss))?;
            (turn.heard)((step.loss / chunk.len() as f64) as f32);
            sum.loss += step.loss;
            sum.correct += step.correct;
            done += chunk.len();
            progress.set(done);
            progress.note(&format!("loss: {:.4}", sum.loss / done as f64));
        }
        let rate = done as f64 / progress.seconds().max(1e-3);
        progress.finish(&format!("Trained on {done} images: {rate:.1} images/s"));
        Ok(sum)
    }

    /// Takes the trained convolutions from the body: its share in numbers that change
    /// would cost a copy.
    pub(crate) fn withdraw(&mut self) {
        self.body.set_trained(&Arc::default());
    }

    /// Gives the body the trained convolutions as they are now.
    pub(crate) fn publish(&mut self) {
        let Some(deep) = &self.deep else { return };
        if deep.trained {
            self.body.set_trained(&deep.convs);
        }
    }
}

/// A batch's pictures, by the numbers `chunk`, and what the lowest trained layer sees of
/// all pictures where that is known.
struct Seen<'a> {
    body: &'a Body,
    batches: &'a Batches,
    chunk: &'a [usize],
    epoch: u64,
    stored: &'a Rows,
}

impl Seen<'_> {
    /// Of some of the batch's pictures.
    fn rows(&self, below: &mut Below, range: Range<usize>) -> Result<Rows> {
        let chunk = &self.chunk[range];
        match self.stored.is_empty() {
            true => below.rows(self.batches, chunk, self.epoch),
            false => Ok(chunk.iter().map(|&index| self.stored[index].clone()).collect()),
        }
    }
}

impl Deep {
    fn step(
        &mut self,
        head: &mut Head,
        classifier: Option<&mut Classifier>,
        (seed, scratch): (u64, &mut Scratch),
        seen: Seen,
        (labels, loss): (&[u32], &LossOptions),
    ) -> Result<Sum> {
        let from = self.from.unwrap_or(FC7);
        let (first, still) = (self.border(), self.still());
        let (frozen, convs) = Arc::make_mut(&mut self.convs).split_at_mut(still);
        let mut below = Below { body: seen.body, border: first, convs: frozen, kept: &mut self.below };
        let pooled: Vec<bool> = layers::convs()[first..].iter().map(|conv| conv.pooled).collect();
        let side = side(first);
        let chain = Chain { convs, pooled: &pooled, height: side, width: side };
        let top = match classifier {
            None => Top::Pooled(Pooled::new(head.scaling.as_ref())),
            Some(classifier) => Top::Dense(Box::new(Dense {
                from,
                masks: [0, 1].map(|which| {
                    let mut factors =
                        dropout::Factors::new(head.hidden.dropout, seed, 2 * head.steps + which);
                    Box::new(move |n| factors.next(n * layers::DENSE)) as Mask
                }),
                classifier,
                moments: Arc::make_mut(&mut self.dense),
                seen: Default::default(),
            })),
        };
        let mut network = Network { chain, top, output: Output::of(head, loss, labels), scratch };
        let sum = network.gradients(&mut |range| seen.rows(&mut below, range), labels)?;
        self.steps += 1;
        self.trained = true;
        if from <= FC6 {
            self.features.clear();
        }
        let rates = (head.adam.learning_rate, self.spread);
        network.update(rates, self.steps, &mut self.output)?;
        network.output.put(head);
        head.steps += 1;
        Ok(sum)
    }
}
