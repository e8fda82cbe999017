//! The new last layer while deeper ones train with it: loss and gradients on slices.

use crate::matrix::{self, Threads, View};
use crate::train::adam::{Moments, Step};
use crate::train::{Dense, Head, LossOptions, argmax};

/// The last layer's parameters and their gradients, for one batch.
pub(super) struct Output {
    classes: usize,
    width: usize,
    /// `(classes, width)`.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) weights_gradient: Vec<f32>,
    pub(super) bias_gradient: Vec<f32>,
    /// How the loss differs from plain cross-entropy, and what a batch's sum of it is
    /// then divided by.
    special: Option<(LossOptions, f32)>,
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
            special: None,
            weights,
            bias,
        }
    }

    /// For a batch of these labels.
    pub(super) fn of(head: &Head, loss: &LossOptions, labels: &[u32]) -> Output {
        let output = Output::new(head.dense.weight.clone(), head.dense.bias.clone());
        let special = (!loss.is_plain()).then(|| (loss.clone(), loss.total(labels)));
        Output { special, ..output }
    }

    pub(super) fn put(self, head: &mut Head) {
        head.dense = Dense { weight: self.weights, bias: self.bias };
    }

    /// The loss of some of a batch's `batch` pictures, from what the layer sees,
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
            sum.loss += self.row(row, label, batch as f32);
            self.bias_gradient.iter_mut().zip(&*row).for_each(|(sum, gradient)| *sum += gradient);
        }
        let gradient = View::new(&logits, n, classes);
        matrix::multiply_add(&mut self.weights_gradient, gradient.t(), inputs, Threads::All);
        let mut dx = vec![0.0; x.len()];
        matrix::multiply(&mut dx, gradient, View::new(&self.weights, classes, width), Threads::All);
        (sum, dx)
    }

    /// The loss of one picture's logits, of which the mean over the `batch` is the
    /// batch's; they become the gradient of that by them.
    fn row(&self, row: &mut [f32], label: u32, batch: f32) -> f64 {
        let (loss, total) = match &self.special {
            None => (cross_entropy(row, label as usize), batch),
            Some((options, total)) => {
                (options.row(row, (label, 1.0), label) * f64::from(batch / total), *total)
            }
        };
        row.iter_mut().for_each(|gradient| *gradient /= total);
        loss
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;
    use crate::train::{Features, Targets, Work};

    /// In two parts, as the head's own step gives it whole.
    #[test]
    fn another_loss_is_the_head_s() {
        let (labels, width) = ([0, 2, 1, 1, 2], 7);
        let dense = Dense { weight: uniform(1, 3 * width, 1.0), bias: uniform(2, 3, 0.1) };
        let mut head = Head::from_parts(Features::PooledPool5, None, dense, None);
        let options =
            &LossOptions { class_weights: Some(vec![3.0, 1.0, 0.5]), label_smoothing: 0.2, mixup: 0.0 };
        let x = uniform(3, labels.len() * width, 1.0);
        let mut output = Output::of(&head, options, &labels);
        let (first, _) = output.loss(&x[..2 * width], &labels[..2], labels.len());
        let (second, _) = output.loss(&x[2 * width..], &labels[2..], labels.len());
        let mut work = Work::default();
        let whole =
            head.step(&mut x.clone(), Targets { labels: &labels, mixed: None, options }, 0, &mut work);
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(near(&[((first.loss + second.loss) / 5.0) as f32], &[whole.loss]));
        assert!(near(&output.weights_gradient, &work.gradient.weight));
        assert!(near(&output.bias_gradient, &work.gradient.bias));
    }
}
