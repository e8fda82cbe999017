//! One pass over a set's features: a training epoch, or a measurement.

use super::dropout;
use super::features::{MEASURED, Rows};
use super::fit::Evaluation;
use super::head::{Features, Head, Work};
use super::loss::{self, Loss};
use super::loss_options::{LossOptions, Targets};
use super::mixup;
use super::scaling::Scaling;
use crate::data::Batches;
use crate::learner::Learner;
use crate::memory::Need;
use crate::{Result, interrupt};
use candle_core::{Device, Tensor};

/// Pictures that go through fc7 at once, at most.
const FC7_PART: usize = 512;

/// A set of pictures as the head sees it, in [`Batches::items`] order.
pub(crate) struct Set {
    pub rows: Rows,
    pub labels: Vec<u32>,
}

/// How an epoch goes.
pub(crate) struct Pass<'a> {
    /// The pictures in turn.
    pub order: &'a [usize],
    pub batch_size: usize,
    /// How the training loss differs from plain cross-entropy.
    pub loss: &'a LossOptions,
    /// The learning rate of the epoch's batch i, from 0; `None`: as it is.
    pub rate: &'a dyn Fn(usize) -> Option<f64>,
    /// Hears each batch's loss.
    pub heard: &'a mut dyn FnMut(f32),
}

impl Set {
    /// Rows `chunk` one after the other, and their labels.
    fn gather(&self, chunk: &[usize], rows: &mut Vec<f32>, labels: &mut Vec<u32>) {
        rows.clear();
        chunk.iter().for_each(|&index| rows.extend_from_slice(&self.rows[index]));
        labels.clear();
        labels.extend(chunk.iter().map(|&index| self.labels[index]));
    }
}

/// What an epoch's steps use again and again.
#[derive(Default)]
pub(crate) struct Buffers {
    rows: Vec<f32>,
    labels: Vec<u32>,
    pub work: Work,
}

/// Loss and correct answers, summed up.
#[derive(Default)]
struct Sums {
    loss: f64,
    correct: usize,
    count: usize,
}

impl Sums {
    fn add(&mut self, batch: loss::Loss, count: usize) {
        self.loss += f64::from(batch.loss) * count as f64;
        self.correct += batch.correct;
        self.count += count;
    }

    fn mean(&self) -> Evaluation {
        let count = self.count as f64;
        Evaluation { loss: (self.loss / count) as f32, acc: (self.correct as f64 / count) as f32 }
    }
}

impl Learner {
    /// The set's features and labels; the body runs where they are not known yet.
    pub(crate) fn feature_set(&mut self, batches: &Batches, epoch: u64) -> Result<Set> {
        let rows = self.feature_rows(batches, epoch)?;
        Ok(Set { rows, labels: batches.items().iter().map(|item| item.class).collect() })
    }

    /// Trains `head` for one epoch; mean loss and accuracy while it ran.
    pub(crate) fn train_head(&self, head: &mut Head, set: &Set, pass: Pass) -> Result<Evaluation> {
        head.check_room_for(pass.batch_size.min(pass.order.len()), pass.loss.mixup > 0.0)?;
        head.measure_scaling(&set.rows);
        let (mut buffers, mut sums) = (Buffers::default(), Sums::default());
        for (batch, chunk) in pass.order.chunks(pass.batch_size).enumerate() {
            interrupt::check_interrupt()?;
            if let Some(rate) = (pass.rate)(batch) {
                head.adam.learning_rate = rate;
            }
            let step = self.head_step(head, set, chunk, pass.loss, &mut buffers)?;
            (pass.heard)(step.loss);
            sums.add(step, chunk.len());
        }
        head.epochs += 1;
        Ok(sums.mean())
    }

    /// One training step of `head` on some pictures of a set; the loss before it.
    pub(crate) fn head_step(
        &self,
        head: &mut Head,
        set: &Set,
        chunk: &[usize],
        loss: &LossOptions,
        buffers: &mut Buffers,
    ) -> Result<Loss> {
        let Buffers { rows, labels, work } = buffers;
        set.gather(chunk, rows, labels);
        let mixed = (loss.mixup > 0.0).then(|| mixup::mix(rows, labels, loss.mixup, self.seed, head.steps));
        self.head_inputs(head, rows, true)?;
        let targets = Targets { labels, mixed: mixed.as_ref(), options: loss };
        Ok(head.step(rows, targets, self.seed, work))
    }

    /// Loss and accuracy of `head`, without dropout.
    pub(crate) fn measure_head(&self, head: &Head, set: &Set) -> Result<Evaluation> {
        let (mut inputs, mut labels, mut logits) = (Vec::new(), Vec::new(), Vec::new());
        let mut sums = Sums::default();
        let order: Vec<usize> = (0..set.rows.len()).collect();
        for chunk in order.chunks(MEASURED) {
            interrupt::check_interrupt()?;
            set.gather(chunk, &mut inputs, &mut labels);
            self.head_inputs(head, &mut inputs, false)?;
            head.logits(&mut inputs, &mut logits);
            sums.add(loss::cross_entropy(&mut logits, &labels), chunk.len());
        }
        Ok(sums.mean())
    }

    /// Rows of stored features become what the head's own layers see: scaled, or through
    /// fc7, with dropout behind fc6 while training.
    pub(crate) fn head_inputs(&self, head: &Head, rows: &mut [f32], training: bool) -> Result<()> {
        match head.features {
            Features::PooledPool5 | Features::Backbone(_) => {
                head.scaling.iter().for_each(|scaling| scaling.apply(rows))
            }
            Features::Fc6 => {
                let classifier = self.classifier("training behind fc7")?;
                if training {
                    dropout::apply(rows, head.hidden.dropout, self.seed, 2 * head.steps);
                }
                // fc7's output is as wide as fc6's, and takes its place.
                let width = Features::Fc6.width();
                for part in rows.chunks_mut(FC7_PART * width) {
                    let fc6 = Tensor::from_slice(part, (part.len() / width, width), &self.device)?;
                    let fc7 = classifier.fc7(&fc6)?.to_device(&Device::Cpu)?.flatten_all()?;
                    part.copy_from_slice(&fc7.to_vec1::<f32>()?);
                }
            }
        }
        Ok(())
    }
}

impl Head {
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is no room for a step on so many
    /// pictures at once.
    pub(crate) fn check_room_for(&self, batch: usize, mixup: bool) -> Result<()> {
        let what = format!("training with a batch size of {batch}");
        let each = self.bytes_a_picture(mixup);
        Need { what, unit: "pictures in a batch", count: batch, each, fixed: 0 }.check()
    }

    /// What a step takes for each picture of its batch.
    pub(crate) fn bytes_a_picture(&self, mixup: bool) -> u64 {
        let (width, outputs) = (self.features.width(), self.outputs());
        // The rows, with mixup those before it too; logits.
        let numbers = width * (1 + usize::from(mixup)) + 2 * outputs;
        4 * (numbers + self.hidden.numbers_a_picture(width)) as u64
    }

    /// Measures the scaling by the first training set; it then stays.
    pub(crate) fn measure_scaling(&mut self, rows: &Rows) {
        if self.features.are_scaled() && self.scaling.is_none() {
            self.scaling = Some(Scaling::measure(rows));
        }
    }
}
