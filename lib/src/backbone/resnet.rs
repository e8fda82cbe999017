//! ResNet-18 and ResNet-50 (He et al., 2015, <https://arxiv.org/abs/1512.03385>), with the
//! stride in the 3 x 3 convolution as torchvision and timm have it.

use candle_core::Result;
use candle_nn::{Func, VarBuilder};
use candle_transformers::models::resnet;

/// `(N, 3, 224, 224)` to `(N, 512)`: layer4, averaged over its places.
pub(super) fn resnet18(vb: VarBuilder<'static>) -> Result<Func<'static>> {
    resnet::resnet18_no_final_layer(vb)
}

/// `(N, 3, 224, 224)` to `(N, 2048)`.
pub(super) fn resnet50(vb: VarBuilder<'static>) -> Result<Func<'static>> {
    resnet::resnet50_no_final_layer(vb)
}
