//! The matrix product at the heart of the convolution: rows of transformed input
//! times weights that were packed once.
//!
//! Both operands lie in the order in which the kernel reads them. Weights: panels
//! of two vectors of outputs, each `depth` deep. Input: in groups of channels, and in
//! a group for each vector of channels one vector a row, so that one pointer with
//! fixed offsets reaches every row.

use super::simd::{Job, Simd};

/// A block of rows of transformed input.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) rows: usize,
    /// The numbers of all groups.
    pub(super) numbers: &'a [f32],
    /// Where the block lies in the first group.
    pub(super) start: usize,
    /// Numbers from group to group.
    pub(super) group: usize,
    /// Channels of a group.
    pub(super) depth: usize,
}

/// `out[row][..2 * LANES] = block[row] * panel`; a row is `stride` numbers after the
/// other in `out`.
pub(super) fn multiply<S: Simd>(simd: S, block: Block, panel: &[f32], out: &mut [f32], stride: usize) {
    macro_rules! kernels {
        ($($n:literal)+) => {
            match block.rows {
                $($n if $n <= S::ROWS => simd.run(Kernel::<$n> { block, panel, out, stride }),)+
                _ => unreachable!("a block has 1 to {} rows, not {}", S::ROWS, block.rows),
            }
        };
    }
    kernels!(1 2 3 4 5 6 7 8 9 10 11 12 13 14)
}

/// How far ahead weights are asked for, in numbers: those of large layers come from
/// memory, not from a cache.
const AHEAD: usize = 1024;

struct Kernel<'a, const ROWS: usize> {
    block: Block<'a>,
    panel: &'a [f32],
    out: &'a mut [f32],
    stride: usize,
}

impl<const ROWS: usize> Job for Kernel<'_, ROWS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let width = 2 * S::LANES;
        let Block { numbers, start, group, depth, .. } = self.block;
        let mut sums = [[simd.splat(0.0); 2]; ROWS];
        for (index, weights) in self.panel.chunks_exact(depth * width).enumerate() {
            let rows = &numbers[start + index * group..][..depth * ROWS];
            for (a, b) in rows.chunks_exact(ROWS * S::LANES).zip(weights.chunks_exact(width * S::LANES)) {
                for k in 0..S::LANES {
                    simd.prefetch(b, k * width + AHEAD);
                    simd.prefetch(b, k * width + S::LANES + AHEAD);
                    let low = simd.load(&b[k * width..]);
                    let high = simd.load(&b[k * width + S::LANES..]);
                    for row in 0..ROWS {
                        let x = simd.splat(a[row * S::LANES + k]);
                        sums[row][0] = simd.multiply(x, low, sums[row][0]);
                        sums[row][1] = simd.multiply(x, high, sums[row][1]);
                    }
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

/// Packs a `depth x outputs` matrix into panels, with zeros to whole panels.
pub(super) fn pack(
    packed: &mut [f32],
    (depth, outputs): (usize, usize),
    width: usize,
    value: impl Fn(usize, usize) -> f32,
) {
    for (index, panel) in packed.chunks_exact_mut(depth * width).enumerate() {
        let first = index * width;
        for output in first..outputs.min(first + width) {
            for k in 0..depth {
                panel[k * width + output - first] = value(k, output);
            }
        }
    }
}
