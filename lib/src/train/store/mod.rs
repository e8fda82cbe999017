//! Features already computed, so that the frozen body sees each picture once: another
//! epoch, another `fit`, another batch size, and after a restart, cost no more of it.
//!
//! Features are found by what a picture holds, not by its name ([`recipe`]). They are
//! in memory, and on disk too ([`disk`]), unless there is no disk to be had: then in
//! memory alone, said once. Nothing here fails a `fit`. Which file holds which content
//! is remembered, so that files are not read again ([`files`]).

mod block;
mod disk;
mod files;
mod info;
mod job;
mod lock;
mod memory;
mod recipe;
mod settings;
mod tables;
#[cfg(test)]
mod tests;
mod trouble;

pub use info::{StoredFeatures, clear_stored_features, stored_features};
pub(crate) use settings::Keep;

use crate::cell;
use crate::data::{Batches, Content};
use crate::train::Features;
use crate::weights::Weights;
use block::Row;
use memory::Memory;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The features that one model's body has computed, or another like it before. Clones
/// share them.
#[derive(Clone)]
pub(crate) struct FeatureStore {
    shared: Arc<Mutex<Memory>>,
    /// The cell in which it was said that augmented pictures are not stored.
    said_in: Option<u64>,
}

impl FeatureStore {
    /// For a body with these weights, just opened. `arithmetic` names where and how
    /// exactly it computes: with another, features are not the same bit by bit.
    pub(crate) fn new(weights: &Weights, features: Features, arithmetic: &str, keep: Keep) -> FeatureStore {
        let memory = Memory::new(weights.file(), features, arithmetic, keep.disk());
        FeatureStore { shared: Arc::new(Mutex::new(memory)), said_in: None }
    }

    /// The features of all pictures of `batches`, in [`Batches::items`] order, where they
    /// are in memory or on disk and the file is still the same. Says how many came from
    /// disk. None of augmented pictures, which are another's each epoch: it says so.
    pub(crate) fn lookup(&mut self, batches: &Batches) -> Vec<Option<Row>> {
        if batches.options().augment.is_some() {
            if self.said_in.replace(cell::number()) != Some(cell::number()) {
                println!(
                    "Augmented pictures differ each epoch: {} looks at all of them again.",
                    self.memory().backbone()
                );
            }
            return vec![None; batches.len()];
        }
        self.memory().lookup(batches)
    }

    /// Keeps the features of picture `index`: `content` is of the bytes that were decoded
    /// since the last [`FeatureStore::lookup`]. Of augmented pictures it keeps none.
    pub(crate) fn put(&mut self, batches: &Batches, index: usize, content: Content, row: Row) {
        if batches.options().augment.is_none() {
            self.memory().put(batches, index, content, row);
        }
    }

    /// Writes what is not on disk yet. Without it, the last seconds' features are in
    /// memory alone.
    pub(crate) fn flush(&mut self) {
        self.memory().flush(disk::PATIENCE);
    }

    /// How many pictures' features are in memory.
    pub(crate) fn len(&self) -> usize {
        self.memory().len()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // What a panic elsewhere left is whole: rows come and go one by one.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says something that a process need not say twice.
fn say_once(text: &str) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.iter().any(|before| before == text) {
        println!("{text}");
        said.push(text.to_owned());
    }
}
