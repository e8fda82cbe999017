//! What the lowest trained layer sees of each picture, and the features of a changed
//! network.

use super::conv::Conv;
use super::kept::Kept;
use super::{Deep, FC6};
use crate::backbone::Body;
use crate::data::Batches;
use crate::learner::Learner;
use crate::show::Progress;
use crate::train::Rows;
use crate::vgg16::MICRO_BATCH;
use crate::{Result, interrupt};
use std::sync::Arc;

/// The part of the network that stays as it is, and what it gave before.
pub(super) struct Below<'a> {
    pub body: &'a Body,
    /// The layer that sees what this part gives.
    pub border: usize,
    /// The convolutions right below it that are not the file's.
    pub convs: &'a [Conv],
    pub kept: &'a mut Kept,
}

impl Below<'_> {
    /// What the border's layer sees of some pictures: kept, or from the frozen part.
    pub(super) fn rows(&mut self, batches: &Batches, chunk: &[usize], epoch: u64) -> Result<Rows> {
        let mut rows: Vec<Option<Arc<[f32]>>> =
            chunk.iter().map(|&index| self.kept.get(batches, index)).collect();
        let missing: Vec<usize> = (0..chunk.len()).filter(|&at| rows[at].is_none()).collect();
        for part in missing.chunks(MICRO_BATCH) {
            interrupt::check_interrupt()?;
            let indices: Vec<usize> = part.iter().map(|&at| chunk[at]).collect();
            let pictures = batches.pictures(&indices, epoch)?;
            for (&at, row) in part.iter().zip(self.body.below(self.border, self.convs, &pictures)?) {
                self.kept.put(batches, chunk[at], &row);
                rows[at] = Some(row);
            }
        }
        Ok(rows.into_iter().flatten().collect())
    }
}

impl Deep {
    /// What the border's layer sees of some pictures.
    fn below(&mut self, body: &Body, batches: &Batches, chunk: &[usize], epoch: u64) -> Result<Rows> {
        let border = self.border();
        let convs = &self.convs[..self.still()];
        Below { body, border, convs, kept: &mut self.below }.rows(batches, chunk, epoch)
    }
}

impl Learner {
    /// Whether a picture's features are not those of the weights file.
    pub(crate) fn features_changed(&self) -> bool {
        self.deep.as_ref().is_some_and(Deep::changes_features)
    }

    /// [`Learner::feature_rows`] of a network whose body or fc6 was changed: such features
    /// are kept until the next step of training, and never with those of the file.
    pub(crate) fn changed_rows(&mut self, batches: &Batches, epoch: u64) -> Result<Rows> {
        let Some(mut deep) = self.deep.clone() else { return Ok(Vec::new()) };
        let rows = self.rows_above(&mut deep, batches, epoch);
        // With what was kept before an interrupt, too.
        self.deep = Some(deep);
        rows
    }

    fn rows_above(&self, deep: &mut Deep, batches: &Batches, epoch: u64) -> Result<Rows> {
        let mut rows: Vec<Option<Arc<[f32]>>> =
            (0..batches.len()).map(|index| deep.features.get(batches, index)).collect();
        let missing: Vec<usize> = (0..batches.len()).filter(|&index| rows[index].is_none()).collect();
        if missing.is_empty() {
            return Ok(rows.into_iter().flatten().collect());
        }
        self.check_room_for(missing.len())?;
        let mut progress =
            Progress::new("The trained layers look at the pictures", missing.len()).unit("images");
        for (at, chunk) in missing.chunks(MICRO_BATCH).enumerate() {
            interrupt::check_interrupt()?;
            let below = deep.below(&self.body, batches, chunk, epoch)?;
            let features = self.rows_of(&self.body.above(&deep.convs[deep.still()..], &below)?)?;
            for (&index, row) in chunk.iter().zip(features) {
                deep.features.put(batches, index, &row);
                rows[index] = Some(row);
            }
            progress.set((at * MICRO_BATCH + chunk.len()).min(missing.len()));
        }
        let rate = missing.len() as f64 / progress.seconds().max(1e-3);
        let line = format!("The trained layers looked at {} images: {rate:.1} images/s", missing.len());
        progress.finish(&line);
        Ok(rows.into_iter().flatten().collect())
    }

    /// What layer `from` sees of all pictures, where that is fc6 or above.
    pub(super) fn all_below(&mut self, batches: &Batches, epoch: u64) -> Result<Rows> {
        match self.deep.as_ref().and_then(Deep::from) {
            Some(from) if from > FC6 => self.feature_rows(batches, epoch),
            _ => Ok(Vec::new()),
        }
    }
}
