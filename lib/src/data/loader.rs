//! Pictures in the order asked for, the next few decoded on all cores while the
//! caller works on the last few.
//!
//! Every picture is one job in rayon's pool that waits for nothing, and whoever
//! asks for pictures takes jobs too. So a pool that is busy, or has one thread, or
//! is asked from within itself, cannot stand still; on few cores the jobs come
//! before the body's own and never in the middle of a layer, on many beside it.

use super::{Batches, Content};
use crate::quiet::caught;
use crate::{Error, Result};
use image::RgbImage;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A picture as the network takes it.
pub(crate) struct Loaded {
    /// Its index in [`Batches::items`].
    pub index: usize,
    /// Of 224 x 224.
    pub picture: RgbImage,
    /// What the file held.
    pub content: Content,
}

/// Pictures, `size` at a time: at most that many are held beside those handed out.
/// Files that cannot be read are an [`Error::BrokenPictures`] in place of their lot,
/// naming all of that lot's.
pub(crate) struct Loader {
    batches: Batches,
    indices: Vec<usize>,
    epoch: u64,
    size: usize,
    /// How many of the indices were begun.
    begun: usize,
    ahead: Option<Lot>,
}

impl Loader {
    pub(crate) fn new(batches: &Batches, indices: Vec<usize>, epoch: u64, size: usize) -> Loader {
        Loader { batches: batches.clone(), indices, epoch, size: size.max(1), begun: 0, ahead: None }
    }

    fn begin(&mut self) -> Option<Lot> {
        let end = self.indices.len().min(self.begun + self.size);
        let indices = self.indices[self.begun..end].to_vec();
        self.begun = end;
        (!indices.is_empty()).then(|| Lot::begin(self.batches.clone(), indices, self.epoch))
    }
}

impl Iterator for Loader {
    type Item = Result<Vec<Loaded>>;

    fn next(&mut self) -> Option<Result<Vec<Loaded>>> {
        let lot = self.ahead.take().or_else(|| self.begin())?;
        let loaded = lot.finish();
        self.ahead = self.begin();
        Some(loaded)
    }
}

/// What is decoded together.
struct Lot {
    jobs: Arc<Jobs>,
}

impl Lot {
    fn begin(batches: Batches, indices: Vec<usize>, epoch: u64) -> Lot {
        let outcomes = Mutex::new(indices.iter().map(|_| None).collect());
        let (taken, arrived) = (AtomicUsize::new(0), Condvar::new());
        let jobs = Arc::new(Jobs { batches, epoch, indices, taken, outcomes, arrived });
        for _ in &jobs.indices {
            let jobs = jobs.clone();
            rayon::spawn(move || {
                jobs.do_one();
            });
        }
        Lot { jobs }
    }

    fn finish(self) -> Result<Vec<Loaded>> {
        while self.jobs.do_one() {}
        let mut pictures = Vec::with_capacity(self.jobs.indices.len());
        let mut broken = Vec::new();
        for (outcome, &index) in self.jobs.wait().into_iter().zip(&self.jobs.indices) {
            match outcome {
                Ok((picture, content)) => pictures.push(Loaded { index, picture, content }),
                Err(reason) => broken.push((self.jobs.batches.items()[index].path.clone(), reason)),
            }
        }
        match broken.is_empty() {
            true => Ok(pictures),
            false => Err(Error::BrokenPictures { pictures: broken }),
        }
    }
}

impl Drop for Lot {
    /// What nobody waits for any more is not begun.
    fn drop(&mut self) {
        self.jobs.taken.store(self.jobs.indices.len(), Ordering::Relaxed);
    }
}

type Outcome = std::result::Result<(RgbImage, Content), String>;

struct Jobs {
    batches: Batches,
    epoch: u64,
    indices: Vec<usize>,
    /// How many were begun, by the pool or by whoever waits.
    taken: AtomicUsize,
    outcomes: Mutex<Vec<Option<Outcome>>>,
    arrived: Condvar,
}

impl Jobs {
    /// Decodes one picture; false if all were begun.
    fn do_one(&self) -> bool {
        let at = self.taken.fetch_add(1, Ordering::Relaxed);
        let Some(&index) = self.indices.get(at) else { return false };
        // A panic in the pool would end the process.
        let outcome = caught(|| self.batches.load(index, self.epoch));
        let failed = |panic| Err(format!("the loader failed on it ({panic}): please report that"));
        self.outcomes()[at] = Some(outcome.unwrap_or_else(failed));
        self.arrived.notify_all();
        true
    }

    /// All outcomes, once every picture that was begun is done.
    fn wait(&self) -> Vec<Outcome> {
        let missing = |outcomes: &mut Vec<Option<Outcome>>| outcomes.iter().any(Option::is_none);
        let outcomes = self.arrived.wait_while(self.outcomes(), missing);
        outcomes.unwrap_or_else(PoisonError::into_inner).drain(..).flatten().collect()
    }

    fn outcomes(&self) -> MutexGuard<'_, Vec<Option<Outcome>>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
