//! Where a learner comes from: a backbone, and what one may choose of it.

use super::{Learner, features_of};
use crate::backbone::{Backbone, Body};
use crate::conv::Precision;
use crate::train::{FeatureStore, History, Keep};
use crate::vgg16::{self, classifier::Classifier};
use crate::weights::Weights;
use crate::{Error, Result, rng};
use candle_core::Device;
use std::path::{Path, PathBuf};

/// Chooses weights, device and seed; made by [`Learner::builder`] and
/// [`Vgg16::builder`](crate::Vgg16::builder).
#[derive(Clone, Debug)]
pub struct LearnerBuilder {
    backbone: Backbone,
    weights: Option<PathBuf>,
    device: Option<Device>,
    seed: Option<u64>,
    precision: Option<Precision>,
    keep: Keep,
}

impl Learner {
    /// A network of one's choice, with the weights that are on this machine. Never
    /// downloads: `sevenlines setup --backbone resnet50` does. Says which weights it took.
    ///
    /// The seven lines stay what they are, as do all methods but those that are
    /// VGG16's own ([`unfreeze`](Learner::unfreeze), [`pool5`](Learner::pool5)), which
    /// say so. `Vgg16::new()` is `Learner::new(Backbone::Vgg16)`.
    ///
    /// # Errors
    /// [`Error::NoBackbone`] if there are no weights; [`Error::BackboneWeights`] or
    /// [`Error::Corrupt`] if they are not of this network.
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// # fn main() -> Result<(), Error> {
    /// let path = dogs_vs_cats()?;
    /// let mut resnet = Learner::new(Backbone::ResNet50)?;
    /// let batches = resnet.get_batches(path.join("train"), 64)?;
    /// let val_batches = resnet.get_batches(path.join("valid"), 128)?;
    /// resnet.finetune(&batches)?;
    /// resnet.fit(&batches, &val_batches, 1)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(backbone: Backbone) -> Result<Learner> {
        Learner::builder(backbone).build()
    }

    /// To choose weights, device or seed.
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// let resnet = Learner::builder(Backbone::ResNet18).weights("resnet18.pth").seed(3).build()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn builder(backbone: Backbone) -> LearnerBuilder {
        let keep = Keep::default();
        LearnerBuilder { backbone, weights: None, device: None, seed: None, precision: None, keep }
    }
}

impl LearnerBuilder {
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

    /// How precisely the processor multiplies in VGG16's body; single precision unless
    /// given. Other backbones have no other.
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = Some(precision);
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
    /// As [`Learner::new`]; of VGG16, as [`Vgg16::new`](crate::Vgg16::new) and
    /// [`Vgg16::from_file`](crate::Vgg16::from_file); [`Error::NeedsVgg16`] of a precision
    /// for another backbone.
    pub fn build(self) -> Result<Learner> {
        let weights = match &self.weights {
            Some(path) => Weights::open_for(self.backbone, path)?,
            None => Weights::find_for(self.backbone)?,
        };
        let device = self.device.unwrap_or(Device::Cpu);
        let (body, arithmetic) = body(&weights, &device, self.precision)?;
        let classifier = weights.is_full().then(|| Classifier::load(&weights, &device)).transpose()?;
        let features = features_of(weights.backbone(), classifier.as_ref());
        let learner = Learner {
            body,
            classifier,
            head: None,
            deep: None,
            store: FeatureStore::new(&weights, features, &arithmetic, self.keep),
            device,
            seed: self.seed.unwrap_or_else(rng::default_seed),
            history: History::default(),
            resumed: None,
            asked: Default::default(),
            batch_sizes: None,
            heads: 0,
            weights,
        };
        println!("Weights: {}", learner.weights.describe());
        if !learner.device.is_cpu() {
            println!("Device: {}", crate::device::name(&learner.device));
        }
        Ok(learner)
    }
}

/// The body, and where and how exactly it computes: features are stored under that too.
fn body(weights: &Weights, device: &Device, precision: Option<Precision>) -> Result<(Body, String)> {
    match (weights.backbone(), precision) {
        (Backbone::Vgg16, precision) => {
            let precision = precision.unwrap_or_default();
            let body = vgg16::Body::load(weights, device, precision)?;
            Ok((Body::Vgg16(body), format!("{precision}, {device:?}")))
        }
        (backbone, Some(_)) => Err(Error::NeedsVgg16 { what: "a precision for the body", backbone }),
        (_, None) => {
            let prepared = weights.normalisation();
            Ok((Body::network(weights, device)?, format!("candle, {prepared}, {device:?}")))
        }
    }
}
