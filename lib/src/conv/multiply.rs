//! The matrix product at the heart of both methods: rows of transformed input
//! times weights that were packed once.
//!
//! Both operands lie in the order in which the kernel reads them. Weights: panels
//! of two vectors of outputs, each `depth` deep. Input: for each vector of depth,
//! one vector a row, so that one pointer with fixed offsets reaches every row.

use super::simd::{Job, Simd};

/// `out[row][..2 * LANES] = a[row] * b` for a block of `rows` rows, each `stride`
/// numbers after the other in `out`.
pub(super) fn multiply<S: Simd>(simd: S, rows: usize, a: &[f32], b: &[f32], out: &mut [f32], stride: usize) {
    macro_rules! kernels {
        ($($n:literal)+) => {
            match rows {
                $($n if $n <= S::ROWS => simd.run(Kernel::<$n> { a, b, out, stride }),)+
                _ => unreachable!("a block has 1 to {} rows, not {rows}", S::ROWS),
            }
        };
    }
    kernels!(1 2 3 4 5 6 7 8 9 10 11 12 13 14)
}

struct Kernel<'a, const ROWS: usize> {
    a: &'a [f32],
    b: &'a [f32],
    out: &'a mut [f32],
    stride: usize,
}

impl<const ROWS: usize> Job for Kernel<'_, ROWS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let width = 2 * S::LANES;
        let mut sums = [[simd.splat(0.0); 2]; ROWS];
        for (a, b) in self.a.chunks_exact(ROWS * S::LANES).zip(self.b.chunks_exact(width * S::LANES)) {
            for k in 0..S::LANES {
                let low = simd.load(&b[k * width..]);
                let high = simd.load(&b[k * width + S::LANES..]);
                for row in 0..ROWS {
                    let x = simd.splat(a[row * S::LANES + k]);
                    sums[row][0] = simd.fma(x, low, sums[row][0]);
                    sums[row][1] = simd.fma(x, high, sums[row][1]);
                }
            }
        }
        for row in 0..ROWS {
            let out = &mut self.out[row * self.stride..];
            simd.store(sums[row][0], out);
            simd.store(sums[row][1], &mut out[S::LANES..]);
        }
    }
}

/// Packs a `depth x outputs` matrix into panels, with zeros to `padded` depth and to
/// whole panels.
pub(super) fn pack(
    packed: &mut [f32],
    (depth, padded, outputs): (usize, usize, usize),
    width: usize,
    value: impl Fn(usize, usize) -> f32,
) {
    for (index, panel) in packed.chunks_exact_mut(padded * width).enumerate() {
        let first = index * width;
        for output in first..outputs.min(first + width) {
            for k in 0..depth {
                panel[k * width + output - first] = value(k, output);
            }
        }
    }
}
