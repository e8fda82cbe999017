//! One fully connected layer, multiplied where its numbers lie: in the mapped weights
//! file while it is frozen, in memory once it was trained, or on another device.

use crate::matrix::{self, Threads, View};
use crate::vgg16::classifier::Linear;
use crate::weights::{Dense, Weights};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use std::borrow::Cow;
use std::sync::Arc;

/// `y = x Wᵀ + b`. Cheap to clone; a clone that is trained takes a copy first.
#[derive(Clone)]
pub(crate) struct FullyConnected {
    inputs: usize,
    outputs: usize,
    numbers: Numbers,
}

#[derive(Clone)]
enum Numbers {
    File { weights: Weights, layer: Dense },
    Memory { weight: Arc<Vec<f32>>, bias: Arc<Vec<f32>> },
    Device(Linear),
}

impl FullyConnected {
    /// A layer of the file: mapped if its numbers can be used as they lie there.
    pub(crate) fn open(weights: &Weights, layer: Dense, device: &Device) -> Result<FullyConnected> {
        let [outputs, inputs] = weights.layout().dense_shape(layer);
        weights.check_dense(layer)?;
        let numbers = match device {
            Device::Cpu => match weights.dense_values(layer)? {
                (Cow::Borrowed(_), _) => Numbers::File { weights: weights.clone(), layer },
                (Cow::Owned(weight), bias) => {
                    Numbers::Memory { weight: Arc::new(weight), bias: Arc::new(bias.into_owned()) }
                }
            },
            device => {
                let (weight, bias) = weights.dense(layer, device)?;
                Numbers::Device(Linear { weight, bias })
            }
        };
        Ok(FullyConnected { inputs, outputs, numbers })
    }

    /// From a matrix `(outputs, inputs)` and biases `(outputs,)` in memory.
    pub(crate) fn new(weight: Vec<f32>, bias: Vec<f32>) -> FullyConnected {
        let outputs = bias.len();
        let inputs = weight.len() / outputs.max(1);
        let numbers = Numbers::Memory { weight: Arc::new(weight), bias: Arc::new(bias) };
        FullyConnected { inputs, outputs, numbers }
    }

    /// Inputs and outputs.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.inputs, self.outputs)
    }

    /// `(N, inputs)` to `(N, outputs)`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if let Numbers::Device(linear) = &self.numbers {
            return linear.forward(x);
        }
        let (n, _) = x.dims2()?;
        let y = self.apply(&x.flatten_all()?.to_vec1::<f32>()?)?;
        Ok(Tensor::from_vec(y, (n, self.outputs), &Device::Cpu)?)
    }

    /// [`FullyConnected::forward`] of a slice, row by row.
    pub(crate) fn apply(&self, x: &[f32]) -> Result<Vec<f32>> {
        let n = x.len() / self.inputs;
        let mut y = vec![0.0; n * self.outputs];
        let weight = self.weight()?;
        let weight = View::new(&weight, self.outputs, self.inputs);
        matrix::multiply(&mut y, View::new(x, n, self.inputs), weight.t(), Threads::All);
        let bias = self.bias()?;
        for row in y.chunks_exact_mut(self.outputs) {
            row.iter_mut().zip(&*bias).for_each(|(y, bias)| *y += bias);
        }
        Ok(y)
    }

    /// The matrix, `(outputs, inputs)`.
    pub(crate) fn weight(&self) -> Result<Cow<'_, [f32]>> {
        match &self.numbers {
            Numbers::File { weights, layer } => Ok(weights.dense_values(*layer)?.0),
            Numbers::Memory { weight, .. } => Ok(Cow::Borrowed(weight)),
            Numbers::Device(linear) => Ok(Cow::Owned(linear.weight.flatten_all()?.to_vec1()?)),
        }
    }

    /// The biases, `(outputs,)`.
    pub(crate) fn bias(&self) -> Result<Cow<'_, [f32]>> {
        match &self.numbers {
            Numbers::File { weights, layer } => Ok(weights.dense_values(*layer)?.1),
            Numbers::Memory { bias, .. } => Ok(Cow::Borrowed(bias)),
            Numbers::Device(linear) => Ok(Cow::Owned(linear.bias.to_vec1()?)),
        }
    }

    /// Matrix and biases, to be changed: copied into memory of this layer's own if they
    /// are not there.
    pub(crate) fn parameters_mut(&mut self) -> Result<(&mut Vec<f32>, &mut Vec<f32>)> {
        if !matches!(self.numbers, Numbers::Memory { .. }) {
            let (weight, bias) = (self.weight()?.into_owned(), self.bias()?.into_owned());
            self.numbers = Numbers::Memory { weight: Arc::new(weight), bias: Arc::new(bias) };
        }
        match &mut self.numbers {
            Numbers::Memory { weight, bias } => Ok((Arc::make_mut(weight), Arc::make_mut(bias))),
            _ => Err(Error::Invalid("a layer that is not in memory cannot be trained".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_numbers_when_the_other_is_trained() {
        let mut layer = FullyConnected::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0.5, -0.5]);
        let kept = layer.clone();
        layer.parameters_mut().unwrap().0[0] = 10.0;
        assert_eq!(kept.apply(&[1.0, 0.0, 1.0]).unwrap(), [4.5, 9.5]);
        assert_eq!(layer.apply(&[1.0, 0.0, 1.0]).unwrap(), [13.5, 9.5]);
    }
}
