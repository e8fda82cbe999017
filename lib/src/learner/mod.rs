//! What all networks have in common here: [`Learner`], fast.ai's interface to a frozen
//! body and a new head. [`Vgg16`](crate::Vgg16) is the one that lesson 1 is about.
//!
//! One module a verb of `vgg16.py`; training itself is in [`train`](crate::train).

mod builder;
mod checkpoint;
mod finetune;
mod memory;
mod precompute;
mod predict;
mod save;
mod save_layers;
mod summary;
mod tta;
mod unfreeze;

pub use builder::LearnerBuilder;
pub(crate) use memory::Asked;
pub use memory::MemoryEstimate;
pub use predict::{Predictions, Probs};
#[cfg(fuzzing)]
pub(crate) use save::fuzz_head;
pub use summary::{Row, Summary};

use crate::backbone::{Backbone, Body};
use crate::data::{BatchOptions, Batches};
use crate::train::checkpoint::Resumed;
use crate::train::deep::Deep;
use crate::train::{BatchSizes, FeatureStore, Features, Head, History};
use crate::vgg16::classifier::Classifier;
use crate::weights::{self, Weights};
use crate::{Count, Error, Result};
use candle_core::Device;
use std::path::Path;

/// A network that knows ImageNet, and after [`Learner::finetune`] one's own classes.
/// [`Vgg16::new`](crate::Vgg16::new) makes one, and [`Learner::new`] one on another
/// [`Backbone`].
///
/// ```no_run
/// use sevenlines::prelude::*;
/// # fn main() -> Result<(), Error> {
/// let path = dogs_vs_cats()?;
/// let batch_size = 64;
/// let mut vgg = Vgg16::new()?;
/// let batches = vgg.get_batches(path.join("train"), batch_size)?;
/// let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2)?;
/// vgg.finetune(&batches)?;
/// vgg.fit(&batches, &val_batches, 1)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Learner {
    pub(crate) body: Body,
    pub(crate) classifier: Option<Classifier>,
    pub(crate) head: Option<Head>,
    /// What `unfreeze` let train below the head.
    pub(crate) deep: Option<Deep>,
    pub(crate) store: FeatureStore,
    pub(crate) device: Device,
    pub(crate) seed: u64,
    /// The epochs since the last `finetune`.
    pub(crate) history: History,
    /// The run whose checkpoint this is, until the next `fit`.
    pub(crate) resumed: Option<Resumed>,
    /// The pictures that were last to be trained on.
    pub(crate) asked: memory::Asked,
    /// What the last trial of batch sizes found.
    pub(crate) batch_sizes: Option<BatchSizes>,
    /// Heads made so far: each is initialised its own way.
    pub(crate) heads: u64,
    pub(crate) weights: Weights,
}

impl Learner {
    /// Lists and checks a folder of class folders, and says what it found:
    /// `Found 395 images belonging to 2 classes.`
    ///
    /// # Errors
    /// As [`Batches::open`].
    pub fn get_batches(&self, path: impl AsRef<Path>, batch_size: impl Count) -> Result<Batches> {
        self.get_batches_with(path, batch_size, BatchOptions::default())
    }

    /// [`Learner::get_batches`] with options.
    ///
    /// # Errors
    /// As [`Batches::open`].
    pub fn get_batches_with(
        &self,
        path: impl AsRef<Path>,
        batch_size: impl Count,
        options: BatchOptions,
    ) -> Result<Batches> {
        let batches = Batches::open(path, batch_size, options, self.seed)?;
        println!("{batches}");
        for (file, reason) in batches.skipped() {
            println!("  left out {}: {reason}", file.display());
        }
        Ok(batches)
    }

    /// The class names in the order of the outputs: ImageNet's thousand before
    /// `finetune`, one's own after it.
    pub fn classes(&self) -> Vec<String> {
        match &self.head {
            None => weights::imagenet_classes().iter().map(|name| name.to_string()).collect(),
            Some(head) => match &head.classes {
                Some(classes) => classes.clone(),
                None => (0..head.outputs()).map(|class| class.to_string()).collect(),
            },
        }
    }

    /// The network below the new last layer.
    pub fn backbone(&self) -> Backbone {
        self.weights.backbone()
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The seed of initialisation, dropout and shuffling.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Where the body computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What a new head stands on: of VGG16, fc6 with full weights, else pooled pool5.
    pub fn features(&self) -> Features {
        features_of(self.backbone(), self.classifier.as_ref())
    }

    /// The epochs since the last `finetune`, over all calls to `fit`, also those
    /// before an interrupt.
    pub fn history(&self) -> History {
        self.history.clone()
    }

    /// How many pictures' features are in memory; more may be on disk, see
    /// [`stored_features`](crate::train::stored_features).
    pub fn features_kept(&self) -> usize {
        self.store.len()
    }

    pub(crate) fn classifier(&self, what: &'static str) -> Result<&Classifier> {
        self.body.vgg16(what)?;
        self.classifier.as_ref().ok_or(Error::NeedsFullWeights { what })
    }
}

fn features_of(backbone: Backbone, classifier: Option<&Classifier>) -> Features {
    match (backbone, classifier) {
        (Backbone::Vgg16, Some(_)) => Features::Fc6,
        (Backbone::Vgg16, None) => Features::PooledPool5,
        (other, _) => Features::Backbone(other),
    }
}
