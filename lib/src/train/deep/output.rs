//! The new last layer while deeper ones train with it: loss and gradients on slices.

use crate::matrix::{self, Threads, View};
use crate::train::adam::{Moments, Step};
use crate::train::{Dense, Head, argmax};

/// The last layer's parameters and their gradients, for one batch.
pub(super) struct Output {
    classes: usize,
    width: usize,
    /// `(classes, width)`.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) weights_gradient: Vec<f32>,
    pub(super) bias_gradient: Vec<f32>,
}

/// Loss, in nats, and hits, summed over pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub loss: f64,
    pub correct: usize,
}

impl Output {
    pub(super) fn new(weights: Vec<f32>, bias: Vec<f32>) -> Output {
        let classes = bias.len();
        Output {
            classes,
            width: weights.len() / classes.max(1),
            weights_gradient: vec![0.0; weights.len()],
            bias_gradient: vec![0.0; classes],
            weights,
            bias,
        }
    }

    pub(super) fn of(head: &Head) -> Output {
        Output::new(head.dense.weight.clone(), head.dense.bias.clone())
    }

    pub(super) fn put(self, head: &mut Head) {
        head.dense = Dense { weight: self.weights, bias: self.bias };
    }

    /// Cross-entropy of some of a batch's `batch` pictures, from what the layer sees,
    /// `(n, width)`: adds to the gradients of the batch's mean loss, and gives the one
    /// by `x`.
    pub(super) fn loss(&mut self, x: &[f32], labels: &[u32], batch: usize) -> (Sum, Vec<f32>) {
        let (n, width, classes) = (labels.len(), self.width, self.classes);
        let inputs = View::new(x, n, width);
        let mut logits = vec![0.0; n * classes];
        matrix::multiply(&mut logits, inputs, View::new(&self.weights, classes, width).t(), Threads::All);
        let mut sum = Sum::default();
        for (row, &label) in logits.chunks_exact_mut(classes).zip(labels) {
            row.iter_mut().zip(&self.bias).for_each(|(logit, bias)| *logit += bias);
            sum.correct += usize::from(argmax(row) == label as usize);
            sum.loss += cross_entropy(row, label as usize);
            row.iter_mut().for_each(|gradient| *gradient /= batch as f32);
            self.bias_gradient.iter_mut().zip(&*row).for_each(|(sum, gradient)| *sum += gradient);
        }
        let gradient = View::new(&logits, n, classes);
        matrix::multiply_add(&mut self.weights_gradient, gradient.t(), inputs, Threads::All);
        let mut dx = vec![0.0; x.len()];
        matrix::multiply(&mut dx, gradient, View::new(&self.weights, classes, width), Threads::All);
        (sum, dx)
    }

    pub(super) fn update(&mut self, step: Step, moments: &mut Option<[Moments; 2]>) {
        let counts = [self.weights.len(), self.bias.len()];
        let [weights, bias] = moments.get_or_insert_with(|| counts.map(Moments::new));
        step.update(&mut self.weights, &self.weights_gradient, weights.all());
        step.update(&mut self.bias, &self.bias_gradient, bias.all());
    }
}

/// The loss of one picture's logits, which become its gradient by them.
fn cross_entropy(row: &mut [f32], label: usize) -> f64 {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let of_label = row[label] - most;
    row.iter_mut().for_each(|logit| *logit = (*logit - most).exp());
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|part| *part /= sum);
    row[label] -= 1.0;
    f64::from(sum.ln() - of_label)
}
