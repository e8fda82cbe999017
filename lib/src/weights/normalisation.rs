//! How a source's training prepared its pictures, as data: each set of weights
//! must see pictures prepared the same way.

use crate::Result;
use candle_core::Tensor;
use serde::{Deserialize, Serialize};

/// What turns a pixel of 0..255 into what the weights expect, per RGB channel:
/// `(pixel * scale - mean) / std`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Applied first.
    pub scale: f32,
    /// Subtracted next; red, green, blue.
    pub mean: [f32; 3],
    /// Divided by last; red, green, blue.
    pub std: [f32; 3],
}

impl Normalisation {
    /// The Oxford group's own weights: 0..255 minus ImageNet's mean colour.
    pub const CAFFE: Normalisation =
        Normalisation { scale: 1.0, mean: [123.68, 116.779, 103.939], std: [1.0; 3] };

    /// torchvision's and timm's weights: 0..1, then ImageNet's mean and deviation.
    pub const TORCH: Normalisation =
        Normalisation { scale: 1.0 / 255.0, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

    /// torchvision's `IMAGENET1K_FEATURES`: 0..1 minus the mean, times 255.
    pub const TORCH_FEATURES: Normalisation =
        Normalisation { scale: 1.0 / 255.0, mean: [0.48235, 0.45882, 0.40784], std: [1.0 / 255.0; 3] };

    /// One pixel's channel (0 red, 1 green, 2 blue) as the weights expect it.
    ///
    /// ```
    /// use sevenlines::weights::Normalisation;
    /// assert_eq!(Normalisation::CAFFE.apply(0, 123.68), 0.0);
    /// assert!((Normalisation::TORCH.apply(2, 255.0) - 2.64).abs() < 1e-3);
    /// ```
    pub fn apply(&self, channel: usize, pixel: f32) -> f32 {
        (pixel * self.scale - self.mean[channel]) / self.std[channel]
    }

    /// Pictures `(N, 3, H, W)`, RGB, 0 to 255, as the weights expect them.
    pub(crate) fn apply_to(&self, images: &Tensor) -> Result<Tensor> {
        let constant = |values: [f32; 3]| Tensor::from_vec(values.to_vec(), (1, 3, 1, 1), images.device());
        let scaled = (images * f64::from(self.scale))?;
        Ok(scaled.broadcast_sub(&constant(self.mean)?)?.broadcast_div(&constant(self.std)?)?)
    }
}

impl std::fmt::Display for Normalisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "(pixel * {} - {:?}) / {:?}", self.scale, self.mean, self.std)
    }
}
