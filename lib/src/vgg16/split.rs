//! The body with trained convolutions in the place of its last ones, and in two parts:
//! below and above the lowest layer that trains.

use super::body::{Body, Engine, channels_first};
use super::layers::{self, COUNT};
use crate::train::deep::{Conv, Scratch, forward};
use crate::{Error, Result};
use candle_core::Tensor;
use image::RgbImage;
use std::sync::Arc;

impl Body {
    /// Puts `trained` in the place of the last convolutions; none for those of the file.
    pub(crate) fn set_trained(&mut self, trained: &Arc<Vec<Conv>>) {
        self.trained = trained.clone();
    }

    /// The first convolution that is not the file's; 13 if there is none.
    pub(super) fn trained_from(&self) -> usize {
        COUNT - self.trained.len()
    }

    /// What convolution [`Body::trained_from`] sees of `n` pictures, to pool5.
    pub(super) fn pool5_above(&self, values: Vec<f32>, n: usize) -> Result<Tensor> {
        channels_first(run(&self.trained, self.trained_from(), values), n, layers::POOL5)
    }

    /// What convolution `border` (from 0) sees of pictures that are 224 x 224 already,
    /// channels last, with `trained` as the convolutions right below it; pool5 if it is 13.
    pub(crate) fn below(
        &self,
        border: usize,
        trained: &[Conv],
        pictures: &[RgbImage],
    ) -> Result<Vec<Arc<[f32]>>> {
        let Engine::Processor(processor) = &self.engine else {
            let what = "layers below the head train on the CPU only; build the model without a device";
            return Err(Error::Invalid(what.to_owned()));
        };
        let files = border - trained.len();
        let output = run(trained, files, processor.bytes(pictures, files)?);
        Ok(output.chunks_exact(output.len() / pictures.len()).map(Arc::from).collect())
    }

    /// [`Body::below`]'s rows to pool5, `(N, 512, 7, 7)`, through the convolutions above.
    pub(crate) fn above(&self, trained: &[Conv], rows: &[Arc<[f32]>]) -> Result<Tensor> {
        let values: Vec<f32> = rows.iter().flat_map(|row| row.iter().copied()).collect();
        channels_first(run(trained, COUNT - trained.len(), values), rows.len(), layers::POOL5)
    }
}

/// Sends activations through some of the thirteen convolutions, from `first` on.
fn run(trained: &[Conv], first: usize, mut values: Vec<f32>) -> Vec<f32> {
    let mut scratch = Scratch::default();
    let convs = layers::convs();
    for (index, conv) in (first..).zip(trained) {
        let pools = convs[..index].iter().filter(|conv| conv.pooled).count();
        let side = crate::data::SIDE as usize >> pools;
        values = forward(conv, &mut scratch, &values, (side, side), convs[index].pooled);
    }
    values
}
