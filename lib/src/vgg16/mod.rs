//! VGG16: [`Vgg16`], the network of lesson 1.
//!
//! [`layers`] is the network as data; the body and the classifier compute. What
//! `vgg16.py` does with it is [`Learner`]'s.

mod body;
pub(crate) mod classifier;
pub(crate) mod dense;
#[cfg(test)]
mod layer_tests;
pub mod layers;
mod split;

pub(crate) use body::{Body, MICRO_BATCH};

use crate::conv::Precision;
use crate::learner::{Learner, features_of};
use crate::train::{FeatureStore, History, Keep};
use crate::weights::Weights;
use crate::{Result, rng};
use candle_core::Device;
use classifier::Classifier;
use std::path::{Path, PathBuf};

/// VGG16 that knows ImageNet: where a [`Learner`] of it comes from.
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
pub enum Vgg16 {}

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
    ///
    /// [`Error::NoWeights`]: crate::Error::NoWeights
    #[allow(clippy::new_ret_no_self)] // One type for all networks, by fast.ai's names.
    pub fn new() -> Result<Learner> {
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
    ///
    /// [`Error::Missing`]: crate::Error::Missing
    /// [`Error::WeightMissing`]: crate::Error::WeightMissing
    /// [`Error::WeightShape`]: crate::Error::WeightShape
    /// [`Error::Corrupt`]: crate::Error::Corrupt
    pub fn from_file(path: impl AsRef<Path>) -> Result<Learner> {
        Vgg16::builder().weights(path).build()
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
    pub fn build(self) -> Result<Learner> {
        let weights = match self.weights {
            Some(path) => Weights::open(path)?,
            None => Weights::find()?,
        };
        let device = self.device.unwrap_or(Device::Cpu);
        let classifier = weights.is_full().then(|| Classifier::load(&weights, &device)).transpose()?;
        let features = features_of(classifier.as_ref());
        let store =
            FeatureStore::new(&weights, features, &format!("{}, {device:?}", self.precision), self.keep);
        let learner = Learner {
            body: Body::load(&weights, &device, self.precision)?,
            classifier,
            head: None,
            deep: None,
            store,
            device,
            seed: self.seed.unwrap_or_else(rng::default_seed),
            history: History::default(),
            resumed: None,
            batch_sizes: None,
            heads: 0,
            weights,
        };
        println!("Weights: {}", learner.weights.describe());
        Ok(learner)
    }
}
