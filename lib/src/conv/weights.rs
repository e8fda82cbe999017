//! Weights as the kernels read them: transformed and packed once.

use super::buffer::Buffer;
use super::grid::PLANES;
use super::multiply;
use super::simd::Simd;
use super::winograd::{self, POINTS};
use rayon::prelude::*;

/// Channels of a group where there are several: input is transformed, and shared out
/// to threads, by groups.
const GROUP: usize = 64;

/// A convolution's weights at each point of the transform, and its biases.
#[derive(Debug)]
pub(super) struct Weights {
    /// Planes of panels: see [`multiply`].
    packed: Buffer,
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
    pub(super) fn pack<S: Simd>(_: S, kernels: &[f32], bias: &[f32], inputs: usize) -> Weights {
        let width = 2 * S::LANES;
        let depth = inputs.next_multiple_of(S::LANES);
        let group = if depth.is_multiple_of(GROUP) { GROUP } else { depth };
        let outputs = bias.len().next_multiple_of(width);
        let mut packed = Buffer::zeros(PLANES * depth * outputs);
        let planes = packed.first(PLANES * depth * outputs).par_chunks_exact_mut(depth * outputs);
        planes.enumerate().for_each(|(plane, out)| {
            multiply::pack(out, (inputs, depth, bias.len()), width, |k, output| {
                let kernel = &kernels[(output * inputs + k) * 9..][..9];
                winograd::weight(plane / POINTS, plane % POINTS, kernel)
            });
        });
        Weights { packed, depth, group, outputs, bias: padded(bias, outputs) }
    }

    /// The size of the transformed kernels.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * PLANES * self.depth * self.outputs
    }

    /// The panels of a plane.
    pub(super) fn plane(&self, plane: usize) -> &[f32] {
        let len = self.depth * self.outputs;
        &self.packed.as_slice()[plane * len..][..len]
    }
}

/// The kernels of a [`Direct`](super::direct) convolution, as panels over the 3 x 3
/// pixels' channels, and the biases.
pub(super) fn pack_direct<S: Simd>(_: S, kernels: &[f32], bias: &[f32], inputs: usize) -> (Buffer, Vec<f32>) {
    let width = 2 * S::LANES;
    let (depth, outputs) = (9 * inputs, bias.len().next_multiple_of(width));
    let mut packed = Buffer::zeros(depth * outputs);
    multiply::pack(packed.first(depth * outputs), (depth, depth, bias.len()), width, |k, output| {
        kernels[(output * inputs + k % inputs) * 9 + k / inputs]
    });
    (packed, padded(bias, outputs))
}

fn padded(bias: &[f32], outputs: usize) -> Vec<f32> {
    let mut bias = bias.to_vec();
    bias.resize(outputs, 0.0);
    bias
}
