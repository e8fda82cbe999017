//! What lies between pool5 and the new last layer: the pools over all places, or fc6
//! and fc7 with dropout.

use super::dense::{self, Seen};
use super::output::{Output, Sum};
use super::{FC6, FC7, pool};
use crate::Result;
use crate::train::Scaling;
use crate::train::adam::{Moments, Step};
use crate::vgg16::classifier::Classifier;

/// Labels of some pictures of a batch, and the batch's size.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub labels: &'a [u32],
    pub batch: usize,
}

/// Dropout's factors for the next so many pictures of a batch.
pub(super) type Mask<'a> = Box<dyn FnMut(usize) -> Vec<f32> + 'a>;

pub(super) enum Top<'a> {
    Pooled(Pooled),
    Dense(Box<Dense<'a>>),
}

impl Top<'_> {
    /// From what the convolutions gave, `(n, places, channels)` (or, where fc7 is the
    /// lowest trained layer, from fc6's output): loss and hits, the gradient by it, and
    /// all gradients between added up.
    pub(super) fn pass(
        &mut self,
        below: &[f32],
        places: usize,
        output: &mut Output,
        part: Part,
    ) -> Result<(Sum, Vec<f32>)> {
        match self {
            Top::Pooled(top) => Ok(top.pass(below, places, output, part)),
            Top::Dense(top) => top.pass(below, places, output, part),
        }
    }

    /// How many of its layers train.
    pub(super) fn trained(&self) -> usize {
        match self {
            Top::Pooled(_) => 0,
            Top::Dense(top) => 1 + usize::from(top.from <= FC6),
        }
    }

    /// `step(n)` is that of the n-th layer below the last.
    pub(super) fn update(&mut self, step: &dyn Fn(usize) -> Step) -> Result<()> {
        match self {
            Top::Pooled(_) => Ok(()),
            Top::Dense(top) => top.update(step),
        }
    }
}

/// Mean and greatest of each channel, centred and divided.
pub(super) struct Pooled {
    pub mean: Vec<f32>,
    pub std: f32,
}

impl Pooled {
    pub(super) fn new(scaling: Option<&Scaling>) -> Pooled {
        match scaling {
            Some(scaling) => Pooled { mean: scaling.mean.clone(), std: scaling.std },
            None => Pooled { mean: Vec::new(), std: 1.0 },
        }
    }

    fn pass(&self, pool5: &[f32], places: usize, output: &mut Output, part: Part) -> (Sum, Vec<f32>) {
        let channels = pool5.len() / part.labels.len() / places;
        let mut x = pool::global(pool5, places, channels);
        for row in x.chunks_exact_mut(2 * channels) {
            row.iter_mut().zip(&self.mean).for_each(|(x, mean)| *x -= mean);
            row.iter_mut().for_each(|x| *x /= self.std);
        }
        let (sum, mut gradient) = output.loss(&x, part.labels, part.batch);
        gradient.iter_mut().for_each(|gradient| *gradient /= self.std);
        (sum, pool::global_backward(pool5, &gradient, places, channels))
    }
}

/// fc6 and fc7, each with ReLU and dropout behind it.
pub(super) struct Dense<'a> {
    /// The lowest trained layer of the network.
    pub from: usize,
    pub classifier: &'a mut Classifier,
    pub moments: &'a mut [Option<[Moments; 2]>; 2],
    /// Of fc6's output and of fc7's.
    pub masks: [Mask<'a>; 2],
    /// What fc6 and fc7 saw of the batch so far.
    pub seen: [Seen; 2],
}

impl Dense<'_> {
    fn pass(
        &mut self,
        below: &[f32],
        places: usize,
        output: &mut Output,
        part: Part,
    ) -> Result<(Sum, Vec<f32>)> {
        let Classifier { fc6, fc7, .. } = &*self.classifier;
        let n = part.labels.len();
        let masks = self.masks.each_mut().map(|mask| mask(n));
        let (flat, h6) = match self.from <= FC6 {
            true => {
                let flat = turned(below, places, below.len() / n / places);
                let h6 = relu(fc6.apply(&flat)?);
                (flat, h6)
            }
            false => (Vec::new(), below.to_vec()),
        };
        let d6 = times(&h6, &masks[0]);
        let h7 = relu(fc7.apply(&d6)?);
        let d7 = times(&h7, &masks[1]);
        let (sum, gradient) = output.loss(&d7, part.labels, part.batch);
        let g7 = back(gradient, &masks[1], &h7);
        self.seen[1].add(fc7.sizes(), &d6, &g7);
        if self.from >= FC7 {
            return Ok((sum, Vec::new()));
        }
        let g6 = back(dense::input_gradient(fc7, &g7)?, &masks[0], &h6);
        self.seen[0].add(fc6.sizes(), &flat, &g6);
        if self.from >= FC6 {
            return Ok((sum, Vec::new()));
        }
        let gradient = dense::input_gradient(fc6, &g6)?;
        Ok((sum, turned(&gradient, gradient.len() / n / places, places)))
    }

    fn update(&mut self, step: &dyn Fn(usize) -> Step) -> Result<()> {
        let [of_fc6, of_fc7] = &mut *self.moments;
        if self.from <= FC6 {
            dense::update(&mut self.classifier.fc6, &self.seen[0], step(2), of_fc6)?;
        }
        dense::update(&mut self.classifier.fc7, &self.seen[1], step(1), of_fc7)
    }
}

/// `(n, rows, columns)` as `(n, columns, rows)`.
pub(super) fn turned(x: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(x.len());
    for x in x.chunks_exact(rows * columns) {
        (0..columns).for_each(|column| turned.extend(x[column..].iter().step_by(columns)));
    }
    turned
}

pub(super) fn relu(mut x: Vec<f32>) -> Vec<f32> {
    x.iter_mut().for_each(|x| *x = x.max(0.0));
    x
}

fn times(x: &[f32], factors: &[f32]) -> Vec<f32> {
    x.iter().zip(factors).map(|(x, factor)| x * factor).collect()
}

/// Back through dropout and the ReLU that gave `h`.
fn back(mut gradient: Vec<f32>, mask: &[f32], h: &[f32]) -> Vec<f32> {
    for ((gradient, mask), h) in gradient.iter_mut().zip(mask).zip(h) {
        *gradient = if *h > 0.0 { *gradient * mask } else { 0.0 };
    }
    gradient
}
