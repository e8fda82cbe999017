//! MobileNetV4-Conv-Small (Qin et al., 2024, <https://arxiv.org/abs/2404.10518>).

use candle_core::Result;
use candle_nn::{Conv2dConfig, Func, VarBuilder, batch_norm, conv2d_no_bias};
use candle_transformers::models::mobilenetv4::{Config, mobilenetv4_no_final_layer};

/// Channels of the last stage, and what the head makes of them.
const CHANNELS: usize = 960;
const WIDTH: usize = 1280;
const EPSILON: f64 = 1e-5;

/// `(N, 3, 224, 224)` to `(N, 1280)`: the last stage, averaged over its places, then the
/// head's 1 x 1 convolution, which candle's network without its last layer leaves out.
pub(super) fn small(vb: VarBuilder<'static>) -> Result<Func<'static>> {
    let stages = mobilenetv4_no_final_layer(&Config::small(), vb.clone())?;
    let conv = conv2d_no_bias(CHANNELS, WIDTH, 1, Conv2dConfig::default(), vb.pp("conv_head"))?;
    let norm = batch_norm(WIDTH, EPSILON, vb.pp("norm_head"))?;
    Ok(Func::new(move |images| {
        let pooled = images.apply(&stages)?;
        pooled.apply(&conv)?.apply_t(&norm, false)?.relu()?.flatten_from(1)
    }))
}
