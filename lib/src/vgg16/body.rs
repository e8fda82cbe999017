//! The convolution body: thirteen frozen layers from a picture to pool5.
//!
//! Everything that runs the body goes through [`Body::pool5`]; how it computes is
//! known here alone: [`conv`](crate::conv) on the processor, candle's `conv2d` on
//! another device.

use super::layers;
use crate::conv::{Conv3x3, Scratch, Stack};
use crate::weights::{Normalisation, Weights};
use crate::{Result, interrupt};
use candle_core::{Device, Tensor};
use image::RgbImage;
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures that go through the body at once. The activations of the first block
/// are 12.8 MB a picture and layer: memory must not grow with the batch size.
pub(crate) const MICRO_BATCH: usize = 8;

/// VGG16's convolution base, frozen.
#[derive(Clone)]
pub(crate) struct Body {
    pub(super) engine: Engine,
    normalisation: Normalisation,
}

#[derive(Clone)]
pub(super) enum Engine {
    Processor { stack: Arc<Stack>, scratch: Arc<Mutex<Scratch>> },
    Candle { layers: Vec<Layer>, device: Device },
}

#[derive(Clone)]
pub(super) struct Layer {
    kernel: Tensor,
    bias: Tensor,
    pooled: bool,
}

impl Body {
    pub(crate) fn load(weights: &Weights, device: &Device) -> Result<Body> {
        let engine = match device {
            Device::Cpu => {
                let scratch = Arc::new(Mutex::new(Scratch::new()));
                Engine::Processor { stack: Arc::new(stack(weights)?), scratch }
            }
            device => Engine::Candle { layers: candle_layers(weights, device)?, device: device.clone() },
        };
        Ok(Body { engine, normalisation: weights.normalisation() })
    }

    /// Pictures `(N, 3, 224, 224)`, RGB, 0 to 255, to pool5 `(N, 512, 7, 7)`,
    /// [`MICRO_BATCH`] at a time.
    pub(crate) fn pool5(&self, images: &Tensor) -> Result<Tensor> {
        let count = images.dim(0)?;
        let mut parts = Vec::new();
        for start in (0..count).step_by(MICRO_BATCH) {
            interrupt::check_interrupt()?;
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
        match &self.engine {
            Engine::Processor { stack, scratch } => {
                let (count, _, height, width) = normalised.dims4()?;
                let input = normalised.permute((0, 2, 3, 1))?.flatten_all()?.to_vec1::<f32>()?;
                // A panic elsewhere leaves nothing in the scratch that matters.
                let mut scratch = scratch.lock().unwrap_or_else(PoisonError::into_inner);
                let output = stack.forward(&mut scratch, &input, count, height, width);
                let (channels, height, width) = layers::POOL5;
                let pool5 = Tensor::from_vec(output, (count, height, width, channels), &Device::Cpu)?;
                Ok(pool5.permute((0, 3, 1, 2))?.contiguous()?)
            }
            Engine::Candle { layers, device } => {
                let mut x = normalised.to_device(device)?;
                for layer in layers {
                    x = x.conv2d(&layer.kernel, 1, 1, 1, 1)?.broadcast_add(&layer.bias)?.relu()?;
                    if layer.pooled {
                        x = x.max_pool2d(2)?;
                    }
                }
                Ok(x)
            }
        }
    }

    /// `(N, 3, 224, 224)`, RGB, 0 to 255, as these weights want it.
    pub(crate) fn normalise(&self, images: &Tensor) -> Result<Tensor> {
        let n = &self.normalisation;
        let constant = |values: [f32; 3]| Tensor::from_vec(values.to_vec(), (1, 3, 1, 1), images.device());
        let scaled = (images * f64::from(n.scale))?;
        Ok(scaled.broadcast_sub(&constant(n.mean)?)?.broadcast_div(&constant(n.std)?)?)
    }
}

fn stack(weights: &Weights) -> Result<Stack> {
    let mut layers = Vec::new();
    for conv in layers::convs() {
        let (kernel, bias) = weights.conv_values(conv.block, conv.index)?;
        layers.push((Conv3x3::new(&kernel, &bias, conv.inputs, conv.outputs), conv.pooled));
    }
    Ok(Stack::new(layers))
}

fn candle_layers(weights: &Weights, device: &Device) -> Result<Vec<Layer>> {
    let mut layers = Vec::new();
    for conv in layers::convs() {
        let (kernel, bias) = weights.conv(conv.block, conv.index, device)?;
        let bias = bias.reshape((1, conv.outputs, 1, 1))?;
        layers.push(Layer { kernel, bias, pooled: conv.pooled });
    }
    Ok(layers)
}
