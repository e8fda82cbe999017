//! Precomputed features by hand: what the frozen layers, or the whole of ImageNet's
//! network, say of each picture, as a tensor for a model of one's own.

use super::Learner;
use crate::Result;
use crate::data::Batches;
use crate::train::{MEASURED, in_parts, softmax, stack};
use candle_core::Tensor;

impl Learner {
    /// The frozen layers' features of all pictures of `batches`, in the order of
    /// [`Batches::items`], whatever the batches' own: `(N, 1024)` with the convolution
    /// base, `(N, 4096)` with full weights. Those already computed are not computed anew.
    ///
    /// # Errors
    /// [`Error::BrokenPictures`](crate::Error::BrokenPictures);
    /// [`Error::Interrupted`](crate::Error::Interrupted): what was computed is kept.
    ///
    /// ```no_run
    /// # use sevenlines::prelude::*;
    /// # let mut vgg = Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// let features = vgg.precompute(&batches)?;
    /// save_array("train_features.npy", &features)?;
    /// let mut lm = LinearModel::new(features.dim(1)?, batches.classes())?;
    /// lm.fit(&features, &batches.labels(), 3)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn precompute(&mut self, batches: &Batches) -> Result<Tensor> {
        let rows = self.feature_rows(batches, 0)?;
        let all: Vec<usize> = (0..rows.len()).collect();
        stack(&rows, &all)
    }

    /// ImageNet's thousand probabilities of all pictures of `batches`, `(N, 1000)`, in
    /// the order of [`Batches::items`]; also after `finetune`.
    ///
    /// # Errors
    /// [`Error::NeedsFullWeights`](crate::Error::NeedsFullWeights) with the convolution
    /// base alone; as [`Learner::precompute`].
    ///
    /// ```no_run
    /// # use sevenlines::prelude::*;
    /// # let mut vgg = Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// let probs = vgg.imagenet_probs(&batches)?;
    /// let mut lm = LinearModel::new(1000, batches.classes())?;
    /// lm.fit(&probs, &batches.labels(), 3)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn imagenet_probs(&mut self, batches: &Batches) -> Result<Tensor> {
        self.classifier("predicting ImageNet's 1000 probabilities")?;
        let rows = self.feature_rows(batches, 0)?;
        let classifier = self.classifier("predicting ImageNet's 1000 probabilities")?;
        let mut probs = Vec::new();
        in_parts(&rows, MEASURED, |part| {
            let fc7 = classifier.fc7(&part.to_device(&self.device)?)?;
            probs.push(softmax(&classifier.fc8(&fc7)?)?);
            Ok(())
        })?;
        Ok(Tensor::cat(&probs, 0)?)
    }
}
