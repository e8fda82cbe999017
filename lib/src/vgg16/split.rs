//! The body in two parts, for training its upper layers: below and above a
//! convolution.

use super::body::{Body, Engine};
use super::layers;
use crate::conv::Conv3x3;
use crate::data::to_tensor;
use crate::train::deep::Conv;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use image::RgbImage;
use std::sync::{Arc, PoisonError};

impl Body {
    /// What convolution `border` (from 0) sees of pictures that are 224 x 224 already,
    /// channels last; pool5 if it is 13.
    pub(crate) fn below(&self, border: usize, pictures: &[RgbImage]) -> Result<Vec<Arc<[f32]>>> {
        let normalised = self.normalise(&to_tensor(pictures)?)?;
        let input = normalised.permute((0, 2, 3, 1))?.flatten_all()?.to_vec1::<f32>()?;
        let side = crate::data::SIDE as usize;
        let output = match border {
            0 => input,
            border => self.part(0..border, &input, pictures.len(), side)?,
        };
        Ok(output.chunks_exact(output.len() / pictures.len()).map(Arc::from).collect())
    }

    /// [`Body::below`]'s rows to pool5, `(N, 512, 7, 7)`.
    pub(crate) fn above(&self, border: usize, rows: &[Arc<[f32]>]) -> Result<Tensor> {
        let convs = layers::convs();
        let side = crate::data::SIDE as usize >> convs[..border].iter().filter(|conv| conv.pooled).count();
        let input: Vec<f32> = rows.iter().flat_map(|row| row.iter().copied()).collect();
        let output = match border == convs.len() {
            true => input,
            false => self.part(border..convs.len(), &input, rows.len(), side)?,
        };
        let (channels, height, width) = layers::POOL5;
        let pool5 = Tensor::from_vec(output, (rows.len(), height, width, channels), &Device::Cpu)?;
        Ok(pool5.permute((0, 3, 1, 2))?.contiguous()?)
    }

    /// Puts trained convolutions in the place of the last ones. Clones keep theirs.
    pub(crate) fn replace(&mut self, trained: &[Conv]) -> Result<()> {
        let Engine::Processor { stack, .. } = &mut self.engine else { return Err(elsewhere()) };
        let convs = trained.iter().map(|conv| {
            let (inputs, outputs) = conv.channels();
            Conv3x3::new(&conv.weights(), conv.bias(), inputs, outputs)
        });
        *stack = Arc::new(stack.with_last(convs.collect()));
        Ok(())
    }

    fn part(&self, layers: std::ops::Range<usize>, input: &[f32], n: usize, side: usize) -> Result<Vec<f32>> {
        let Engine::Processor { stack, scratch } = &self.engine else { return Err(elsewhere()) };
        let mut scratch = scratch.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stack.part(layers).forward(&mut scratch, input, n, side, side))
    }
}

fn elsewhere() -> Error {
    Error::Invalid("layers below the head train on the CPU only; build the model without a device".to_owned())
}
