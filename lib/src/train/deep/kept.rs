//! Numbers by picture, in memory, within a bound.

use crate::data::{Batches, Resize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// A picture file as it was, and how it was resized.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    resize: Resize,
}

/// One row of numbers a picture.
#[derive(Clone)]
pub(super) struct Kept {
    rows: HashMap<Key, Arc<[f32]>>,
    bytes: usize,
    limit: usize,
}

impl Kept {
    /// Holds no more than `limit` bytes.
    pub(super) fn new(limit: usize) -> Kept {
        Kept { rows: HashMap::new(), bytes: 0, limit }
    }

    /// The row of picture `index`, if it is here and the file is still the same.
    pub(super) fn get(&self, batches: &Batches, index: usize) -> Option<Arc<[f32]>> {
        if self.rows.is_empty() || batches.options().augment.is_some() {
            return None;
        }
        self.rows.get(&key(batches, index)?).cloned()
    }

    /// Keeps a row if there is room; an augmented picture's is not kept.
    pub(super) fn put(&mut self, batches: &Batches, index: usize, row: &Arc<[f32]>) {
        let bytes = size_of_val(&**row);
        if batches.options().augment.is_some() || self.bytes + bytes > self.limit {
            return;
        }
        if let Some(key) = key(batches, index)
            && self.rows.insert(key, row.clone()).is_none()
        {
            self.bytes += bytes;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Kept::new(self.limit);
    }
}

fn key(batches: &Batches, index: usize) -> Option<Key> {
    let path = batches.items()[index].path.clone();
    let file = std::fs::metadata(&path).ok()?;
    let path = std::path::absolute(path).ok()?;
    Some(Key { path, length: file.len(), modified: file.modified().ok(), resize: batches.options().resize })
}
