//! A backbone that candle runs: its layers, built from a weights file, and what they make
//! of pictures.

use super::{Backbone, convnext, dinov2, mobilenet, resnet};
use crate::weights::{Normalisation, Weights};
use crate::{Error, Result, interrupt};
use candle_core::{DType, Device, Tensor};
use candle_nn::{Func, VarBuilder};

/// Pictures that go through at once: a stop is heard between them, and memory must not
/// grow with the batch size.
const MICRO_BATCH: usize = 4;

/// The layers below the last one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Network {
    layers: Func<'static>,
    normalisation: Normalisation,
    device: Device,
}

impl Network {
    /// The network of these weights, every tensor checked.
    pub(crate) fn load(weights: &Weights, device: &Device) -> Result<Network> {
        let backbone = weights.backbone();
        let (reader, log) = weights.reader();
        let vb = VarBuilder::from_backend(Box::new(reader), DType::F32, device.clone());
        let layers = match backbone {
            Backbone::Vgg16 => return Err(Error::Invalid("VGG16 has a body of its own".to_owned())),
            Backbone::ResNet18 => resnet::resnet18(vb),
            Backbone::ResNet50 => resnet::resnet50(vb),
            Backbone::ConvNextTiny => convnext::tiny(vb),
            Backbone::MobileNetV4 => mobilenet::small(vb),
            Backbone::DinoV2Small => dinov2::small(vb),
        };
        let misfit = |reason| Error::BackboneWeights { file: weights.file().to_owned(), backbone, reason };
        let layers = match (layers, log.refused()) {
            (Ok(layers), _) => layers,
            (Err(_), Some(reason)) => return Err(misfit(reason)),
            (Err(error), None) => return Err(error.into()),
        };
        // candle's networks go without some tensors that they do not find.
        match (log.parameters(), backbone.parameters()) {
            (got, expected) if got == expected => {}
            (got, expected) => {
                return Err(misfit(format!("its layers have {got} parameters in place of {expected}")));
            }
        }
        Ok(Network { layers, normalisation: weights.normalisation(), device: device.clone() })
    }

    /// What looking at pictures takes beside the weights, roughly: candle unfolds what a
    /// convolution sees, 7 MB a picture of ResNet's first layer, beside its input and output.
    pub(crate) fn looking_bytes(&self) -> u64 {
        (MICRO_BATCH as u64 * 16) << 20
    }

    /// Pictures `(N, 3, 224, 224)`, RGB, 0 to 255, to features `(N, width)`,
    /// [`MICRO_BATCH`] at a time.
    pub(crate) fn features(&self, images: &Tensor) -> Result<Tensor> {
        let count = images.dim(0)?;
        let mut parts = Vec::new();
        for start in (0..count).step_by(MICRO_BATCH) {
            interrupt::check_interrupt()?;
            let part = images.narrow(0, start, MICRO_BATCH.min(count - start))?.to_device(&self.device)?;
            parts.push(self.normalisation.apply_to(&part)?.apply(&self.layers)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }
}
