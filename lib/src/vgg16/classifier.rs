//! The fully connected layers that full weights bring: fc6, fc7 and ImageNet's fc8.

use super::layers;
use crate::Result;
use crate::weights::{Dense, Weights};
use candle_core::{Device, Tensor};

/// fc6, fc7 and fc8, frozen.
#[derive(Clone)]
pub(crate) struct Classifier {
    fc6: Linear,
    fc7: Linear,
    fc8: Linear,
}

/// `y = x Wᵀ + b`.
#[derive(Clone)]
pub(crate) struct Linear {
    /// `(outputs, inputs)`.
    pub weight: Tensor,
    /// `(outputs,)`.
    pub bias: Tensor,
}

impl Linear {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)?)
    }
}

impl Classifier {
    pub(crate) fn load(weights: &Weights, device: &Device) -> Result<Classifier> {
        let linear = |layer| -> Result<Linear> {
            let (weight, bias) = weights.dense(layer, device)?;
            Ok(Linear { weight, bias })
        };
        Ok(Classifier { fc6: linear(Dense::Fc6)?, fc7: linear(Dense::Fc7)?, fc8: linear(Dense::Fc8)? })
    }

    /// pool5 `(N, 512, 7, 7)` to fc6 after its ReLU, `(N, 4096)`.
    pub(crate) fn fc6(&self, pool5: &Tensor) -> Result<Tensor> {
        let (channels, height, width) = layers::POOL5;
        let flat = pool5.reshape(((), channels * height * width))?;
        Ok(self.fc6.forward(&flat)?.relu()?)
    }

    /// fc6's output to fc7 after its ReLU, `(N, 4096)`.
    pub(crate) fn fc7(&self, fc6: &Tensor) -> Result<Tensor> {
        Ok(self.fc7.forward(fc6)?.relu()?)
    }

    /// fc7's output to the 1000 ImageNet logits, `(N, 1000)`.
    pub(crate) fn fc8(&self, fc7: &Tensor) -> Result<Tensor> {
        self.fc8.forward(fc7)
    }

    /// The tensors, for tests and checks.
    pub(crate) fn tensors(&self) -> Vec<&Tensor> {
        [&self.fc6, &self.fc7, &self.fc8].into_iter().flat_map(|l| [&l.weight, &l.bias]).collect()
    }
}
