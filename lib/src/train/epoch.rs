//! One pass over a set's features: a training epoch, or a measurement.

use super::features::Rows;
use super::fit::Evaluation;
use super::head::{self, Features, Head, Work};
use super::loss;
use super::scaling::Scaling;
use crate::data::Batches;
use crate::learner::Learner;
use crate::{Result, interrupt};
use candle_core::{Device, Tensor};

/// Pictures that are measured at once. What is measured does not depend on it.
const MEASURED: usize = 128;

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
        head.measure_scaling(&set.rows);
        let (mut inputs, mut labels, mut work) = (Vec::new(), Vec::new(), Work::default());
        let mut sums = Sums::default();
        for (batch, chunk) in pass.order.chunks(pass.batch_size).enumerate() {
            interrupt::check_interrupt()?;
            set.gather(chunk, &mut inputs, &mut labels);
            self.head_inputs(head, &mut inputs, true)?;
            if let Some(rate) = (pass.rate)(batch) {
                head.adam.learning_rate = rate;
            }
            let step = head.step(&inputs, &labels, &mut work);
            (pass.heard)(step.loss);
            sums.add(step, chunk.len());
        }
        head.epochs += 1;
        Ok(sums.mean())
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
            head.dense.apply(&inputs, &mut logits);
            sums.add(loss::cross_entropy(&mut logits, &labels), chunk.len());
        }
        Ok(sums.mean())
    }

    /// Rows of stored features become what the last layer sees: scaled, or through
    /// fc7, with dropout after each ReLU while training.
    pub(crate) fn head_inputs(&self, head: &Head, rows: &mut Vec<f32>, training: bool) -> Result<()> {
        match head.features {
            Features::PooledPool5 => head.scaling.iter().for_each(|scaling| scaling.apply(rows)),
            Features::Fc6 => {
                let drop = |values: &mut [f32], which: u64| {
                    if training {
                        head::dropout(values, self.seed, 2 * head.steps + which);
                    }
                };
                let classifier = self.classifier("training behind fc7")?;
                drop(rows, 0);
                let width = Features::Fc6.width();
                let fc6 = Tensor::from_slice(rows, (rows.len() / width, width), &self.device)?;
                *rows = classifier.fc7(&fc6)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?;
                drop(rows, 1);
            }
        }
        Ok(())
    }
}

impl Head {
    /// Measures the scaling by the first training set; it then stays.
    pub(crate) fn measure_scaling(&mut self, rows: &Rows) {
        if self.features == Features::PooledPool5 && self.scaling.is_none() {
            self.scaling = Some(Scaling::measure(rows));
        }
    }
}
