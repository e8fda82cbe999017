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

pub(crate) use body::{Body, MICRO_BATCH, looking_bytes};

pub use crate::learner::LearnerBuilder as Vgg16Builder;

use crate::Result;
use crate::backbone::Backbone;
use crate::learner::Learner;
use std::path::Path;

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
        Learner::builder(Backbone::Vgg16)
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
