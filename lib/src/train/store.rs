//! Features already computed, so that the frozen body sees each picture once:
//! another epoch, another `fit`, another batch size costs no more of it.

use crate::data::{Batches, Resize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// What a picture's features depend on beside the weights.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    resize: Resize,
}

/// Features by picture, in memory.
#[derive(Clone, Default)]
pub(crate) struct FeatureStore {
    rows: HashMap<Key, Arc<[f32]>>,
}

impl FeatureStore {
    /// The features of picture `index`, if they are here and the file is still the same.
    pub(crate) fn get(&self, batches: &Batches, index: usize) -> Option<Arc<[f32]>> {
        self.rows.get(&key(batches, index)?).cloned()
    }

    /// Keeps the features of picture `index`.
    pub(crate) fn put(&mut self, batches: &Batches, index: usize, row: Arc<[f32]>) {
        if let Some(key) = key(batches, index) {
            self.rows.insert(key, row);
        }
    }

    /// How many pictures are kept.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

fn key(batches: &Batches, index: usize) -> Option<Key> {
    let path = batches.items()[index].path.clone();
    let file = std::fs::metadata(&path).ok()?;
    let path = std::path::absolute(path).ok()?;
    Some(Key { path, length: file.len(), modified: file.modified().ok(), resize: batches.options().resize })
}
