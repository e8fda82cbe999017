//! The fully connected layers that full weights bring: fc6, fc7 and ImageNet's fc8.

use super::dense::FullyConnected;
use super::layers;
use crate::Result;
use crate::weights::{Dense, Weights};
use candle_core::{Device, Tensor};

/// fc6, fc7 and fc8.
#[derive(Clone)]
pub(crate) struct Classifier {
    pub(crate) fc6: FullyConnected,
    pub(crate) fc7: FullyConnected,
    pub(crate) fc8: FullyConnected,
}

/// `y = x Wᵀ + b` of tensors, for a new head and for other devices.
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
        let layer = |layer| FullyConnected::open(weights, layer, device);
        Ok(Classifier::new(layer(Dense::Fc6)?, layer(Dense::Fc7)?, layer(Dense::Fc8)?))
    }

    pub(crate) fn new(fc6: FullyConnected, fc7: FullyConnected, fc8: FullyConnected) -> Classifier {
        Classifier { fc6, fc7, fc8 }
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
}
