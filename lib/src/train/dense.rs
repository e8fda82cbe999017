//! The layer that trains, `y = x Wᵀ + b`, and its gradients, on plain slices: a step
//! with two classes takes microseconds, less than the tensors around it would.

use crate::Result;
use crate::matrix::{Threads, View, multiply};
use candle_core::{Device, Tensor};

/// Above so many multiplications a product is shared out among the threads; below,
/// starting and awaiting them takes longer.
const SHARED: usize = 1 << 24;

/// Weights `(outputs, inputs)`, row by row, and biases.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dense {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Dense {
    /// From weights `(outputs, inputs)` and biases `(outputs,)`.
    pub(crate) fn from_tensors(weight: &Tensor, bias: &Tensor) -> Result<Dense> {
        Ok(Dense { weight: weight.flatten_all()?.to_vec1()?, bias: bias.to_vec1()? })
    }

    /// Weights `(outputs, inputs)` and biases `(outputs,)`.
    pub(crate) fn tensors(&self) -> Result<(Tensor, Tensor)> {
        let weight = Tensor::from_slice(&self.weight, (self.outputs(), self.inputs()), &Device::Cpu)?;
        Ok((weight, Tensor::from_slice(&self.bias, self.outputs(), &Device::Cpu)?))
    }

    pub(crate) fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(crate) fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len().max(1)
    }

    /// Rows of inputs to rows of outputs. The result does not depend on the number of
    /// threads.
    pub(crate) fn apply(&self, inputs: &[f32], out: &mut Vec<f32>) {
        let (width, outputs) = (self.inputs(), self.outputs());
        let count = inputs.len() / width;
        out.resize(count * outputs, 0.0);
        let weight = View::new(&self.weight, outputs, width).t();
        multiply(out, View::new(inputs, count, width), weight, threads(inputs.len() * outputs));
        out.chunks_exact_mut(outputs).for_each(|row| add(row, &self.bias));
    }

    /// The gradient by weights and biases, from that by the outputs.
    pub(crate) fn gradient(&self, inputs: &[f32], by_outputs: &[f32], gradient: &mut Dense) {
        let (width, outputs) = (self.inputs(), self.outputs());
        let count = inputs.len() / width;
        gradient.bias.clear();
        gradient.bias.resize(outputs, 0.0);
        by_outputs.chunks_exact(outputs).for_each(|row| add(&mut gradient.bias, row));
        gradient.weight.resize(self.weight.len(), 0.0);
        let by_outputs = View::new(by_outputs, count, outputs).t();
        let inputs = View::new(inputs, count, width);
        multiply(&mut gradient.weight, by_outputs, inputs, threads(count * width * outputs));
    }

    /// The gradient by the inputs, from that by the outputs.
    pub(crate) fn input_gradient(&self, by_outputs: &[f32]) -> Vec<f32> {
        let (width, outputs) = (self.inputs(), self.outputs());
        let count = by_outputs.len() / outputs;
        let mut by_inputs = vec![0.0; count * width];
        let weight = View::new(&self.weight, outputs, width);
        let by_outputs = View::new(by_outputs, count, outputs);
        multiply(&mut by_inputs, by_outputs, weight, threads(count * width * outputs));
        by_inputs
    }
}

/// `sum += x`.
fn add(sum: &mut [f32], x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}

fn threads(multiplications: usize) -> Threads {
    match multiplications > SHARED {
        true => Threads::All,
        false => Threads::One,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;

    /// By the definition, in f64.
    #[test]
    fn outputs_and_gradients_are_right_for_any_sizes() {
        for (width, rows, outputs) in [(3, 1, 2), (100, 13, 2), (64, 5, 33), (1, 2, 3)] {
            let dense = Dense { weight: uniform(1, outputs * width, 0.5), bias: uniform(2, outputs, 0.5) };
            let inputs = uniform(3, rows * width, 1.0);
            let (mut out, mut gradient) = (vec![f32::NAN; 7], Dense::default());
            dense.apply(&inputs, &mut out);
            let x = |row: usize, i: usize| f64::from(inputs[row * width + i]);
            let y = |row: usize, o: usize| {
                let sum: f64 = (0..width).map(|i| x(row, i) * f64::from(dense.weight[o * width + i])).sum();
                sum + f64::from(dense.bias[o])
            };
            near(&out, (0..rows * outputs).map(|at| y(at / outputs, at % outputs)));
            dense.gradient(&inputs, &out, &mut gradient);
            let sum = |at: usize| (0..rows).map(|row| y(row, at / width) * x(row, at % width)).sum();
            near(&gradient.weight, (0..outputs * width).map(sum));
            near(&gradient.bias, (0..outputs).map(|o| (0..rows).map(|row| y(row, o)).sum()));
            let weight = |o: usize, i: usize| f64::from(dense.weight[o * width + i]);
            let sum = |at: usize| (0..outputs).map(|o| y(at / width, o) * weight(o, at % width)).sum();
            near(&dense.input_gradient(&out), (0..rows * width).map(sum));
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let (width, rows, outputs) = (4096, 64, 100);
        let dense = Dense { weight: uniform(1, outputs * width, 0.5), bias: uniform(2, outputs, 0.5) };
        let inputs = uniform(3, rows * width, 1.0);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut out, mut gradient) = (Vec::new(), Dense::default());
            pool.install(|| {
                dense.apply(&inputs, &mut out);
                dense.gradient(&inputs, &out, &mut gradient);
            });
            (out, gradient)
        };
        let one = with(1);
        for threads in [2, 3, 5] {
            assert!(with(threads) == one, "{threads} threads");
        }
    }

    fn near(got: &[f32], expected: impl ExactSizeIterator<Item = f64>) {
        assert_eq!(got.len(), expected.len());
        let greatest = got.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(greatest < 1e-4, "{greatest}");
    }
}
