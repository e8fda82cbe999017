//! The two ways to turn a convolution into matrix products. Each writes a tile's
//! input as some vectors ("planes"), which are multiplied with the weights plane by
//! plane, and makes the tile's 4 x 4 outputs of the products.

use super::simd::{MAX_LANES, Simd};
use super::tiles::{PATCH, Patch, TILE};
use super::winograd;

/// A tile's outputs, one vector of channels a point.
pub(super) type Outputs<V> = [[V; TILE]; TILE];

pub(super) trait Method: Sync {
    /// Products a tile.
    const PLANES: usize;
    /// Planes of weights: [`Method::PLANES`], or 1 where all share the same.
    const WEIGHTS: usize;

    /// The length of the vectors that are multiplied.
    fn depth(inputs: usize) -> usize;

    /// The weight at depth `k` of a plane, from one output's kernels `(inputs, 3, 3)`.
    fn weight(plane: usize, k: usize, kernels: &[f32]) -> f32;

    /// Writes the vectors of one tile, the `row`th of a block.
    fn transform<S: Simd>(simd: S, patch: &Patch, out: &mut Rows, row: usize);

    /// The outputs of a tile from its products, which lie `stride` apart.
    fn outputs<S: Simd>(simd: S, products: &[f32], stride: usize) -> Outputs<S::Vector>;
}

/// The input of the multiplication for one block of tiles: for each plane, for each
/// vector of depth, one vector a row.
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a mut [f32],
    /// Rows in the block.
    pub(super) count: usize,
    /// Numbers from plane to plane.
    pub(super) stride: usize,
}

impl Rows<'_> {
    #[inline(always)]
    fn put<S: Simd>(&mut self, simd: S, plane: usize, vector: usize, row: usize, value: S::Vector) {
        let at = plane * self.stride + (vector * self.count + row) * S::LANES;
        simd.store(value, &mut self.numbers[at..]);
    }
}

/// F(4 x 4, 3 x 3): a quarter of the multiplications.
pub(super) struct Winograd;

impl Method for Winograd {
    const PLANES: usize = PATCH * PATCH;
    const WEIGHTS: usize = Self::PLANES;

    fn depth(inputs: usize) -> usize {
        inputs
    }

    fn weight(plane: usize, k: usize, kernels: &[f32]) -> f32 {
        winograd::weight(plane / PATCH, plane % PATCH, &kernels[k * 9..][..9])
    }

    #[inline(always)]
    fn transform<S: Simd>(simd: S, patch: &Patch, out: &mut Rows, row: usize) {
        // Any pixel of the tile itself has the channels; the first lies inside.
        let channels = patch[1][1].len();
        for (index, first) in (0..channels).step_by(S::LANES).enumerate() {
            let mut points = [[simd.splat(0.0); PATCH]; PATCH];
            for r in 0..PATCH {
                for q in 0..PATCH {
                    if !patch[r][q].is_empty() {
                        points[r][q] = simd.load_some(&patch[r][q][first..]);
                    }
                }
            }
            let points = winograd::input(simd, points);
            for r in 0..PATCH {
                for q in 0..PATCH {
                    out.put(simd, r * PATCH + q, index, row, points[r][q]);
                }
            }
        }
    }

    #[inline(always)]
    fn outputs<S: Simd>(simd: S, products: &[f32], stride: usize) -> Outputs<S::Vector> {
        let mut points = [[simd.splat(0.0); PATCH]; PATCH];
        for r in 0..PATCH {
            for q in 0..PATCH {
                points[r][q] = simd.load(&products[(r * PATCH + q) * stride..]);
            }
        }
        winograd::output(simd, points)
    }
}

/// Each output point's 3 x 3 pixels as one vector: for few input channels, where
/// vectors of channels would be nearly empty.
pub(super) struct Direct;

impl Direct {
    /// The most input channels for which this is the better way.
    pub(super) const MOST: usize = 4;
}

impl Method for Direct {
    const PLANES: usize = TILE * TILE;
    const WEIGHTS: usize = 1;

    fn depth(inputs: usize) -> usize {
        9 * inputs
    }

    fn weight(_plane: usize, k: usize, kernels: &[f32]) -> f32 {
        let inputs = kernels.len() / 9;
        kernels[k % inputs * 9 + k / inputs]
    }

    #[inline(always)]
    fn transform<S: Simd>(simd: S, patch: &Patch, out: &mut Rows, row: usize) {
        let channels = patch[1][1].len();
        let mut pixels = [0.0; PATCH * PATCH * Direct::MOST];
        for r in 0..PATCH {
            for q in 0..PATCH {
                let at = (r * PATCH + q) * channels;
                pixels[at..at + patch[r][q].len()].copy_from_slice(patch[r][q]);
            }
        }
        let depth = 9 * channels;
        let mut point = [0.0; 9 * Direct::MOST + MAX_LANES];
        for plane in 0..Self::PLANES {
            for ky in 0..3 {
                let at = ((plane / TILE + ky) * PATCH + plane % TILE) * channels;
                point[ky * 3 * channels..][..3 * channels].copy_from_slice(&pixels[at..][..3 * channels]);
            }
            for (index, first) in (0..depth).step_by(S::LANES).enumerate() {
                out.put(simd, plane, index, row, simd.load(&point[first..]));
            }
        }
    }

    #[inline(always)]
    fn outputs<S: Simd>(simd: S, products: &[f32], stride: usize) -> Outputs<S::Vector> {
        let mut points = [[simd.splat(0.0); TILE]; TILE];
        for r in 0..TILE {
            for q in 0..TILE {
                points[r][q] = simd.load(&products[(r * TILE + q) * stride..]);
            }
        }
        points
    }
}
