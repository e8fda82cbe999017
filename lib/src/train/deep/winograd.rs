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

use rayon::prelude::*;

/// Points of a transformed tile.
pub(super) const PLANES: usize = PATCH * PATCH;

/// Outputs of a tile along one side, and the inputs that they see.
const TILE: usize = 4;
const PATCH: usize = TILE + 2;

/// Channels that are transformed together.
const LANES: usize = 16;

type Lanes = [f32; LANES];
type Square<const N: usize> = [[Lanes; N]; N];
type Matrix<const R: usize, const C: usize> = [[f32; C]; R];

/// Bᵀ, for the points 0, 1, -1, 2, -2 and infinity.
const INPUT: Matrix<6, 6> = [
    [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
    [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
    [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
    [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
];

/// G.
const KERNEL: Matrix<6, 3> = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Aᵀ.
const OUTPUT: Matrix<4, 6> = [
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
    [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
    [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
];

const INPUT_BACK: Matrix<6, 6> = transposed(INPUT);
const KERNEL_BACK: Matrix<3, 6> = transposed(KERNEL);
const OUTPUT_BACK: Matrix<6, 4> = transposed(OUTPUT);

const fn transposed<const R: usize, const C: usize>(m: Matrix<R, C>) -> Matrix<C, R> {
    let mut t = [[0.0; R]; C];
    let mut at = 0;
    while at < R * C {
        t[at % C][at / C] = m[at / C][at % C];
        at += 1;
    }
    t
}

/// `m x mᵀ`.
#[inline(always)]
fn sandwich<const R: usize, const S: usize>(m: &Matrix<R, S>, x: &Square<S>) -> Square<R> {
    let mut half = [[[0.0; LANES]; S]; R];
    for r in 0..R {
        for i in 0..S {
            if m[r][i] != 0.0 {
                for q in 0..S {
                    add(&mut half[r][q], m[r][i], &x[i][q]);
                }
            }
        }
    }
    let mut out = [[[0.0; LANES]; R]; R];
    for q in 0..R {
        for i in 0..S {
            if m[q][i] != 0.0 {
                for r in 0..R {
                    add(&mut out[r][q], m[q][i], &half[r][i]);
                }
            }
        }
    }
    out
}

#[inline(always)]
fn add(sum: &mut Lanes, factor: f32, x: &Lanes) {
    for lane in 0..LANES {
        sum[lane] += factor * x[lane];
    }
}

/// The first channels of `from`, zeros where there are fewer than a block's.
#[inline(always)]
fn load(from: &[f32]) -> Lanes {
    let mut lanes = [0.0; LANES];
    match from.first_chunk::<LANES>() {
        Some(chunk) => lanes = *chunk,
        None => lanes[..from.len()].copy_from_slice(from),
    }
    lanes
}

#[inline(always)]
fn store(to: &mut [f32], lanes: &Lanes) {
    match to.first_chunk_mut::<LANES>() {
        Some(chunk) => *chunk = *lanes,
        None => {
            let count = to.len();
            to.copy_from_slice(&lanes[..count]);
        }
    }
}

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

    /// Every tile's number and its first row and column.
    fn corners(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let columns = self.width.div_ceil(TILE);
        (0..self.tiles()).map(move |tile| (tile, tile / columns * TILE, tile % columns * TILE))
    }

    /// Where the channels from `first` on of a block of `N x N` points lie; `None`
    /// outside the picture. Coordinates are one too large, so that a patch may begin
    /// one before the edge.
    fn spans<const N: usize>(
        &self,
        row: usize,
        column: usize,
        first: usize,
    ) -> [[Option<(usize, usize)>; N]; N] {
        let last = self.channels.min(first + LANES);
        std::array::from_fn(|r| {
            std::array::from_fn(|q| {
                let (y, x) = (row + r, column + q);
                let inside = (1..=self.height).contains(&y) && (1..=self.width).contains(&x);
                inside.then(|| {
                    let point = ((y - 1) * self.width + x - 1) * self.channels;
                    (point + first, point + last)
                })
            })
        })
    }

    fn blocks(&self) -> std::iter::StepBy<std::ops::Range<usize>> {
        (0..self.channels).step_by(LANES)
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

fn points_to_planes<const S: usize>(
    grid: Grid,
    pictures: &[f32],
    planes: &mut [f32],
    before: usize,
    m: &Matrix<PATCH, S>,
) {
    let count = pictures.len() / grid.len();
    by_unit(planes, PLANES, count).into_par_iter().zip(pictures.par_chunks_exact(grid.len())).for_each(
        |(mut planes, picture)| {
            for (tile, row, column) in grid.corners() {
                for first in grid.blocks() {
                    // `spans` counts from one before the picture.
                    let spans = grid.spans::<S>(row + 1 - before, column + 1 - before, first);
                    let points = spans.map(|row| {
                        row.map(|span| span.map_or([0.0; LANES], |(from, to)| load(&picture[from..to])))
                    });
                    let out = sandwich(m, &points);
                    let (from, to) = (tile * grid.channels + first, (tile + 1) * grid.channels);
                    for plane in 0..PLANES {
                        let to = to.min(from + LANES);
                        store(&mut planes[plane][from..to], &out[plane / PATCH][plane % PATCH]);
                    }
                }
            }
        },
    );
}

/// One tile's points of the planes, transformed back.
#[inline(always)]
fn tile_from_planes<const R: usize>(
    grid: Grid,
    planes: &[f32],
    tile: usize,
    first: usize,
    m: &Matrix<R, PATCH>,
) -> Square<R> {
    let stride = planes.len() / PLANES;
    let from = tile * grid.channels + first;
    let to = (from + LANES).min((tile + 1) * grid.channels);
    let points = std::array::from_fn(|r| {
        std::array::from_fn(|q| {
            let start = (r * PATCH + q) * stride;
            load(&planes[start + from..start + to])
        })
    });
    sandwich(m, &points)
}

/// Bᵀ d B of each tile: activations `(n, height, width, channels)` to planes of
/// (tiles, channels).
pub(super) fn input(grid: Grid, pictures: &[f32], planes: &mut [f32]) {
    points_to_planes(grid, pictures, planes, 1, &INPUT);
}

/// A ∂y Aᵀ of each tile: the gradient by the outputs to the gradient by the products.
pub(super) fn output_back(grid: Grid, gradient: &[f32], planes: &mut [f32]) {
    points_to_planes(grid, gradient, planes, 0, &OUTPUT_BACK);
}

/// Aᵀ m A of each tile with bias and ReLU: products to activations.
pub(super) fn output(grid: Grid, planes: &[f32], bias: &[f32], pictures: &mut [f32]) {
    pictures.par_chunks_exact_mut(grid.len()).enumerate().for_each(|(index, picture)| {
        for (tile, row, column) in grid.corners() {
            for first in grid.blocks() {
                let tile = index * grid.tiles() + tile;
                let out = tile_from_planes(grid, planes, tile, first, &OUTPUT);
                let spans = grid.spans::<TILE>(row + 1, column + 1, first);
                for (span, value) in spans.iter().flatten().zip(out.iter().flatten()) {
                    let Some((from, to)) = *span else { continue };
                    for ((y, bias), value) in picture[from..to].iter_mut().zip(&bias[first..]).zip(value) {
                        *y = (value + bias).max(0.0);
                    }
                }
            }
        }
    });
}

/// B v Bᵀ of each tile, summed where tiles overlap: the gradient by the transformed
/// inputs to the gradient by the inputs.
pub(super) fn input_back(grid: Grid, planes: &[f32], pictures: &mut [f32]) {
    pictures.par_chunks_exact_mut(grid.len()).enumerate().for_each(|(index, picture)| {
        picture.fill(0.0);
        for (tile, row, column) in grid.corners() {
            for first in grid.blocks() {
                let tile = index * grid.tiles() + tile;
                let out = tile_from_planes(grid, planes, tile, first, &INPUT_BACK);
                let spans = grid.spans::<PATCH>(row, column, first);
                for (span, value) in spans.iter().flatten().zip(out.iter().flatten()) {
                    let Some((from, to)) = *span else { continue };
                    picture[from..to].iter_mut().zip(value).for_each(|(x, value)| *x += value);
                }
            }
        }
    });
}

/// G g Gᵀ of each kernel: `(3, 3, inputs, outputs)` to planes of (inputs, outputs).
pub(super) fn kernel(weights: &[f32], inputs: usize, planes: &mut [f32]) {
    let outputs = weights.len() / 9 / inputs;
    by_unit(planes, PLANES, inputs).into_par_iter().enumerate().for_each(|(input, mut planes)| {
        for first in (0..outputs).step_by(LANES) {
            let last = outputs.min(first + LANES);
            let tap = |r: usize, q: usize| ((r * 3 + q) * inputs + input) * outputs;
            let points = std::array::from_fn(|r| {
                std::array::from_fn(|q| load(&weights[tap(r, q) + first..tap(r, q) + last]))
            });
            let out = sandwich(&KERNEL, &points);
            for plane in 0..PLANES {
                store(&mut planes[plane][first..last], &out[plane / PATCH][plane % PATCH]);
            }
        }
    });
}

/// Adds Gᵀ u G of each kernel: the gradient by the transformed kernels to the
/// gradient by the kernels.
pub(super) fn kernel_back(planes: &[f32], inputs: usize, gradient: &mut [f32]) {
    let outputs = gradient.len() / 9 / inputs;
    let stride = planes.len() / PLANES;
    by_unit(gradient, 9, inputs).into_par_iter().enumerate().for_each(|(input, mut gradient)| {
        for first in (0..outputs).step_by(LANES) {
            let last = outputs.min(first + LANES);
            let points = std::array::from_fn(|r| {
                std::array::from_fn(|q| {
                    let start = (r * PATCH + q) * stride + input * outputs;
                    load(&planes[start + first..start + last])
                })
            });
            let out = sandwich(&KERNEL_BACK, &points);
            for tap in 0..9 {
                let sum = gradient[tap][first..last].iter_mut();
                sum.zip(&out[tap / 3][tap % 3]).for_each(|(sum, value)| *sum += value);
            }
        }
    });
}
