//! `unfreeze` and `freeze`: which layers below the new one train.

use super::Learner;
use crate::train::deep::{Conv, Deep, FC6, FC7};
use crate::vgg16::classifier::Classifier;
use crate::vgg16::layers;
use crate::{Error, Result};

/// The learning rate that [`Learner::unfreeze`] sets.
const LEARNING_RATE: f64 = 1e-5;

impl Learner {
    /// Lets a layer and all above it train in the next `fit`: a block (`"block5"`), a
    /// convolution (`"block5_conv1"` or `"conv5_1"`), or with full weights `"fc6"` or
    /// `"fc7"`. Train the new last layer alone first; what lies below would otherwise
    /// be pulled about by a layer that knows nothing yet.
    ///
    /// Sets the learning rate to 0.00001 for all of them, as is usual, so that they
    /// change a little and forget nothing; [`Learner::set_lr`] sets another. Each epoch
    /// then runs the unfrozen layers forwards and backwards. What the frozen ones give
    /// is kept in memory up to 512 MiB (with `"block5"` 401 KB a picture) and computed
    /// anew each epoch for pictures beyond that. Adam needs memory for each parameter:
    /// about 0.4 GB for `"block5"`, 1.7 GB for `"fc6"`.
    ///
    /// # Errors
    /// [`Error::NeedsVgg16`] of another backbone; [`Error::NotFinetuned`] before `finetune`;
    /// [`Error::NeedsFullWeights`] for fc6 and fc7 with the convolution base;
    /// [`Error::Memory`] if there is no room to train them;
    /// [`Error::Invalid`] for another name, a head with hidden layers or batch
    /// normalisation, or where the body does not compute on the CPU.
    ///
    /// ```no_run
    /// # let mut vgg = sevenlines::Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// vgg.finetune(&batches)?;
    /// vgg.fit(&batches, &val_batches, 1)?;
    /// vgg.unfreeze("block5")?;
    /// vgg.fit(&batches, &val_batches, 1)?;
    /// vgg.freeze();
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn unfreeze(&mut self, layer: impl AsRef<str>) -> Result<()> {
        self.unfreeze_from(layer.as_ref())
    }

    fn unfreeze_from(&mut self, name: &str) -> Result<()> {
        self.thaw(name)?;
        self.set_lr(LEARNING_RATE)?;
        let trained = super::summary::grouped(self.summary().trainable());
        println!("{name} and all above it train: {trained} parameters, learning rate {LEARNING_RATE}");
        if self.head.as_ref().is_some_and(|head| head.steps == 0) {
            println!(
                "The new last layer has not been trained yet: better freeze(), fit it alone, then unfreeze."
            );
        }
        Ok(())
    }

    /// [`Learner::unfreeze`] without a word, at the learning rate as it is.
    pub(crate) fn thaw(&mut self, name: &str) -> Result<()> {
        let from = self.can_thaw(name)?;
        self.check_room_to_train(name, from)?;
        let known = self.deep.as_ref().map_or(FC6, |deep| FC6 - deep.convs().len());
        let mut convs = Vec::new();
        for conv in layers::convs().iter().take(known).skip(from) {
            let (weights, bias) = self.weights.conv_values(conv.block, conv.index)?;
            convs.push(Conv::new(&weights, &bias, conv.inputs, conv.outputs));
        }
        self.withdraw();
        self.deep.get_or_insert_with(|| Deep::new(from, Vec::new())).unfreeze(from, convs);
        self.publish();
        self.resumed = None;
        Ok(())
    }

    /// The number of a layer that can be unfrozen.
    pub(crate) fn can_thaw(&self, name: &str) -> Result<usize> {
        self.body.vgg16("unfreezing layers")?;
        let from = layer_number(name)?;
        let head = self.head.as_ref().ok_or(Error::NotFinetuned)?;
        if !head.hidden.is_empty() {
            let what = "layers below a head with hidden layers or batch normalisation stay frozen; call \
                        finetune(&batches)? for a head of one layer, train it, then unfreeze";
            return Err(Error::Invalid(what.to_owned()));
        }
        if from >= FC6 {
            self.classifier("unfreezing fc6 or fc7")?;
        }
        if !self.device.is_cpu() {
            let what = "layers below the head train on the CPU only; build the model without a device";
            return Err(Error::Invalid(what.to_owned()));
        }
        Ok(from)
    }

    /// Lets only the new last layer train again, at its usual learning rate. Layers
    /// that were trained keep what they learned; `Vgg16::new()` has ImageNet's.
    pub fn freeze(&mut self) {
        self.resumed = None;
        self.withdraw();
        let Some(deep) = &mut self.deep else { return };
        if deep.from().is_some() {
            deep.freeze();
            if let Some(head) = &mut self.head {
                head.adam.learning_rate = head.features.learning_rate();
            }
        }
        if !deep.is_trained() {
            self.deep = None;
        }
        self.publish();
    }

    /// All layers below the head as the weights file has them.
    pub(crate) fn restore(&mut self) -> Result<()> {
        if self.deep.take().is_some() {
            self.withdraw();
            if self.weights.is_full() {
                self.classifier = Some(Classifier::load(&self.weights, &self.device)?);
            }
        }
        Ok(())
    }
}

/// The number of a layer, from 0.
fn layer_number(name: &str) -> Result<usize> {
    let convs = layers::convs();
    match name {
        "fc6" => return Ok(FC6),
        "fc7" => return Ok(FC7),
        _ => (),
    }
    let named = |conv: &layers::Conv| {
        let (block, index) = (conv.block, conv.index);
        (index == 1 && name == format!("block{block}"))
            || name == format!("block{block}_conv{index}")
            || name == format!("conv{block}_{index}")
    };
    convs.iter().position(named).ok_or_else(|| {
        Error::Invalid(format!(
            "there is no layer {name:?} to unfreeze; name a block (\"block5\"), a convolution (\"block5_conv1\"), \
             \"fc7\" or \"fc6\" (the new last layer trains anyway)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_the_names_of_the_summary_and_of_the_paper() {
        let numbers =
            ["block1", "block5", "block5_conv1", "conv5_3", "fc6", "fc7"].map(|n| layer_number(n).unwrap());
        assert_eq!(numbers, [0, 10, 10, 12, FC6, FC7]);
        for name in ["block6", "block5_conv4", "dense", "fc8", "Block5", ""] {
            let error = layer_number(name).unwrap_err().to_string();
            assert!(error.contains(&format!("{name:?}")) && error.contains("block5"), "{error}");
        }
    }
}
