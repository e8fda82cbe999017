//! The convolution body: thirteen frozen layers from a picture to pool5.
//!
//! Everything that runs the body goes through [`Body::pool5`]; how it computes is
//! known here alone.

use super::layers;
use crate::weights::{Normalisation, Weights};
use crate::{Result, interrupt};
use candle_core::{Device, Tensor};
use image::RgbImage;

/// Pictures that go through the body at once. The activations of the first block
/// are 12.8 MB a picture and layer: memory must not grow with the batch size.
pub(crate) const MICRO_BATCH: usize = 8;

/// VGG16's convolution base, frozen.
#[derive(Clone)]
pub(crate) struct Body {
    layers: Vec<Layer>,
    normalisation: Normalisation,
    device: Device,
}

#[derive(Clone)]
struct Layer {
    kernel: Tensor,
    bias: Tensor,
    pooled: bool,
}

impl Body {
    pub(crate) fn load(weights: &Weights, device: &Device) -> Result<Body> {
        let mut layers = Vec::new();
        for conv in layers::convs() {
            let (kernel, bias) = weights.conv(conv.block, conv.index, device)?;
            let bias = bias.reshape((1, conv.outputs, 1, 1))?;
            layers.push(Layer { kernel, bias, pooled: conv.pooled });
        }
        Ok(Body { layers, normalisation: weights.normalisation(), device: device.clone() })
    }

    /// Pictures `(N, 3, 224, 224)`, RGB, 0 to 255, to pool5 `(N, 512, 7, 7)`,
    /// [`MICRO_BATCH`] at a time.
    pub(crate) fn pool5(&self, images: &Tensor) -> Result<Tensor> {
        let count = images.dim(0)?;
        let mut parts = Vec::new();
        for start in (0..count).step_by(MICRO_BATCH) {
            interrupt::check()?;
            let part = images.narrow(0, start, MICRO_BATCH.min(count - start))?;
            parts.push(self.run(&self.normalise(&part)?)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    /// [`Body::pool5`] of pictures that are 224 x 224 already.
    pub(crate) fn pool5_of(&self, pictures: &[RgbImage]) -> Result<Tensor> {
        self.pool5(&crate::data::to_tensor(pictures)?)
    }

    /// Normalised pictures `(N, 3, 224, 224)` to pool5.
    pub(crate) fn run(&self, normalised: &Tensor) -> Result<Tensor> {
        let mut x = normalised.to_device(&self.device)?;
        for layer in &self.layers {
            x = x.conv2d(&layer.kernel, 1, 1, 1, 1)?.broadcast_add(&layer.bias)?.relu()?;
            if layer.pooled {
                x = x.max_pool2d(2)?;
            }
        }
        Ok(x)
    }

    fn normalise(&self, images: &Tensor) -> Result<Tensor> {
        let n = &self.normalisation;
        let constant = |values: [f32; 3]| Tensor::from_vec(values.to_vec(), (1, 3, 1, 1), images.device());
        let scaled = (images * f64::from(n.scale))?;
        Ok(scaled.broadcast_sub(&constant(n.mean)?)?.broadcast_div(&constant(n.std)?)?)
    }
}
