//! The body by candle's own operations: the plain way, to compare with.

use crate::Result;
use crate::data::to_tensor;
use crate::vgg16::{MICRO_BATCH, layers};
use crate::weights::{Normalisation, Weights};
use candle_core::{Device, Tensor};
use image::RgbImage;

pub(super) struct CandleBody {
    /// Kernel, bias, and whether a pool follows.
    layers: Vec<(Tensor, Tensor, bool)>,
    normalisation: Normalisation,
}

impl CandleBody {
    pub(super) fn load(weights: &Weights) -> Result<CandleBody> {
        let mut layers = Vec::new();
        for conv in layers::convs() {
            let (kernel, bias) = weights.conv(conv.block, conv.index, &Device::Cpu)?;
            layers.push((kernel, bias.reshape((1, conv.outputs, 1, 1))?, conv.pooled));
        }
        Ok(CandleBody { layers, normalisation: weights.normalisation() })
    }

    /// Pictures of 224 x 224 to pool5 `(N, 512, 7, 7)`, a few at a time: candle writes
    /// out nine copies of each layer's input.
    pub(super) fn pool5_of(&self, pictures: &[RgbImage]) -> Result<Tensor> {
        let parts: Result<Vec<Tensor>> = pictures.chunks(MICRO_BATCH).map(|few| self.run(few)).collect();
        Ok(Tensor::cat(&parts?, 0)?)
    }

    fn run(&self, pictures: &[RgbImage]) -> Result<Tensor> {
        let n = &self.normalisation;
        let constant = |values: [f32; 3]| Tensor::from_vec(values.to_vec(), (1, 3, 1, 1), &Device::Cpu);
        let mut x = (to_tensor(pictures)? * f64::from(n.scale))?;
        x = x.broadcast_sub(&constant(n.mean)?)?.broadcast_div(&constant(n.std)?)?;
        for (kernel, bias, pooled) in &self.layers {
            x = x.conv2d(kernel, 1, 1, 1, 1)?.broadcast_add(bias)?.relu()?;
            if *pooled {
                x = x.max_pool2d(2)?;
            }
        }
        Ok(x)
    }
}
