//! Decoding: files to pictures of 224 x 224, as training reads them.

use super::Timing;
use crate::data::{BatchOptions, Batches};
use crate::{Count, Result};
use std::path::Path;

/// Pictures read in one call, at most: enough for a steady rate.
const MOST: usize = 256;

/// Times the reading of pictures below `folder` (a folder of class folders): JPEG to
/// batches `(batch, 3, 224, 224)`, up to 256 pictures a call. The first call may
/// have to wait for the disk.
///
/// # Errors
/// As [`Batches::open`], and pictures that cannot be decoded.
pub fn decode(folder: impl AsRef<Path>, batch: impl Count) -> Result<Timing> {
    measure(folder.as_ref(), batch.at_least_one("batch")?)
}

fn measure(folder: &Path, batch: usize) -> Result<Timing> {
    let batches = Batches::open(folder, batch, BatchOptions::default(), 0)?;
    let whole = MOST.div_ceil(batches.batch_size()).min(batches.batch_count());
    let images = (whole * batches.batch_size()).min(batches.len());
    Timing::of(images, || {
        for batch in batches.epoch(0).take(whole) {
            batch?;
        }
        Ok(())
    })
}
