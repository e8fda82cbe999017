//! The last stage of a tile: its products to points of the output, with bias, ReLU
//! and pooling.

use super::axis::{Axis, FOUR};
use super::grid::{Grid, class};
use super::shape::Shape;
use super::simd::{Job, Simd};
use super::winograd::{self, FEW, POINTS};

/// One row of tiles, some of the output's channels.
pub(super) struct Finish<'a> {
    pub(super) shape: Shape,
    pub(super) grid: &'a Grid,
    pub(super) across: Axis,
    /// Points of the tiles from top to bottom.
    pub(super) size: usize,
    /// The number among the chunk's rows of that size.
    pub(super) row: usize,
    pub(super) products: &'a [f32],
    /// Padded with zeros to whole vectors.
    pub(super) bias: &'a [f32],
    /// The least that an output is: 0 with ReLU.
    pub(super) least: f32,
    /// The channels: the first, and the first after the last.
    pub(super) channels: (usize, usize),
    pub(super) out: &'a mut [f32],
}

impl Job for Finish<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let mut half = [[simd.splat(0.0); POINTS]; POINTS - 2];
        for column in 0..self.across.count() {
            let tile = self.grid.tile(self.size, self.row, column);
            let places = self.grid.product_places(tile);
            match (self.size > FOUR, column < self.across.sixes) {
                (true, true) => self.tile::<S, 8, 8>(simd, column, &places, &mut half),
                (true, false) => self.tile::<S, 8, 6>(simd, column, &places, &mut half),
                (false, true) => self.tile::<S, 6, 8>(simd, column, &places, &mut half),
                (false, false) => self.tile::<S, 6, 6>(simd, column, &places, &mut half),
            }
        }
    }
}

impl Finish<'_> {
    /// A tile of `H` by `W` points of the transform.
    #[inline(always)]
    fn tile<S: Simd, const H: usize, const W: usize>(
        &mut self,
        simd: S,
        column: usize,
        places: &[usize; 4],
        half: &mut [[S::Vector; POINTS]; POINTS - 2],
    ) {
        let step = self.shape.step();
        let width = self.shape.output().1;
        let outputs = self.shape.outputs;
        let line = width * outputs;
        let lines = self.out.len() / line;
        let left = self.across.start(column) / step;
        let inside = (W - 2).min((width - left) * step);
        let least = simd.splat(self.least);
        for channel in (self.channels.0..self.channels.1.min(outputs)).step_by(S::LANES) {
            let first = channel - self.channels.0;
            for q in 0..W {
                let points = winograd::output::<S, H>(simd, self.column::<S, H>(simd, q, places, first));
                for r in 0..H - 2 {
                    half[r][q] = points[r];
                }
            }
            let bias = simd.load(&self.bias[channel..]);
            let end = outputs - channel;
            if step == 1 {
                for r in 0..H - 2 {
                    let points = winograd::output::<S, W>(simd, half[r]);
                    if r < lines {
                        let at = r * line + left * outputs + channel;
                        for q in 0..W - 2 {
                            if q < inside {
                                let value = simd.max(simd.add(points[q], bias), least);
                                put(simd, value, &mut self.out[at + q * outputs..], end);
                            }
                        }
                    }
                }
            } else {
                for r in 0..(H - 2) / 2 {
                    let upper = winograd::output::<S, W>(simd, half[2 * r]);
                    let lower = winograd::output::<S, W>(simd, half[2 * r + 1]);
                    if r < lines {
                        let at = r * line + left * outputs + channel;
                        for q in 0..(W - 2) / 2 {
                            if 2 * q < inside {
                                let upper = simd.max(upper[2 * q], upper[2 * q + 1]);
                                let lower = simd.max(lower[2 * q], lower[2 * q + 1]);
                                let value = simd.max(simd.add(simd.max(upper, lower), bias), least);
                                put(simd, value, &mut self.out[at + q * outputs..], end);
                            }
                        }
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn column<S: Simd, const H: usize>(
        &self,
        simd: S,
        q: usize,
        places: &[usize; 4],
        first: usize,
    ) -> [S::Vector; POINTS] {
        let zero = simd.splat(0.0);
        let more = H > FEW;
        [
            self.product(simd, 0, q, places, first),
            self.product(simd, 1, q, places, first),
            self.product(simd, 2, q, places, first),
            self.product(simd, 3, q, places, first),
            self.product(simd, 4, q, places, first),
            self.product(simd, 5, q, places, first),
            if more { self.product(simd, 6, q, places, first) } else { zero },
            if more { self.product(simd, 7, q, places, first) } else { zero },
        ]
    }

    #[inline(always)]
    fn product<S: Simd>(&self, simd: S, r: usize, q: usize, places: &[usize; 4], first: usize) -> S::Vector {
        let at = self.grid.product(r * POINTS + q) + places[class(r, q)] + first;
        simd.load(&self.products[at..])
    }
}

/// Writes a vector, or as much of it as there are channels.
#[inline(always)]
fn put<S: Simd>(simd: S, value: S::Vector, to: &mut [f32], channels: usize) {
    if channels >= S::LANES {
        simd.store(value, to);
    } else {
        simd.store_some(value, &mut to[..channels]);
    }
}
