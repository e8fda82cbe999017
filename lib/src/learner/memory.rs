//! What a network needs of memory: estimated, shown by `summary`, and asked for before
//! anything large is begun.

use super::Learner;
use crate::Result;
use crate::backbone::Body;
use crate::data::Batches;
use crate::memory::{Need, size};
use crate::train::deep::{self, Deep};
use crate::vgg16;

/// The batch size that an estimate is made for before any batches are known.
const BATCH_SIZE: usize = 64;

/// What a network needs of memory, in bytes, estimated for photographs of some megapixels:
/// the figures that `fit`, `predict` and their like keep to, whatever the batch size. What
/// does not fit is refused with [`Error::Memory`](crate::Error::Memory), which says what
/// would.
///
/// `SEVENLINES_MEMORY=2GB` in the environment bounds what there is, for a machine that
/// others use too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The weights below the new last layer, in the file and made ready to compute with.
    pub weights: u64,
    /// What looking at pictures takes beside the weights.
    pub looking: u64,
    /// The features of all [`pictures`](MemoryEstimate::pictures), which are kept.
    pub features: u64,
    /// What training takes with [`batch_size`](MemoryEstimate::batch_size): the head's
    /// batch; with layers unfrozen their gradients, Adam's moments and what the layers below
    /// gave, too.
    pub training: u64,
    /// The pictures that `finetune` or `fit` was given last; 0 before.
    pub pictures: usize,
    /// The most pictures in one of their batches; 64 before.
    pub batch_size: usize,
}

impl MemoryEstimate {
    /// All of it together: the peak that `fit` stays below.
    pub fn total(&self) -> u64 {
        self.weights + self.looking + self.features + self.training
    }
}

impl std::fmt::Display for MemoryEstimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let MemoryEstimate { weights, looking, features, training, pictures, batch_size } = *self;
        let [total, weights, looking, training] = [self.total(), weights, looking, training].map(size);
        write!(f, "Memory: about {total} (weights {weights}, looking at pictures {looking}, ")?;
        if pictures > 0 {
            write!(f, "features of {pictures} pictures {}, ", size(features))?;
        }
        write!(f, "training in batches of {batch_size} {training})")
    }
}

/// The pictures that were last to be trained on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked {
    pub pictures: usize,
    pub batch_size: usize,
}

impl Asked {
    /// To train on these, with so many pictures in all.
    pub(crate) fn of(batches: &Batches, pictures: usize) -> Asked {
        Asked { pictures, batch_size: batches.batch_size().min(batches.len()) }
    }
}

impl Learner {
    pub(super) fn memory(&self) -> MemoryEstimate {
        let Asked { pictures, batch_size } = self.asked;
        let batch_size = if batch_size == 0 { BATCH_SIZE } else { batch_size };
        let head = self.head.as_ref().map_or(0, |head| head.bytes_a_picture(false) * batch_size as u64);
        let below = match self.deep.as_ref().and_then(Deep::from) {
            Some(from) => deep::bytes(from, self.classifier.is_some(), pictures, batch_size),
            None => 0,
        };
        MemoryEstimate {
            weights: 4 * self.weights.parameter_count() as u64 + self.ready_weights(),
            looking: self.looking(),
            features: pictures as u64 * self.bytes_of_features(),
            training: head + below,
            pictures,
            batch_size,
        }
    }

    /// The weights once more, as VGG16's body computes with them.
    fn ready_weights(&self) -> u64 {
        match &self.body {
            Body::Vgg16(body) => body.ready_bytes(),
            Body::Network(..) => 0,
        }
    }

    /// What looking at pictures takes beside the weights.
    fn looking(&self) -> u64 {
        match &self.body {
            Body::Vgg16(_) => vgg16::looking_bytes(),
            Body::Network(_, network) => network.looking_bytes(),
        }
    }

    /// A picture's features and what finds them again.
    fn bytes_of_features(&self) -> u64 {
        4 * self.features().width() as u64 + 200
    }

    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is no room to look at so many
    /// pictures and keep their features.
    pub(crate) fn check_room_for(&self, pictures: usize) -> Result<()> {
        let ready = matches!(&self.body, Body::Vgg16(body) if body.is_ready());
        let fixed = if ready { 0 } else { self.ready_weights() + self.looking() };
        let what = format!("looking at {pictures} pictures and keeping their features");
        Need { what, unit: "pictures", count: pictures, each: self.bytes_of_features(), fixed }.check()
    }

    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is no room to train layer `from` and
    /// all above it.
    pub(super) fn check_room_to_train(&self, name: &str, from: usize) -> Result<()> {
        let fixed = deep::bytes(from, self.classifier.is_some(), 0, 1);
        let what = format!("training {name} and all above it");
        Need { what, unit: "pictures at a time", count: 1, each: 0, fixed }.check()
    }
}
