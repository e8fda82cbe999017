//! Winograd's minimal filtering F(6, 3) and F(4, 3) along one side: the transforms of
//! weights, input and output.
//!
//! A product of polynomials is known from its values at enough points: eight for six
//! outputs of three taps, six for four. Both use 0, 1/2, -1/2, 2, -2 and infinity, in
//! this order; F(6, 3) has 1 and -1 too. So one set of transformed weights serves
//! both, as they are values of the same polynomial: what the points' distances from
//! each other differ by is made good in F(4, 3)'s output. Derivation: Lavin and Gray,
//! "Fast Algorithms for Convolutional Neural Networks" (2015). Of nested points that
//! make cheap coefficients these had the least error: 6e-6 of the standard deviation
//! of a sum over 256 channels in single precision, F(4, 3) 2e-6.

use super::simd::Simd;

/// Points of F(6, 3): the first [`FEW`] of them are F(4, 3)'s.
pub(super) const POINTS: usize = 8;
pub(super) const FEW: usize = 6;

/// The polynomial of a kernel's three taps at the eight points, each divided by the
/// product of that point's distances from the other finite ones (0's with its sign
/// turned, so that F(4, 3) need not turn it).
const KERNEL: [[f64; 3]; POINTS] = [
    [1.0, 0.0, 0.0],
    kernel(0.5),
    kernel(-0.5),
    kernel(2.0),
    kernel(-2.0),
    [0.0, 0.0, 1.0],
    kernel(1.0),
    kernel(-1.0),
];

const fn kernel(p: f64) -> [f64; 3] {
    let points = [0.0, 0.5, -0.5, 2.0, -2.0, 1.0, -1.0];
    let (mut product, mut i) = (1.0, 0);
    while i < points.len() {
        if points[i] != p {
            product *= p - points[i];
        }
        i += 1;
    }
    [1.0 / product, p / product, p * p / product]
}

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

/// Transforms a line of `P` (8 or 6) inputs.
#[inline(always)]
pub(super) fn input<S: Simd, const P: usize>(simd: S, d: [S::Vector; POINTS]) -> [S::Vector; POINTS] {
    if P == POINTS { input_of_8(simd, d) } else { input_of_6(simd, d) }
}

/// Transforms a line of `P` (8 or 6) products to `P - 2` outputs.
#[inline(always)]
pub(super) fn output<S: Simd, const P: usize>(simd: S, m: [S::Vector; POINTS]) -> [S::Vector; POINTS - 2] {
    if P == POINTS { output_of_8(simd, m) } else { output_of_6(simd, m) }
}

/// `even + p odd` and `even - p odd`.
#[inline(always)]
fn pair<S: Simd>(simd: S, p: f32, even: S::Vector, odd: S::Vector) -> (S::Vector, S::Vector) {
    (simd.fma(simd.splat(p), odd, even), simd.fma(simd.splat(-p), odd, even))
}

/// `x⁴ - s x² + t` of three inputs two apart: what is left of a line's polynomial
/// without one pair of points, s = q² + r² and t = q² r² of the two other pairs.
#[inline(always)]
fn rest<S: Simd>(simd: S, s: f32, t: f32, [low, middle, high]: [S::Vector; 3]) -> S::Vector {
    let high = simd.fma(simd.splat(-s), middle, high);
    if t == 1.0 { simd.add(low, high) } else { simd.fma(simd.splat(t), low, high) }
}

#[inline(always)]
fn input_of_8<S: Simd>(simd: S, d: [S::Vector; POINTS]) -> [S::Vector; POINTS] {
    let (even, odd) = ([d[2], d[4], d[6]], [d[1], d[3], d[5]]);
    let (half, minus_half) = pair(simd, 0.5, rest(simd, 5.0, 4.0, even), rest(simd, 5.0, 4.0, odd));
    let (two, minus_two) = pair(simd, 2.0, rest(simd, 1.25, 0.25, even), rest(simd, 1.25, 0.25, odd));
    let (even, odd) = (rest(simd, 4.25, 1.0, even), rest(simd, 4.25, 1.0, odd));
    let all = simd.splat(5.25);
    [
        simd.fma(all, simd.sub(d[4], d[2]), simd.sub(d[0], d[6])),
        half,
        minus_half,
        two,
        minus_two,
        simd.fma(all, simd.sub(d[3], d[5]), simd.sub(d[7], d[1])),
        simd.add(even, odd),
        simd.sub(even, odd),
    ]
}

#[inline(always)]
fn input_of_6<S: Simd>(simd: S, d: [S::Vector; POINTS]) -> [S::Vector; POINTS] {
    let (four, quarter, both) = (simd.splat(-4.0), simd.splat(-0.25), simd.splat(-4.25));
    let (half, minus_half) = pair(simd, 0.5, simd.fma(four, d[2], d[4]), simd.fma(four, d[1], d[3]));
    let (two, minus_two) = pair(simd, 2.0, simd.fma(quarter, d[2], d[4]), simd.fma(quarter, d[1], d[3]));
    let zero = simd.fma(both, d[2], simd.add(d[0], d[4]));
    let infinity = simd.fma(both, d[3], simd.add(d[1], d[5]));
    [zero, half, minus_half, two, minus_two, infinity, zero, zero]
}

/// `p a + q b + rest`.
#[inline(always)]
fn sum<S: Simd>(simd: S, p: f32, a: S::Vector, q: f32, b: S::Vector, rest: S::Vector) -> S::Vector {
    simd.fma(simd.splat(p), a, simd.fma(simd.splat(q), b, rest))
}

#[inline(always)]
fn output_of_8<S: Simd>(simd: S, m: [S::Vector; POINTS]) -> [S::Vector; POINTS - 2] {
    let (even_half, odd_half) = (simd.add(m[1], m[2]), simd.sub(m[1], m[2]));
    let (even_two, odd_two) = (simd.add(m[3], m[4]), simd.sub(m[3], m[4]));
    let (even_one, odd_one) = (simd.add(m[6], m[7]), simd.sub(m[6], m[7]));
    [
        simd.add(simd.add(m[0], even_half), simd.add(even_two, even_one)),
        sum(simd, 0.5, odd_half, 2.0, odd_two, odd_one),
        sum(simd, 0.25, even_half, 4.0, even_two, even_one),
        sum(simd, 0.125, odd_half, 8.0, odd_two, odd_one),
        sum(simd, 0.0625, even_half, 16.0, even_two, even_one),
        sum(simd, 0.03125, odd_half, 32.0, odd_two, simd.add(m[5], odd_one)),
    ]
}

/// The weights at 1/2 and 2 were divided by their distances from 1 and -1 as well,
/// p² - 1: here that is taken back.
#[inline(always)]
fn output_of_6<S: Simd>(simd: S, m: [S::Vector; POINTS]) -> [S::Vector; POINTS - 2] {
    const HALF: f32 = -0.75;
    const TWO: f32 = 3.0;
    let (even_half, odd_half) = (simd.add(m[1], m[2]), simd.sub(m[1], m[2]));
    let (even_two, odd_two) = (simd.add(m[3], m[4]), simd.sub(m[3], m[4]));
    let zero = simd.splat(0.0);
    [
        sum(simd, HALF, even_half, TWO, even_two, m[0]),
        sum(simd, HALF * 0.5, odd_half, TWO * 2.0, odd_two, zero),
        sum(simd, HALF * 0.25, even_half, TWO * 4.0, even_two, zero),
        sum(simd, HALF * 0.125, odd_half, TWO * 8.0, odd_two, m[5]),
        zero,
        zero,
    ]
}
