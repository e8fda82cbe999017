//! Winograd's F(4 x 4, 3 x 3) forwards and backwards (Lavin and Gray, 2015): a
//! convolution is `Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A`, tile by tile and summed over the input
//! channels. All of it is linear, so that the gradients are the transposed steps in
//! reverse order, with a quarter of the multiplications too.
//!
//! What is multiplied lies as 36 planes, each a matrix of (tiles, channels) or
//! (inputs, outputs). Activations are channels last; the steps work on some
//! neighbouring channels at a time.

// Small matrices by index, as one writes them.
#![allow(clippy::needless_range_loop)]

use super::compiled::{self, Work};
use super::tile::{Backwards, Forwards, LANES, PATCH, Square, TILE, Transform, load, sandwich, store};
use rayon::prelude::*;

/// Points of a transformed tile.
pub(super) const PLANES: usize = PATCH * PATCH;

/// One picture's activations in tiles.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Grid {
    pub(super) fn tiles(&self) -> usize {
        self.height.div_ceil(TILE) * self.width.div_ceil(TILE)
    }

    /// Numbers of a picture.
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// A tile's first row and column.
    #[inline(always)]
    fn corner(&self, tile: usize) -> (usize, usize) {
        let columns = self.width.div_ceil(TILE);
        (tile / columns * TILE, tile % columns * TILE)
    }

    /// Where each of `N x N` points from (row, column) on begins; `None` outside the
    /// picture. Both are one too large, so that a patch may begin one before the edge.
    #[inline(always)]
    fn points<const N: usize>(&self, (row, column): (usize, usize)) -> [[Option<usize>; N]; N] {
        let mut points = [[None; N]; N];
        for r in 0..N {
            for q in 0..N {
                let (y, x) = (row + r, column + q);
                if 1 <= y && y <= self.height && 1 <= x && x <= self.width {
                    points[r][q] = Some(((y - 1) * self.width + x - 1) * self.channels);
                }
            }
        }
        points
    }

    /// The channels after a block that begins with channel `first`.
    #[inline(always)]
    fn end(&self, first: usize) -> usize {
        if first + LANES < self.channels { first + LANES } else { self.channels }
    }
}

/// Planes cut into `units` equal parts each: for every unit, its part of every plane.
fn by_unit(planes: &mut [f32], count: usize, units: usize) -> Vec<Vec<&mut [f32]>> {
    let plane = planes.len() / count;
    let mut parts: Vec<Vec<&mut [f32]>> = (0..units).map(|_| Vec::with_capacity(count)).collect();
    for plane in planes.chunks_exact_mut(plane) {
        let part = plane.len() / units;
        for (unit, part) in plane.chunks_exact_mut(part).enumerate() {
            parts[unit].push(part);
        }
    }
    parts
}

/// One picture to its tiles' planes, from `S x S` points a tile, of which the first lie
/// `before` the tile.
struct ToPlanes<'a, T, const S: usize> {
    _transform: T,
    grid: Grid,
    picture: &'a [f32],
    planes: Vec<&'a mut [f32]>,
    before: usize,
}

impl<T: Transform<PATCH, S>, const S: usize> Work for ToPlanes<'_, T, S> {
    #[inline(always)]
    fn run(mut self) {
        let grid = self.grid;
        for tile in 0..grid.tiles() {
            let (row, column) = grid.corner(tile);
            let points = grid.points::<S>((row + 1 - self.before, column + 1 - self.before));
            let mut first = 0;
            while first < grid.channels {
                let end = grid.end(first);
                let mut x = [[[0.0; LANES]; S]; S];
                for r in 0..S {
                    for q in 0..S {
                        if let Some(point) = points[r][q] {
                            x[r][q] = load(&self.picture[point + first..point + end]);
                        }
                    }
                }
                let out = sandwich::<T, PATCH, S>(&x);
                let start = tile * grid.channels;
                for plane in 0..PLANES {
                    let to = &mut self.planes[plane][start + first..start + end];
                    store(to, &out[plane / PATCH][plane % PATCH]);
                }
                first = end;
            }
        }
    }
}

/// Bᵀ d B of each tile: activations `(n, height, width, channels)` to planes of
/// (tiles, channels).
pub(super) fn input(grid: Grid, pictures: &[f32], planes: &mut [f32]) {
    let count = pictures.len() / grid.len();
    let pictures = pictures.par_chunks_exact(grid.len());
    by_unit(planes, PLANES, count).into_par_iter().zip(pictures).for_each(|(planes, picture)| {
        compiled::run(ToPlanes::<_, 6> { _transform: Forwards, grid, picture, planes, before: 1 });
    });
}

/// A ∂y Aᵀ of each tile: the gradient by the outputs to the gradient by the products.
pub(super) fn output_back(grid: Grid, gradient: &[f32], planes: &mut [f32]) {
    let count = gradient.len() / grid.len();
    let pictures = gradient.par_chunks_exact(grid.len());
    by_unit(planes, PLANES, count).into_par_iter().zip(pictures).for_each(|(planes, picture)| {
        compiled::run(ToPlanes::<_, 4> { _transform: Backwards, grid, picture, planes, before: 0 });
    });
}

/// The points of one block of channels, `stride` apart.
#[inline(always)]
fn gather<const N: usize>(planes: &[f32], stride: usize, from: usize, to: usize) -> Square<N> {
    let mut x = [[[0.0; LANES]; N]; N];
    for r in 0..N {
        for q in 0..N {
            let start = (r * N + q) * stride;
            x[r][q] = load(&planes[start + from..start + to]);
        }
    }
    x
}

