//! What a learner has below its head: VGG16's body, or a network that candle runs.

use super::{Backbone, Network};
use crate::train::deep::Conv;
use crate::weights::Weights;
use crate::{Error, Result, vgg16};
use candle_core::Tensor;
use image::RgbImage;
use std::sync::Arc;

/// The frozen part of a network.
#[derive(Clone)]
pub(crate) enum Body {
    Vgg16(vgg16::Body),
    Network(Backbone, Network),
}

impl Body {
    pub(crate) fn network(weights: &Weights, device: &candle_core::Device) -> Result<Body> {
        Ok(Body::Network(weights.backbone(), Network::load(weights, device)?))
    }

    /// VGG16's body, for what only that can do.
    pub(crate) fn vgg16(&self, what: &'static str) -> Result<&vgg16::Body> {
        match self {
            Body::Vgg16(body) => Ok(body),
            Body::Network(backbone, _) => Err(Error::NeedsVgg16 { what, backbone: *backbone }),
        }
    }

    /// VGG16's pool5 `(N, 512, 7, 7)` of pictures `(N, 3, 224, 224)`, RGB, 0 to 255.
    pub(crate) fn pool5(&self, images: &Tensor) -> Result<Tensor> {
        self.vgg16("pool5")?.pool5(images)
    }

    /// Puts trained convolutions in the place of VGG16's last ones; no other has any.
    pub(crate) fn set_trained(&mut self, trained: &Arc<Vec<Conv>>) {
        if let Body::Vgg16(body) = self {
            body.set_trained(trained);
        }
    }

    /// As VGG16's body.
    pub(crate) fn below(
        &self,
        border: usize,
        trained: &[Conv],
        pictures: &[RgbImage],
    ) -> Result<Vec<Arc<[f32]>>> {
        self.vgg16("training below the head")?.below(border, trained, pictures)
    }

    /// As VGG16's body.
    pub(crate) fn above(&self, trained: &[Conv], rows: &[Arc<[f32]>]) -> Result<Tensor> {
        self.vgg16("training below the head")?.above(trained, rows)
    }
}
