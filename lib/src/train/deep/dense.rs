//! fc6 and fc7 while they train: gradients by `gemm`, and an update that never holds
//! the gradient of a whole matrix (fc6's would be 411 MB).

use crate::Result;
use crate::matrix::{self, Threads, View};
use crate::train::adam::{Moments, MomentsMut, Step};
use crate::vgg16::dense::FullyConnected;
use rayon::prelude::*;

/// Outputs whose gradients are computed and used at a time.
const ROWS: usize = 64;

/// What a layer saw in one batch and the gradient by what it gave.
#[derive(Default)]
pub(super) struct Seen {
    pub x: Vec<f32>,
    pub dy: Vec<f32>,
}

impl Seen {
    pub(super) fn add(&mut self, x: &[f32], dy: &[f32]) {
        self.x.extend_from_slice(x);
        self.dy.extend_from_slice(dy);
    }

    /// The gradients of outputs from `first` on, `(rows, inputs)`.
    pub(super) fn gradient(&self, (inputs, outputs): (usize, usize), first: usize, rows: usize) -> Vec<f32> {
        let n = self.dy.len() / outputs;
        let mut gradient = vec![0.0; rows * inputs];
        let dy = View::new(&self.dy, n, outputs).t().rows(first, rows);
        matrix::multiply(&mut gradient, dy, View::new(&self.x, n, inputs), Threads::One);
        gradient
    }

    pub(super) fn bias_gradient(&self, outputs: usize) -> Vec<f32> {
        let mut sum = vec![0.0; outputs];
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
