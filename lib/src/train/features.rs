//! The frozen body's output for all pictures of a set: from the store where it is,
//! else from the body.

use super::head::Features;
use crate::backbone::Body;
use crate::data::{Batches, Content, Loader, to_tensor};
use crate::learner::Learner;
use crate::show::Progress;
use crate::vgg16::MICRO_BATCH;
use crate::{Error, Result, interrupt};
use candle_core::{Device, Tensor};
use image::RgbImage;
use std::sync::Arc;

/// One row of features a picture.
pub(crate) type Rows = Vec<Arc<[f32]>>;

impl Learner {
    /// The features of all pictures, in [`Batches::items`] order: from the store where
    /// they are, else from the body, with progress.
    pub(crate) fn feature_rows(&mut self, batches: &Batches, epoch: u64) -> Result<Rows> {
        if self.features_changed() {
            return self.changed_rows(batches, epoch);
        }
        let mut rows = self.store.lookup(batches);
        let missing: Vec<usize> = (0..batches.len()).filter(|&index| rows[index].is_none()).collect();
        let looked = self.look_at(batches, missing, epoch, &mut rows);
        // Also what was computed before an error or an interrupt.
        self.store.flush();
        looked?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Has the body look at the pictures `missing`, which the loader decodes meanwhile.
    pub(super) fn look_at(
        &mut self,
        batches: &Batches,
        missing: Vec<usize>,
        epoch: u64,
        rows: &mut [Option<Arc<[f32]>>],
    ) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        let (network, count) = (self.backbone(), missing.len());
        self.check_room_for(count)?;
        let mut progress = Progress::new(&format!("{network} looks at the pictures"), count).unit("images");
        let mut done = 0;
        for loaded in Loader::new(batches, missing, epoch, MICRO_BATCH) {
            interrupt::check_interrupt()?;
            let loaded = loaded?;
            done += loaded.len();
            let (files, pictures): (Vec<(usize, Content)>, Vec<RgbImage>) =
                loaded.into_iter().map(|loaded| ((loaded.index, loaded.content), loaded.picture)).unzip();
            for ((index, content), row) in files.into_iter().zip(self.features_of(&pictures)?) {
                self.store.put(batches, index, content, row.clone());
                rows[index] = Some(row);
            }
            progress.set(done);
        }
        let rate = count as f64 / progress.seconds().max(1e-3);
        progress.finish(&format!("{network} looked at {count} images: {rate:.1} images/s"));
        Ok(())
    }

    /// The features of pictures that are 224 x 224 already, one row each.
    pub(crate) fn features_of(&self, pictures: &[RgbImage]) -> Result<Rows> {
        match &self.body {
            Body::Vgg16(body) => self.rows_of(&body.pool5_of(pictures)?),
            Body::Network(_, network) => rows(&network.features(&to_tensor(pictures)?)?),
        }
    }

    /// The features of pictures `(N, 3, 224, 224)`, RGB, 0 to 255, one row each.
    pub(crate) fn features_of_images(&self, images: &Tensor) -> Result<Rows> {
        check_shape(images)?;
        let body = match &self.body {
            Body::Vgg16(body) => body,
            Body::Network(_, network) => return rows(&network.features(images)?),
        };
        // In parts, so that pool5 of all pictures is never there at once.
        let count = images.dim(0)?;
        let mut all = Rows::with_capacity(count);
        for start in (0..count).step_by(MICRO_BATCH) {
            let part = images.narrow(0, start, MICRO_BATCH.min(count - start))?;
            all.extend(self.rows_of(&body.pool5(&part)?)?);
        }
        Ok(all)
    }

    /// pool5 `(N, 512, 7, 7)` to feature rows.
    pub(crate) fn rows_of(&self, pool5: &Tensor) -> Result<Rows> {
        let features = match self.features() {
            Features::PooledPool5 => {
                let flat = pool5.flatten_from(2)?;
                Tensor::cat(&[flat.mean(2)?, flat.max(2)?], 1)?
            }
            Features::Fc6 => self.classifier("fc6")?.fc6(pool5)?,
            Features::Backbone(backbone) => return Err(Error::NeedsVgg16 { what: "pool5", backbone }),
        };
        rows(&features)
    }
}

/// Refuses what is not pictures `(N, 3, 224, 224)`.
pub(crate) fn check_shape(images: &Tensor) -> Result<()> {
    match images.dims() {
        [1..=usize::MAX, 3, 224, 224] => Ok(()),
        got => Err(Error::OutOfRange {
            name: "the shape of images",
            got: format!("{got:?}"),
            expected: "(N, 3, 224, 224) with N at least 1",
        }),
    }
}

/// `(N, width)` on any device as rows.
fn rows(features: &Tensor) -> Result<Rows> {
    let rows = features.to_device(&Device::Cpu)?.to_vec2::<f32>()?;
    Ok(rows.into_iter().map(Arc::from).collect())
}

/// Pictures whose features go through the head at once, where nothing trains: memory must
/// not grow with the batch size. What comes out does not depend on it.
pub(crate) const MEASURED: usize = 128;

/// Gives `work` all rows in turn, at most `size` at a time, as tensors `(n, width)`.
pub(crate) fn in_parts(rows: &Rows, size: usize, mut work: impl FnMut(Tensor) -> Result<()>) -> Result<()> {
    let order: Vec<usize> = (0..rows.len()).collect();
    for part in order.chunks(size) {
        interrupt::check_interrupt()?;
        work(stack(rows, part)?)?;
    }
    Ok(())
}

/// Rows `chunk` as a tensor `(N, width)`.
pub(crate) fn stack(rows: &Rows, chunk: &[usize]) -> Result<Tensor> {
    let width = rows.first().map_or(0, |row| row.len());
    let mut values = Vec::with_capacity(chunk.len() * width);
    chunk.iter().for_each(|&index| values.extend_from_slice(&rows[index]));
    Ok(Tensor::from_vec(values, (chunk.len(), width), &Device::Cpu)?)
}
