//! A chunk of tiles through the three stages: transform, multiply, transform back
//! with bias, ReLU and pooling. One thread can do a chunk, or all of them together.

use super::buffer::{Buffer, Workspace, spread};
use super::method::{Method, Outputs, Rows};
use super::multiply;
use super::simd::{Job, Simd};
use super::tiles::{Blocks, Shape, TILE};
use rayon::prelude::*;
use std::marker::PhantomData;

/// Weights and biases as the kernels read them.
#[derive(Debug)]
pub(super) struct Packed {
    /// Planes of panels: see [`multiply`].
    pub(super) weights: Buffer,
    /// Padded with zeros to whole panels.
    pub(super) bias: Vec<f32>,
    /// The length of the vectors that are multiplied, in whole vectors.
    pub(super) depth: usize,
}

/// Who works on a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Crew {
    One,
    All,
}

/// Consecutive rows of tiles.
pub(super) struct Chunk<'a, S, M> {
    pub(super) simd: S,
    pub(super) method: PhantomData<M>,
    pub(super) packed: &'a Packed,
    pub(super) shape: Shape,
    pub(super) input: &'a [f32],
    /// The first tile's number.
    pub(super) first: usize,
    pub(super) blocks: Blocks,
}

impl<S: Simd, M: Method> Chunk<'_, S, M> {
    /// Computes the chunk's rows of output.
    pub(super) fn run(&self, workspace: &mut Workspace, rows: &mut [&mut [f32]], crew: Crew) {
        let block_len = self.block_len(self.blocks.size);
        let (_, last) = self.blocks.get(self.blocks.count() - 1);
        let inputs = workspace.inputs.first((self.blocks.count() - 1) * block_len + self.block_len(last));
        each(crew, inputs.chunks_mut(block_len), |block, out| self.transform(block, out));
        let products = workspace.products.first(M::PLANES * self.plane_len());
        let inputs = &*inputs;
        each(crew, products.chunks_mut(self.plane_len()), |plane, out| self.multiply(plane, inputs, out));
        let products = &*products;
        each(crew, rows.iter_mut(), |row, out| self.finish(row, products, out));
    }

    /// Numbers in a plane of a block of transformed input.
    fn rows_len(&self, tiles: usize) -> usize {
        spread(tiles * self.packed.depth)
    }

    fn block_len(&self, tiles: usize) -> usize {
        M::PLANES * self.rows_len(tiles)
    }

    /// Numbers in a plane of products.
    fn plane_len(&self) -> usize {
        spread(self.blocks.tiles * self.packed.bias.len())
    }

    fn transform(&self, block: usize, out: &mut [f32]) {
        let (first, tiles) = self.blocks.get(block);
        let rows = Rows { numbers: out, count: tiles, stride: self.rows_len(tiles) };
        let (shape, input, first) = (&self.shape, self.input, self.first + first);
        self.simd.run(Transform::<M> { shape, input, first, rows, method: PhantomData });
    }

    fn multiply(&self, plane: usize, inputs: &[f32], out: &mut [f32]) {
        let (depth, outputs, width) = (self.packed.depth, self.packed.bias.len(), 2 * S::LANES);
        let weights = plane % M::WEIGHTS * depth * outputs;
        let panels = self.packed.weights.as_slice()[weights..][..depth * outputs].chunks_exact(depth * width);
        for (panel, b) in panels.enumerate() {
            for block in 0..self.blocks.count() {
                let (first, tiles) = self.blocks.get(block);
                let a = block * self.block_len(self.blocks.size) + plane * self.rows_len(tiles);
                let a = &inputs[a..][..tiles * depth];
                multiply::multiply(
                    self.simd,
                    tiles,
                    a,
                    b,
                    &mut out[first * outputs + panel * width..],
                    outputs,
                );
            }
        }
    }

    fn finish(&self, row: usize, products: &[f32], out: &mut [f32]) {
        let first = row * self.shape.columns();
        let stride = self.plane_len();
        let (shape, bias) = (&self.shape, &self.packed.bias);
        self.simd.run(Finish::<M> { shape, bias, products, stride, first, out, method: PhantomData });
    }
}

/// Calls `work` with each item and its number.
fn each<I>(crew: Crew, items: I, work: impl Fn(usize, I::Item) + Sync + Send)
where
    I: Iterator + Send,
    I::Item: Send,
{
    match crew {
        Crew::One => items.enumerate().for_each(|(index, item)| work(index, item)),
        Crew::All => {
            let items: Vec<I::Item> = items.collect();
            items.into_par_iter().enumerate().for_each(|(index, item)| work(index, item));
        }
    }
}

/// The transformed input of one block.
struct Transform<'a, M> {
    shape: &'a Shape,
    input: &'a [f32],
    first: usize,
    rows: Rows<'a>,
    method: PhantomData<M>,
}

impl<M: Method> Job for Transform<'_, M> {
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for row in 0..self.rows.count {
            let patch = self.shape.patch(self.input, self.first + row);
            M::transform(simd, &patch, &mut self.rows, row);
        }
    }
}

/// One row of tiles of the output.
struct Finish<'a, M> {
    shape: &'a Shape,
    bias: &'a [f32],
    products: &'a [f32],
    stride: usize,
    first: usize,
    out: &'a mut [f32],
    method: PhantomData<M>,
}

impl<M: Method> Job for Finish<'_, M> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Shape { outputs, pool, .. } = *self.shape;
        let width = self.shape.output().1;
        let line = width * outputs;
        let lines = self.out.len() / line;
        let zero = simd.splat(0.0);
        for column in 0..self.shape.columns() {
            let left = column * self.shape.step();
            for channel in (0..outputs).step_by(S::LANES) {
                let products = &self.products[(self.first + column) * self.bias.len() + channel..];
                let bias = simd.load(&self.bias[channel..]);
                let mut points: Outputs<S::Vector> = M::outputs(simd, products, self.stride);
                if pool {
                    pooled(simd, &mut points);
                }
                for r in 0..TILE {
                    for q in 0..TILE {
                        let inside = r < lines && left + q < width && !(pool && r.max(q) >= TILE / 2);
                        if inside {
                            let value = simd.max(simd.add(points[r][q], bias), zero);
                            let at = r * line + (left + q) * outputs;
                            simd.store_some(value, &mut self.out[at + channel..at + outputs]);
                        }
                    }
                }
            }
        }
    }
}

/// The maximum of each 2 x 2 points, in the upper left quarter.
#[inline(always)]
fn pooled<S: Simd>(simd: S, points: &mut Outputs<S::Vector>) {
    for r in 0..TILE / 2 {
        for q in 0..TILE / 2 {
            let upper = simd.max(points[2 * r][2 * q], points[2 * r][2 * q + 1]);
            let lower = simd.max(points[2 * r + 1][2 * q], points[2 * r + 1][2 * q + 1]);
            points[r][q] = simd.max(upper, lower);
        }
    }
}
