//! Weights as the kernels read them: transformed and packed once.

use super::Tiles;
use super::buffer::Buffer;
use super::multiply;
use super::simd::Simd;
use super::winograd::{self, FEW, POINTS};
use rayon::prelude::*;

/// Channels of a group where there are several: input is transformed, and shared out
/// to threads, by groups.
const GROUP: usize = 64;

/// A convolution's weights at each point of the transform, and its biases.
#[derive(Debug)]
pub(super) struct Weights {
    /// Planes of panels: see [`multiply`].
    packed: Buffer,
    /// Points along a side: 8, or 6 for tiles of 4 points alone.
    side: usize,
    /// Numbers of a plane.
    len: usize,
    /// Input channels in words of the multiplication.
    pub(super) words: usize,
    /// Input channels, in whole vectors.
    pub(super) depth: usize,
    /// Input channels of a group.
    pub(super) group: usize,
    /// Output channels, in whole panels.
    pub(super) outputs: usize,
    /// Padded with zeros to whole panels.
    pub(super) bias: Vec<f32>,
}

impl Weights {
    /// Transforms kernels `(outputs, inputs, 3, 3)`.
    pub(super) fn pack<S: Simd>(_: S, kernels: &[f32], bias: &[f32], inputs: usize, tiles: Tiles) -> Weights {
        let width = 2 * S::LANES;
        let depth = inputs.next_multiple_of(S::LANES * S::PACKED);
        let group = if depth.is_multiple_of(GROUP) { GROUP } else { depth };
        let outputs = bias.len().next_multiple_of(width);
        let side = if S::SIXES && tiles == Tiles::Any { POINTS } else { FEW };
        let words = depth / S::PACKED;
        let len = words * outputs;
        let mut packed = Buffer::zeros(side * side * len);
        let planes = packed.first(side * side * len).par_chunks_exact_mut(len);
        planes.enumerate().for_each(|(plane, out)| {
            let point = |output: usize, channel: usize| match kernels.get((output * inputs + channel) * 9..) {
                Some(kernel) if channel < inputs => {
                    winograd::weight(plane / side, plane % side, &kernel[..9])
                }
                _ => 0.0,
            };
            multiply::pack(out, (words, bias.len()), width, |word, output| {
                S::word(|index| point(output, word * S::PACKED + index))
            });
        });
        Weights { packed, side, len, words, depth, group, outputs, bias: padded(bias, outputs) }
    }

    /// Whether there are weights for tiles of 6 points.
    pub(super) fn sixes(&self) -> bool {
        self.side == POINTS
    }

    /// The size of the transformed kernels.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * self.side * self.side * self.len
    }

    /// The panels of the plane at a point.
    pub(super) fn plane(&self, (row, column): (usize, usize)) -> &[f32] {
        &self.packed.as_slice()[(row * self.side + column) * self.len..][..self.len]
    }
}

/// The kernels of a [`Direct`](super::direct) convolution, as panels over the 3 x 3
/// pixels' channels, and the biases.
pub(super) fn pack_direct<S: Simd>(_: S, kernels: &[f32], bias: &[f32], inputs: usize) -> (Buffer, Vec<f32>) {
    let width = 2 * S::LANES;
    let (depth, outputs) = (9 * inputs, bias.len().next_multiple_of(width));
    let mut packed = Buffer::zeros(depth * outputs);
    multiply::pack(packed.first(depth * outputs), (depth, bias.len()), width, |k, output| {
        kernels[(output * inputs + k % inputs) * 9 + k / inputs]
    });
    (packed, padded(bias, outputs))
}

fn padded(bias: &[f32], outputs: usize) -> Vec<f32> {
    let mut bias = bias.to_vec();
    bias.resize(outputs, 0.0);
    bias
}