/// One picture's tiles back to its `R x R` points each, of which the first lie `before`
/// the tile: with bias and ReLU, or summed where they overlap.
struct FromPlanes<'a, T, const R: usize> {
    _transform: T,
    grid: Grid,
    planes: &'a [f32],
    picture: &'a mut [f32],
    /// The picture's first tile.
    tile: usize,
    before: usize,
    bias: Option<&'a [f32]>,
}

impl<T: Transform<R, PATCH>, const R: usize> Work for FromPlanes<'_, T, R> {
    #[inline(always)]
    fn run(self) {
        let grid = self.grid;
        let stride = self.planes.len() / PLANES;
        for tile in 0..grid.tiles() {
            let (row, column) = grid.corner(tile);
            let points = grid.points::<R>((row + 1 - self.before, column + 1 - self.before));
            let start = (self.tile + tile) * grid.channels;
            let mut first = 0;
            while first < grid.channels {
                let end = grid.end(first);
                let x = gather::<PATCH>(self.planes, stride, start + first, start + end);
                let mut out = sandwich::<T, R, PATCH>(&x);
                let bias = match self.bias {
                    Some(bias) => load(&bias[first..end]),
                    None => [0.0; LANES],
                };
                for r in 0..R {
                    for q in 0..R {
                        let Some(point) = points[r][q] else { continue };
                        let to = &mut self.picture[point + first..point + end];
                        let out = &mut out[r][q];
                        if self.bias.is_some() {
                            for lane in 0..LANES {
                                let y = out[lane] + bias[lane];
                                out[lane] = if y > 0.0 { y } else { 0.0 };
                            }
                        } else {
                            let sum = load(to);
                            for lane in 0..LANES {
                                out[lane] += sum[lane];
                            }
                        }
                        store(to, out);
                    }
                }
                first = end;
            }
        }
    }
}

/// Aᵀ m A of each tile with bias and ReLU: products to activations.
pub(super) fn output(grid: Grid, planes: &[f32], bias: &[f32], pictures: &mut [f32]) {
    pictures.par_chunks_exact_mut(grid.len()).enumerate().for_each(|(index, picture)| {
        let (tile, bias) = (index * grid.tiles(), Some(bias));
        let _transform = Forwards;
        compiled::run(FromPlanes::<_, 4> { _transform, grid, planes, picture, tile, before: 0, bias });
    });
}

/// B v Bᵀ of each tile, summed where tiles overlap: the gradient by the transformed
/// inputs to the gradient by the inputs.
pub(super) fn input_back(grid: Grid, planes: &[f32], pictures: &mut [f32]) {
    pictures.par_chunks_exact_mut(grid.len()).enumerate().for_each(|(index, picture)| {
        picture.fill(0.0);
        let (tile, bias) = (index * grid.tiles(), None);
        let _transform = Backwards;
        compiled::run(FromPlanes::<_, 6> { _transform, grid, planes, picture, tile, before: 1, bias });
    });
}

/// One input channel's kernels to or from their planes: `N x N` numbers of each output
/// become `R x R`, which are added to what is there.
struct Kernels<'a, T, const N: usize, const R: usize> {
    _transform: T,
    from: &'a [f32],
    /// From one of the `N x N` to the next in `from`.
    stride: usize,
    /// Where the input channel begins in `from`.
    start: usize,
    to: Vec<&'a mut [f32]>,
    add: bool,
}

impl<T: Transform<R, N>, const N: usize, const R: usize> Work for Kernels<'_, T, N, R> {
    #[inline(always)]
    fn run(mut self) {
        let outputs = self.to[0].len();
        let mut first = 0;
        while first < outputs {
            let end = if first + LANES < outputs { first + LANES } else { outputs };
            let x = gather::<N>(self.from, self.stride, self.start + first, self.start + end);
            let mut out = sandwich::<T, R, N>(&x);
            for at in 0..R * R {
                let to = &mut self.to[at][first..end];
                let out = &mut out[at / R][at % R];
                if self.add {
                    let sum = load(to);
                    for lane in 0..LANES {
                        out[lane] += sum[lane];
                    }
                }
                store(to, out);
            }
            first = end;
        }
    }
}

/// G g Gᵀ of each kernel: `(3, 3, inputs, outputs)` to planes of (inputs, outputs).
pub(super) fn kernel(weights: &[f32], inputs: usize, planes: &mut [f32]) {
    let stride = weights.len() / 9;
    by_unit(planes, PLANES, inputs).into_par_iter().enumerate().for_each(|(input, to)| {
        let start = input * (stride / inputs);
        let (_transform, from) = (Forwards, weights);
        compiled::run(Kernels::<_, 3, 6> { _transform, from, stride, start, to, add: false });
    });
}

/// Adds Gᵀ u G of each kernel: the gradient by the transformed kernels to the
/// gradient by the kernels.
pub(super) fn kernel_back(planes: &[f32], inputs: usize, gradient: &mut [f32]) {
    let stride = planes.len() / PLANES;
    by_unit(gradient, 9, inputs).into_par_iter().enumerate().for_each(|(input, to)| {
        let start = input * (stride / inputs);
        let (_transform, from) = (Backwards, planes);
        compiled::run(Kernels::<_, 6, 3> { _transform, from, stride, start, to, add: true });
    });
}
