//! Winograd's minimal filtering F(4 x 4, 3 x 3): the transforms of weights, input
//! and output.
//!
//! A product of polynomials is known from its values at enough points. Six suffice
//! for four outputs of three taps: 0, a, -a, b, -b and infinity. With a = sqrt(1/2)
//! and b = sqrt(2) the coefficients stay near 1, and with them the rounding errors
//! (the usual 1 and 2 lose two bits more). Derivation: Lavin and Gray, "Fast
//! Algorithms for Convolutional Neural Networks" (2015).

use super::simd::Simd;
use super::tiles::{PATCH, TILE};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

const A: f64 = FRAC_1_SQRT_2;
const B: f64 = SQRT_2;

/// The polynomial of a kernel's three taps at the six points, each divided by the
/// product of that point's distances from the other finite ones.
const KERNEL: [[f64; 3]; PATCH] = [
    [1.0, 0.0, 0.0],
    [-2.0 / 3.0, -2.0 / 3.0 * A, -1.0 / 3.0],
    [-2.0 / 3.0, 2.0 / 3.0 * A, -1.0 / 3.0],
    [1.0 / 6.0, 1.0 / 6.0 * B, 1.0 / 3.0],
    [1.0 / 6.0, -1.0 / 6.0 * B, 1.0 / 3.0],
    [0.0, 0.0, 1.0],
];

/// One point of a transformed 3 x 3 kernel.
pub(super) fn weight(row: usize, column: usize, kernel: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (y, taps) in kernel.chunks_exact(3).enumerate() {
        for (x, &tap) in taps.iter().enumerate() {
            sum += KERNEL[row][y] * KERNEL[column][x] * f64::from(tap);
        }
    }
    sum as f32
}

/// Transforms a 6 x 6 patch of input.
#[inline(always)]
pub(super) fn input<S: Simd>(simd: S, patch: [[S::Vector; PATCH]; PATCH]) -> [[S::Vector; PATCH]; PATCH] {
    let mut half = patch;
    for q in 0..PATCH {
        let mut column = [simd.splat(0.0); PATCH];
        for r in 0..PATCH {
            column[r] = patch[r][q];
        }
        let column = input_line(simd, column);
        for r in 0..PATCH {
            half[r][q] = column[r];
        }
    }
    for r in 0..PATCH {
        half[r] = input_line(simd, half[r]);
    }
    half
}

/// Transforms 6 x 6 products to 4 x 4 outputs.
#[inline(always)]
pub(super) fn output<S: Simd>(simd: S, products: [[S::Vector; PATCH]; PATCH]) -> [[S::Vector; TILE]; TILE] {
    let mut half = [[simd.splat(0.0); PATCH]; TILE];
    for q in 0..PATCH {
        let mut column = [simd.splat(0.0); PATCH];
        for r in 0..PATCH {
            column[r] = products[r][q];
        }
        let column = output_line(simd, column);
        for r in 0..TILE {
            half[r][q] = column[r];
        }
    }
    let mut points = [[simd.splat(0.0); TILE]; TILE];
    for r in 0..TILE {
        points[r] = output_line(simd, half[r]);
    }
    points
}

#[inline(always)]
fn input_line<S: Simd>(simd: S, d: [S::Vector; PATCH]) -> [S::Vector; PATCH] {
    // a² + b², and a² b² = 1.
    let sum = simd.splat((-(A * A + B * B)) as f32);
    let (a, minus_a, a2) = (simd.splat(A as f32), simd.splat(-A as f32), simd.splat((-A * A) as f32));
    let (b, minus_b, b2) = (simd.splat(B as f32), simd.splat(-B as f32), simd.splat((-B * B) as f32));
    let (even_a, odd_a) = (simd.fma(b2, d[2], d[4]), simd.fma(b2, d[1], d[3]));
    let (even_b, odd_b) = (simd.fma(a2, d[2], d[4]), simd.fma(a2, d[1], d[3]));
    [
        simd.fma(sum, d[2], simd.add(d[0], d[4])),
        simd.fma(a, odd_a, even_a),
        simd.fma(minus_a, odd_a, even_a),
        simd.fma(b, odd_b, even_b),
        simd.fma(minus_b, odd_b, even_b),
        simd.fma(sum, d[3], simd.add(d[1], d[5])),
    ]
}

#[inline(always)]
fn output_line<S: Simd>(simd: S, m: [S::Vector; PATCH]) -> [S::Vector; TILE] {
    let (even_a, odd_a) = (simd.add(m[1], m[2]), simd.sub(m[1], m[2]));
    let (even_b, odd_b) = (simd.add(m[3], m[4]), simd.sub(m[3], m[4]));
    let (a1, a2, a3) = (simd.splat(A as f32), simd.splat((A * A) as f32), simd.splat((A * A * A) as f32));
    let (b1, b2, b3) = (simd.splat(B as f32), simd.splat((B * B) as f32), simd.splat((B * B * B) as f32));
    [
        simd.add(m[0], simd.add(even_a, even_b)),
        simd.fma(a1, odd_a, simd.mul(b1, odd_b)),
        simd.fma(a2, even_a, simd.mul(b2, even_b)),
        simd.fma(a3, odd_a, simd.fma(b3, odd_b, m[5])),
    ]
}
