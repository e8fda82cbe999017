//! DINOv2's small vision transformer (Oquab et al., 2023, <https://arxiv.org/abs/2304.07193>;
//! Dosovitskiy et al., 2020, <https://arxiv.org/abs/2010.11929>).
//!
//! Written here on candle-nn: candle-transformers' DINOv2 has another GELU and another
//! epsilon than the network was trained with, enlarges positions by the nearest one, and
//! asks for a classifier that the weights do not have.

use super::resample;
use candle_core::{D, IndexOp, Module, Result, Tensor};
use candle_nn::{Conv2d, Conv2dConfig, Func, LayerNorm, Linear, VarBuilder, conv2d, layer_norm, linear, ops};

const WIDTH: usize = 384;
const HEADS: usize = 6;
const DEPTH: usize = 12;
const PATCH: usize = 14;
const EPSILON: f64 = 1e-6;
/// Patches a side in the pictures that it learned from (518 x 518), and in ours.
const LEARNED: usize = 37;
const PATCHES: usize = crate::data::SIDE as usize / PATCH;

/// `(N, 3, 224, 224)` to `(N, 768)`: the class token and the mean of the patches' tokens,
/// which the paper's linear classifiers stand on too.
pub(super) fn small(vb: VarBuilder<'static>) -> Result<Func<'static>> {
    let config = Conv2dConfig { stride: PATCH, ..Default::default() };
    let patches = conv2d(3, WIDTH, PATCH, config, vb.pp("patch_embed.proj"))?;
    let class = vb.get((1, 1, WIDTH), "cls_token")?;
    let positions = positions(&vb.get((1, 1 + LEARNED * LEARNED, WIDTH), "pos_embed")?)?;
    let blocks: Vec<Block> =
        (0..DEPTH).map(|index| Block::load(vb.pp("blocks").pp(index))).collect::<Result<_>>()?;
    let norm = layer_norm(WIDTH, EPSILON, vb.pp("norm"))?;
    Ok(Func::new(move |images| {
        let mut tokens = embed(images, &patches, &class, &positions)?;
        for block in &blocks {
            tokens = block.forward(&tokens)?;
        }
        let tokens = norm.forward(&tokens)?;
        Tensor::cat(&[tokens.i((.., 0))?, tokens.i((.., 1..))?.mean(1)?], D::Minus1)
    }))
}

/// Pictures to tokens `(N, 1 + 256, 384)`, the class token first.
fn embed(images: &Tensor, patches: &Conv2d, class: &Tensor, positions: &Tensor) -> Result<Tensor> {
    let tokens = images.apply(patches)?.flatten_from(2)?.transpose(1, 2)?;
    let class = class.broadcast_as((tokens.dim(0)?, 1, WIDTH))?;
    Tensor::cat(&[class, tokens], 1)?.broadcast_add(positions)
}

/// The positions of 37 x 37 patches, resampled for 16 x 16 as timm does it.
fn positions(learned: &Tensor) -> Result<Tensor> {
    let values = learned.i((0, 1..))?.flatten_all()?.to_vec1::<f32>()?;
    let patches = resample::bicubic(&values, LEARNED, PATCHES, WIDTH);
    let patches = Tensor::from_vec(patches, (1, PATCHES * PATCHES, WIDTH), learned.device())?;
    Tensor::cat(&[learned.i((.., ..1))?, patches], 1)
}

/// Attention, then two dense layers, each beside a shortcut.
struct Block {
    norm1: LayerNorm,
    qkv: Linear,
    proj: Linear,
    scale1: Tensor,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    scale2: Tensor,
}

impl Block {
    fn load(vb: VarBuilder) -> Result<Block> {
        Ok(Block {
            norm1: layer_norm(WIDTH, EPSILON, vb.pp("norm1"))?,
            qkv: linear(WIDTH, 3 * WIDTH, vb.pp("attn.qkv"))?,
            proj: linear(WIDTH, WIDTH, vb.pp("attn.proj"))?,
            scale1: vb.get(WIDTH, "ls1.gamma")?,
            norm2: layer_norm(WIDTH, EPSILON, vb.pp("norm2"))?,
            fc1: linear(WIDTH, 4 * WIDTH, vb.pp("mlp.fc1"))?,
            fc2: linear(4 * WIDTH, WIDTH, vb.pp("mlp.fc2"))?,
            scale2: vb.get(WIDTH, "ls2.gamma")?,
        })
    }

    fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let seen = self.attention(&self.norm1.forward(tokens)?)?;
        let tokens = (tokens + seen.broadcast_mul(&self.scale1)?)?;
        let thought = self.norm2.forward(&tokens)?.apply(&self.fc1)?.gelu_erf()?.apply(&self.fc2)?;
        tokens + thought.broadcast_mul(&self.scale2)?
    }

    fn attention(&self, tokens: &Tensor) -> Result<Tensor> {
        let (n, count, _) = tokens.dims3()?;
        let width = WIDTH / HEADS;
        let qkv = tokens.apply(&self.qkv)?.reshape((n, count, 3, HEADS, width))?.permute((2, 0, 3, 1, 4))?;
        let part = |which: usize| qkv.i(which)?.contiguous();
        let query = (part(0)? * (width as f64).sqrt().recip())?;
        let weights = ops::softmax_last_dim(&query.matmul(&part(1)?.t()?)?)?;
        let seen = weights.matmul(&part(2)?)?;
        seen.transpose(1, 2)?.reshape((n, count, WIDTH))?.apply(&self.proj)
    }
}
