//! A chunk of rows of tiles through the three stages: transform, multiply, transform
//! back. One thread can do a chunk, or all of them together.

use super::axis::Axis;
use super::buffer::{Scratch, Workspace};
use super::finish::Finish;
use super::grid::{Grid, PLANES};
use super::multiply::{self, Block};
use super::plan::{Crew, Plan};
use super::shape::{Shape, TileRow};
use super::simd::Simd;
use super::transform::Transform;
use super::weights::Weights;
use super::winograd::POINTS;
use rayon::prelude::*;

/// Some rows of tiles.
pub(super) struct Chunk<'a, S> {
    pub(super) simd: S,
    pub(super) weights: &'a Weights,
    pub(super) least: f32,
    pub(super) shape: Shape,
    pub(super) across: Axis,
    pub(super) input: &'a [f32],
    pub(super) plan: Plan,
}

impl<S: Simd> Chunk<'_, S> {
    /// Computes all rows: each thread chunks of its own, or all threads one chunk at a
    /// time.
    pub(super) fn share_out(&self, scratch: &Scratch, rows: &mut [TileRow]) {
        let work = |rows: &mut [TileRow]| scratch.with(|workspace| self.run(workspace, rows));
        match self.plan.crew {
            Crew::One => rows.par_chunks_mut(self.plan.rows).for_each(work),
            Crew::All => rows.chunks_mut(self.plan.rows).for_each(work),
        }
    }

    /// Computes the rows of one chunk.
    fn run(&self, workspace: &mut Workspace, rows: &mut [TileRow]) {
        let Weights { depth, group, outputs, .. } = *self.weights;
        let width = 2 * S::LANES;
        let panels = self.plan.panels.min(outputs / width);
        let sizes = rows.iter().map(|row| row.size);
        let grid = Grid::new(sizes, self.across, (group / S::PACKED, panels * width), S::ROWS);
        let inputs = workspace.inputs.first(depth / group * grid.input_len());
        self.transform(&grid, rows, inputs);
        let inputs = &*inputs;
        let products = workspace.products.first(grid.product_len());
        for first in (0..outputs).step_by(panels * width) {
            let channels = (first, outputs.min(first + panels * width));
            self.multiply(&grid, inputs, channels, products);
            self.finish(&grid, rows, channels, products);
        }
    }

    fn transform(&self, grid: &Grid, rows: &[TileRow], inputs: &mut [f32]) {
        let rows: Vec<_> = rows.iter().map(|row| (row.picture, row.top, row.size)).collect();
        let group = self.weights.group;
        self.each(inputs.chunks_mut(grid.input_len()), |index, out| {
            let channels = (index * group, (index + 1) * group);
            let Chunk { shape, across, input, .. } = *self;
            self.simd.run(Transform { shape, grid, across, input, rows: &rows, channels, out });
        });
    }

    fn multiply(&self, grid: &Grid, inputs: &[f32], channels: (usize, usize), products: &mut [f32]) {
        let mut planes = Vec::with_capacity(PLANES);
        let mut rest = products;
        for plane in 0..PLANES {
            let (out, after) = rest.split_at_mut(grid.product(plane + 1) - grid.product(plane));
            planes.push(out);
            rest = after;
        }
        self.each(planes.into_iter(), |plane, out| self.multiply_plane(grid, inputs, channels, plane, out));
    }

    fn multiply_plane(
        &self,
        grid: &Grid,
        inputs: &[f32],
        (first, end): (usize, usize),
        plane: usize,
        out: &mut [f32],
    ) {
        let width = 2 * S::LANES;
        let stride = grid.width();
        let depth = self.weights.group / S::PACKED;
        let rows = grid.rows(plane);
        if rows.count == 0 {
            return;
        }
        let weights = self.weights.plane((plane / POINTS, plane % POINTS));
        let len = width * self.weights.words;
        for (index, channel) in (first..end).step_by(width).enumerate() {
            let panel = &weights[channel / width * len..][..len];
            for (row, rows) in rows.blocks() {
                let start = grid.input(plane) + row * depth;
                let block = Block { rows, numbers: inputs, start, group: grid.input_len(), depth };
                multiply::multiply(self.simd, block, panel, &mut out[row * stride + index * width..], stride);
            }
        }
    }

    fn finish(&self, grid: &Grid, rows: &mut [TileRow], channels: (usize, usize), products: &[f32]) {
        let mut counts = [0; 2];
        let numbers: Vec<usize> = rows
            .iter()
            .map(|row| {
                let count = &mut counts[usize::from(row.size > super::axis::FOUR)];
                *count += 1;
                *count - 1
            })
            .collect();
        self.each(rows.iter_mut(), |index, row| {
            let Chunk { shape, across, least, .. } = *self;
            let bias = &self.weights.bias;
            let (size, row, out) = (row.size, numbers[index], &mut *row.out);
            self.simd.run(Finish { shape, grid, across, size, row, products, bias, least, channels, out });
        });
    }

    /// Calls `work` with each item and its number.
    fn each<I>(&self, items: I, work: impl Fn(usize, I::Item) + Sync + Send)
    where
        I: Iterator + Send,
        I::Item: Send,
    {
        match self.plan.crew {
            Crew::One => items.enumerate().for_each(|(index, item)| work(index, item)),
            Crew::All => {
                let items: Vec<I::Item> = items.collect();
                items.into_par_iter().enumerate().for_each(|(index, item)| work(index, item));
            }
        }
    }
}
