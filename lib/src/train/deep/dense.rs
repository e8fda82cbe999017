//! fc6 and fc7 while they train: gradients by `gemm`, and an update that holds the
//! gradient of a whole matrix (fc6's are 411 MB) only where a batch is so large that what
//! the layer saw of it would be more.

use crate::Result;
use crate::matrix::{self, Threads, View};
use crate::train::adam::{Moments, MomentsMut, Step};
use crate::vgg16::dense::FullyConnected;
use rayon::prelude::*;

/// Outputs whose gradients are computed and used at a time.
const ROWS: usize = 64;

/// Numbers of what a layer saw that are kept; the gradient is then summed up from them.
const MOST_SEEN: usize = 64 << 20;

/// What a layer saw in one batch and the gradient by what it gave: of so many pictures as
/// are kept, and the gradients of those before them.
#[derive(Default)]
pub(super) struct Seen {
    pub x: Vec<f32>,
    pub dy: Vec<f32>,
    /// Of weights and biases.
    before: Option<[Vec<f32>; 2]>,
}

/// Numbers that a layer of this many inputs and outputs holds while it trains, beside those
/// of the file.
pub(super) fn numbers((inputs, outputs): (usize, usize), batch: usize) -> usize {
    let (weights, seen) = (inputs * outputs, batch * (inputs + outputs));
    // Weights and two moments.
    3 * weights + if seen > MOST_SEEN { MOST_SEEN + weights } else { seen }
}

impl Seen {
    /// Takes in some more pictures of a layer of this many inputs and outputs.
    pub(super) fn add(&mut self, sizes: (usize, usize), x: &[f32], dy: &[f32]) {
        self.add_to(MOST_SEEN, sizes, x, dy);
    }

    /// [`Seen::add`], keeping at most this many numbers.
    pub(super) fn add_to(&mut self, most: usize, sizes: (usize, usize), x: &[f32], dy: &[f32]) {
        if !self.dy.is_empty() && self.x.len() + self.dy.len() + x.len() + dy.len() > most {
            self.sum_up(sizes);
        }
        self.x.extend_from_slice(x);
        self.dy.extend_from_slice(dy);
    }

    /// What was seen becomes its gradient.
    fn sum_up(&mut self, (inputs, outputs): (usize, usize)) {
        let bias = self.bias_gradient(outputs);
        let mut weights = match self.before.take() {
            Some([weights, _]) => weights,
            None => vec![0.0; inputs * outputs],
        };
        weights.par_chunks_mut(ROWS * inputs).enumerate().for_each(|(index, weights)| {
            self.add_gradient((inputs, outputs), index * ROWS, weights);
        });
        self.before = Some([weights, bias]);
        self.x.clear();
        self.dy.clear();
    }

    /// The gradients of outputs from `first` on, `(rows, inputs)`.
    pub(super) fn gradient(&self, (inputs, outputs): (usize, usize), first: usize, rows: usize) -> Vec<f32> {
        let mut gradient = match &self.before {
            Some([weights, _]) => weights[first * inputs..][..rows * inputs].to_vec(),
            None => vec![0.0; rows * inputs],
        };
        self.add_gradient((inputs, outputs), first, &mut gradient);
        gradient
    }

    /// Adds those of what is kept.
    fn add_gradient(&self, (inputs, outputs): (usize, usize), first: usize, gradient: &mut [f32]) {
        let n = self.dy.len() / outputs;
        let dy = View::new(&self.dy, n, outputs).t().rows(first, gradient.len() / inputs);
        matrix::multiply_add(gradient, dy, View::new(&self.x, n, inputs), Threads::One);
    }

    pub(super) fn bias_gradient(&self, outputs: usize) -> Vec<f32> {
        let mut sum = match &self.before {
            Some([_, bias]) => bias.clone(),
            None => vec![0.0; outputs],
        };
        for row in self.dy.chunks_exact(outputs) {
            sum.iter_mut().zip(row).for_each(|(sum, dy)| *sum += dy);
        }
        sum
    }
}

/// One step of Adam for a layer.
pub(super) fn update(
    layer: &mut FullyConnected,
    seen: &Seen,
    step: Step,
    moments: &mut Option<[Moments; 2]>,
) -> Result<()> {
    let (inputs, outputs) = layer.sizes();
    let [of_weights, of_bias] = moments.get_or_insert_with(|| [inputs * outputs, outputs].map(Moments::new));
    let MomentsMut { first, second } = of_weights.all();
    let (weights, bias) = layer.parameters_mut()?;
    weights
        .par_chunks_mut(ROWS * inputs)
        .zip(first.par_chunks_mut(ROWS * inputs))
        .zip(second.par_chunks_mut(ROWS * inputs))
        .enumerate()
        .for_each(|(index, ((weights, first), second))| {
            let gradient = seen.gradient((inputs, outputs), index * ROWS, weights.len() / inputs);
            step.piece(weights, &gradient, MomentsMut { first, second });
        });
    step.update(bias, &seen.bias_gradient(outputs), of_bias.all());
    Ok(())
}

/// The gradient by a layer's inputs, `(n, inputs)`, from that by its outputs.
pub(super) fn input_gradient(layer: &FullyConnected, dy: &[f32]) -> Result<Vec<f32>> {
    let (inputs, outputs) = layer.sizes();
    let n = dy.len() / outputs;
    let mut dx = vec![0.0; n * inputs];
    let weight = layer.weight()?;
    matrix::multiply(&mut dx, View::new(dy, n, outputs), View::new(&weight, outputs, inputs), Threads::All);
    Ok(dx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;

    #[test]
    fn a_large_batch_s_gradients_are_those_of_its_parts_together() {
        let (inputs, outputs, n) = (7, 70, 9);
        let (x, dy) = (uniform(1, n * inputs, 1.0), uniform(2, n * outputs, 1.0));
        let seen = |most: usize| {
            let mut seen = Seen::default();
            for (x, dy) in x.chunks(2 * inputs).zip(dy.chunks(2 * outputs)) {
                seen.add_to(most, (inputs, outputs), x, dy);
            }
            seen
        };
        let (whole, parts) = (seen(usize::MAX), seen(4 * (inputs + outputs)));
        assert_eq!((whole.x.len(), parts.x.len()), (n * inputs, inputs), "what is kept");
        let gradients = |seen: &Seen| {
            let weights =
                [(0, 64), (64, 6)].map(|(first, rows)| seen.gradient((inputs, outputs), first, rows));
            [weights.concat(), seen.bias_gradient(outputs)].concat()
        };
        let (whole, parts) = (gradients(&whole), gradients(&parts));
        assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-5), "{whole:?} and {parts:?}");
        assert!(whole.iter().any(|gradient| gradient.abs() > 0.1));
    }
}
