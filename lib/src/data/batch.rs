//! One batch, and the batches of an epoch in a `for` loop.

use super::loader::{Loaded, Loader};
use super::{Batches, SIDE};
use crate::Result;
use crate::memory::Need;
use candle_core::{Device, Tensor};
use image::RgbImage;
use rayon::prelude::*;

/// One batch of decoded pictures.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `(N, 3, 224, 224)`, f32, RGB, 0 to 255.
    pub images: Tensor,
    /// `(N,)`, u32: class indices.
    pub labels: Tensor,
    /// Which pictures these are: indices into [`Batches::items`].
    pub indices: Vec<usize>,
}

/// The batches of one epoch. While one is worked on, the next is decoded.
pub struct BatchIter {
    batches: Batches,
    loader: Loader,
    /// Whether there was no room for a batch: there is no further one then.
    refused: bool,
}

impl BatchIter {
    pub(super) fn new(batches: &Batches, epoch: u64) -> BatchIter {
        let loader = Loader::new(batches, batches.order(epoch), epoch, batches.batch_size());
        BatchIter { batches: batches.clone(), loader, refused: false }
    }

    /// A batch is there whole, as numbers and as the bytes that they are made of, and while
    /// it is worked on the next one's bytes.
    fn check_room(&self) -> Result<()> {
        let count = self.batches.batch_size().min(self.batches.len());
        let pixels = 3 * u64::from(SIDE) * u64::from(SIDE);
        let what = format!("batches of {count} pictures as tensors");
        Need { what, unit: "pictures in a batch", count, each: (4 + 2) * pixels, fixed: 0 }.check()
    }

    fn batch(&self, loaded: Vec<Loaded>) -> Result<Batch> {
        let indices: Vec<usize> = loaded.iter().map(|loaded| loaded.index).collect();
        let labels: Vec<u32> = indices.iter().map(|&index| self.batches.items()[index].class).collect();
        let pictures: Vec<RgbImage> = loaded.into_iter().map(|loaded| loaded.picture).collect();
        Ok(Batch {
            images: to_tensor(&pictures)?,
            labels: Tensor::from_vec(labels, indices.len(), &Device::Cpu)?,
            indices,
        })
    }
}

impl Iterator for BatchIter {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        if let Err(error) = self.check_room() {
            return (!std::mem::replace(&mut self.refused, true)).then_some(Err(error));
        }
        let loaded = self.loader.next()?;
        Some(loaded.and_then(|loaded| self.batch(loaded)))
    }
}

impl IntoIterator for &Batches {
    type Item = Result<Batch>;
    type IntoIter = BatchIter;

    fn into_iter(self) -> BatchIter {
        self.epoch(0)
    }
}

/// Pictures of 224 x 224 as `(N, 3, 224, 224)`, f32, RGB, 0 to 255.
pub(crate) fn to_tensor(pictures: &[RgbImage]) -> Result<Tensor> {
    let side = SIDE as usize;
    let plane = side * side;
    let mut values = vec![0f32; pictures.len() * 3 * plane];
    values.par_chunks_mut(3 * plane).zip(pictures.par_iter()).for_each(|(values, picture)| {
        let (red, rest) = values.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        for (at, pixel) in picture.as_raw().chunks_exact(3).enumerate() {
            red[at] = f32::from(pixel[0]);
            green[at] = f32::from(pixel[1]);
            blue[at] = f32::from(pixel[2]);
        }
    });
    Ok(Tensor::from_vec(values, (pictures.len(), 3, side, side), &Device::Cpu)?)
}
