//! ConvNeXt-Tiny (Liu et al., 2022, <https://arxiv.org/abs/2201.03545>).

use candle_core::Result;
use candle_nn::{Func, VarBuilder, layer_norm};
use candle_transformers::models::convnext::{Config, convnext_no_final_layer};

const WIDTH: usize = 768;
const EPSILON: f64 = 1e-6;

/// `(N, 3, 224, 224)` to `(N, 768)`: the last stage, averaged over its places, then the
/// head's layer norm, which candle's network without its last layer leaves out.
pub(super) fn tiny(vb: VarBuilder<'static>) -> Result<Func<'static>> {
    let stages = convnext_no_final_layer(&Config::tiny(), vb.clone())?;
    let norm = layer_norm(WIDTH, EPSILON, vb.pp("head.norm"))?;
    Ok(Func::new(move |images| images.apply(&stages)?.apply(&norm)))
}
