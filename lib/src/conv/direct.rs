//! The convolution of few input channels, as a network's first layer: vectors of
//! input channels would be nearly empty, so each point of the output is the sum over
//! its 3 x 3 pixels, straight from the lines of the picture.

use super::buffer::Buffer;
use super::shape::Shape;
use super::simd::{Job, Simd};

/// The most input channels for which this is the better way.
pub(super) const MOST: usize = 4;

/// Some lines of the output of one picture.
pub(super) struct Direct<'a, P> {
    pub(super) shape: Shape,
    pub(super) picture: &'a [P],
    /// What is taken from each channel's pixels first.
    pub(super) mean: [f32; MOST],
    pub(super) weights: &'a [f32],
    /// Padded with zeros to whole panels.
    pub(super) bias: &'a [f32],
    pub(super) least: f32,
    /// The first line, and the lines.
    pub(super) top: usize,
    pub(super) out: &'a mut [f32],
    /// For three lines of input, and two of output where they are pooled.
    pub(super) lines: &'a mut Buffer,
}

/// A pixel's channel: a number, or a byte.
pub(crate) trait Channel: Copy + Send + Sync + Sized {
    fn number(self) -> f32;

    /// The pixels themselves, if they are numbers.
    fn numbers(pixels: &[Self]) -> Option<&[f32]>;
}

impl Channel for f32 {
    #[inline(always)]
    fn number(self) -> f32 {
        self
    }

    fn numbers(pixels: &[f32]) -> Option<&[f32]> {
        Some(pixels)
    }
}

impl Channel for u8 {
    #[inline(always)]
    fn number(self) -> f32 {
        f32::from(self)
    }

    fn numbers(_: &[u8]) -> Option<&[f32]> {
        None
    }
}

impl<P: Channel> Job for Direct<'_, P> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match self.shape.inputs {
            1 => self.lines_of::<S, 1>(simd),
            2 => self.lines_of::<S, 2>(simd),
            3 => self.lines_of::<S, 3>(simd),
            _ => self.lines_of::<S, MOST>(simd),
        }
    }
}

impl<P: Channel> Direct<'_, P> {
    #[inline(always)]
    fn lines_of<S: Simd, const INPUTS: usize>(self, simd: S) {
        let Shape { width, outputs, .. } = self.shape;
        let panels = self.bias.len();
        let step = self.shape.step();
        // Both ends of a line are padded with a pixel; kernels read whole blocks.
        let line = (width + 2 + S::ROWS) * INPUTS;
        let points = width * panels;
        let (lines, wide) = self.lines.first(3 * line + 2 * points).split_at_mut(3 * line);
        lines.fill(0.0);
        // What needs nothing more is written where it belongs.
        let finished = step == 1 && panels == outputs;
        let out_line = self.shape.output().1 * outputs;
        for (index, out) in self.out.chunks_exact_mut(out_line).enumerate() {
            for part in 0..step {
                let y = (self.top + index) * step + part;
                read_lines::<P, INPUTS>(&self.shape, self.picture, &self.mean, y, lines, line);
                let wide = if finished { &mut *out } else { &mut wide[part * points..][..points] };
                for panel in (0..panels).step_by(2 * S::LANES) {
                    let weights = &self.weights[panel * 9 * INPUTS..][..9 * INPUTS * 2 * S::LANES];
                    let bias = &self.bias[panel..][..2 * S::LANES];
                    let (least, wide) = (self.least, &mut wide[panel..]);
                    let work = Line { lines, line, weights, bias, least, wide, stride: panels };
                    work.convolve::<S, INPUTS>(simd, width);
                }
            }
            if !finished {
                gather(simd, &self.shape, panels, wide, out);
            }
        }
    }
}

/// A line of the output from one or, pooled, two lines of whole panels.
#[inline(always)]
fn gather<S: Simd>(simd: S, shape: &Shape, panels: usize, wide: &[f32], out: &mut [f32]) {
    let lower = &wide[shape.width * panels..];
    for (x, out) in out.chunks_exact_mut(shape.outputs).enumerate() {
        let at = x * shape.step() * panels;
        for channel in (0..shape.outputs).step_by(S::LANES) {
            let mut value = simd.load(&wide[at + channel..]);
            if shape.pool {
                value = simd.max(value, simd.load(&wide[at + panels + channel..]));
                value = simd.max(value, simd.load(&lower[at + channel..]));
                value = simd.max(value, simd.load(&lower[at + panels + channel..]));
            }
            let end = shape.outputs.min(channel + S::LANES);
            simd.store_some(value, &mut out[channel..end]);
        }
    }
}

/// The three lines of input around line `y`, as numbers, padded with zeros.
#[inline(always)]
fn read_lines<P: Channel, const INPUTS: usize>(
    shape: &Shape,
    picture: &[P],
    mean: &[f32; MOST],
    y: usize,
    lines: &mut [f32],
    line: usize,
) {
    let len = shape.width * INPUTS;
    for ky in 0..3 {
        let to = &mut lines[ky * line + INPUTS..][..len];
        if y + ky < 1 || y + ky > shape.height {
            to.fill(0.0);
            continue;
        }
        let from = &picture[(y + ky - 1) * len..][..len];
        for (to, from) in to.chunks_exact_mut(INPUTS).zip(from.chunks_exact(INPUTS)) {
            for channel in 0..INPUTS {
                to[channel] = from[channel].number() - mean[channel];
            }
        }
    }
}

/// One line of output, two vectors of channels.
struct Line<'a> {
    lines: &'a [f32],
    line: usize,
    weights: &'a [f32],
    bias: &'a [f32],
    least: f32,
    wide: &'a mut [f32],
    stride: usize,
}

impl Line<'_> {
    #[inline(always)]
    fn convolve<S: Simd, const INPUTS: usize>(mut self, simd: S, width: usize) {
        let mut x = 0;
        // The last block reads padding and writes only what is inside.
        while x < width {
            let count = (width - x).min(S::ROWS);
            if S::ROWS == 14 {
                self.block::<S, INPUTS, 14>(simd, x, count);
            } else {
                self.block::<S, INPUTS, 6>(simd, x, count);
            }
            x += count;
        }
    }

    #[inline(always)]
    fn block<S: Simd, const INPUTS: usize, const ROWS: usize>(&mut self, simd: S, x: usize, count: usize) {
        let mut sums = [[simd.load(self.bias), simd.load(&self.bias[S::LANES..])]; ROWS];
        let taps = 3 * INPUTS;
        for ky in 0..3 {
            let pixels = &self.lines[ky * self.line + x * INPUTS..][..(ROWS + 2) * INPUTS];
            let weights = &self.weights[ky * taps * 2 * S::LANES..][..taps * 2 * S::LANES];
            for (tap, weights) in weights.chunks_exact(2 * S::LANES).enumerate() {
                let (low, high) = (simd.load(weights), simd.load(&weights[S::LANES..]));
                for row in 0..ROWS {
                    let value = simd.splat(pixels[row * INPUTS + tap]);
                    sums[row][0] = simd.fma(value, low, sums[row][0]);
                    sums[row][1] = simd.fma(value, high, sums[row][1]);
                }
            }
        }
        let least = simd.splat(self.least);
        for row in 0..ROWS {
            if row < count {
                let to = &mut self.wide[(x + row) * self.stride..];
                simd.store(simd.max(sums[row][0], least), to);
                simd.store(simd.max(sums[row][1], least), &mut to[S::LANES..]);
            }
        }
    }
}
