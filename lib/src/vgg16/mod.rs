//! VGG16 with fast.ai's interface: [`Vgg16`].
//!
//! [`layers`] is the network as data; the body and the classifier compute; the
//! other modules are what `vgg16.py` offers, by verb.

mod body;
pub(crate) mod classifier;
pub(crate) mod dense;
mod finetune;
#[cfg(test)]
mod layer_tests;
pub mod layers;
mod predict;
mod save;
mod split;
mod summary;
mod unfreeze;

pub(crate) use body::{Body, MICRO_BATCH};
pub use predict::{Predictions, Probs};
pub use summary::{Row, Summary};

use crate::conv::Precision;
use crate::data::{BatchOptions, Batches};
use crate::train::deep::Deep;
use crate::train::{BatchSizes, FeatureStore, Features, Head, History, Keep};
use crate::weights::{self, Weights};
use crate::{Count, Error, Result, rng};
use candle_core::Device;
use classifier::Classifier;
use std::path::{Path, PathBuf};

/// A VGG16 that knows ImageNet, and after [`Vgg16::finetune`] one's own classes.
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
pub struct Vgg16 {
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
    /// What the last trial of batch sizes found.
    pub(crate) batch_sizes: Option<BatchSizes>,
    /// Heads made so far: each is initialised its own way.
    heads: u64,
    weights: Weights,
}

/// Chooses weights, device and seed; made by [`Vgg16::builder`].
#[derive(Clone, Debug, Default)]
pub struct Vgg16Builder {
    weights: Option<PathBuf>,
    device: Option<Device>,
    seed: Option<u64>,
    precision: Precision,
    keep: Keep,
}

impl Vgg16 {
    /// The best weights on this machine: all 16 layers if they are here, else the
    /// convolution base that `sevenlines setup` installs. Never downloads. Says which.
    ///
    /// # Errors
    /// [`Error::NoWeights`] if there are none; what [`Vgg16::from_file`] says of bad ones.
    pub fn new() -> Result<Vgg16> {
        Vgg16::builder().build()
    }

    /// To choose weights, device or seed.
    ///
    /// ```no_run
    /// let vgg = sevenlines::Vgg16::builder().seed(3).build()?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn builder() -> Vgg16Builder {
        Vgg16Builder::default()
    }

    /// Weights from a file: safetensors with torchvision or timm names, or
    /// torchvision's `.pth`.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::WeightMissing`], [`Error::WeightShape`] or
    /// [`Error::Corrupt`], each naming the file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Vgg16> {
        Vgg16::builder().weights(path).build()
    }

    /// Lists and checks a folder of class folders, and says what it found:
    /// `Found 395 images belonging to 2 classes.`
    ///
    /// # Errors
    /// As [`Batches::open`].
    pub fn get_batches(&self, path: impl AsRef<Path>, batch_size: impl Count) -> Result<Batches> {
        self.get_batches_with(path, batch_size, BatchOptions::default())
    }

    /// [`Vgg16::get_batches`] with options.
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

    /// What a new head stands on: fc6 with full weights, else pooled pool5.
    pub fn features(&self) -> Features {
        features_of(self.classifier.as_ref())
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
        self.classifier.as_ref().ok_or(Error::NeedsFullWeights { what })
    }
}

impl Vgg16Builder {
    /// A weights file instead of what is installed.
    pub fn weights(mut self, path: impl AsRef<Path>) -> Self {
        self.weights = Some(path.as_ref().to_owned());
        self
    }

    /// Where the body computes; the CPU unless given.
    pub fn device(mut self, device: Device) -> Self {
        self.device = Some(device);
        self
    }

    /// How precisely the processor multiplies in the body; single precision unless
    /// given.
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The seed of initialisation, dropout and shuffling; `SEVENLINES_SEED` or 0 unless given.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether features are kept on disk too, for the next model with the same weights;
    /// as `SEVENLINES_FEATURES` says unless given.
    pub fn keep_features(mut self, keep: bool) -> Self {
        self.keep.on_disk = Some(keep);
        self
    }

    /// Where features are kept on disk; [`home::features`](crate::home::features) unless
    /// given.
    pub fn features_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.keep.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Loads the weights and says which they are.
    ///
    /// # Errors
    /// As [`Vgg16::new`] and [`Vgg16::from_file`].
    pub fn build(self) -> Result<Vgg16> {
        let weights = match self.weights {
            Some(path) => Weights::open(path)?,
            None => Weights::find()?,
        };
        let device = self.device.unwrap_or(Device::Cpu);
        let classifier = weights.is_full().then(|| Classifier::load(&weights, &device)).transpose()?;
        let features = features_of(classifier.as_ref());
        let store =
            FeatureStore::new(&weights, features, &format!("{}, {device:?}", self.precision), self.keep);
        let vgg = Vgg16 {
            body: Body::load(&weights, &device, self.precision)?,
            classifier,
            head: None,
            deep: None,
            store,
            device,
            seed: self.seed.unwrap_or_else(rng::default_seed),
            history: History::default(),
            batch_sizes: None,
            heads: 0,
            weights,
        };
        println!("Weights: {}", vgg.weights.describe());
        Ok(vgg)
    }
}

fn features_of(classifier: Option<&Classifier>) -> Features {
    match classifier {
        Some(_) => Features::Fc6,
        None => Features::PooledPool5,
    }
}
