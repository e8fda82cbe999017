//! 3 x 3 convolutions on the processor, many times faster than candle's: for VGG16's
//! body, where nearly all the time goes.
//!
//! Activations lie channels last, `(pictures, height, width, channels)`, so that the
//! vectors of all stages are vectors of channels. The method is Winograd's
//! (`winograd`), with tiles of 6 x 6 and 4 x 4 points as they fit the picture; an
//! input of few channels is convolved directly (`direct`). Instructions are chosen
//! when the program runs: AVX-512F, AVX2 with FMA, or what every processor has.
//! [`plain`] is the same convolution as its definition says it.

// Kernels count through arrays by index: iterators are functions of their own, which
// are not sure to be inlined and with it compiled for the instructions in use.
#![allow(clippy::needless_range_loop)]

mod axis;
mod buffer;
mod chunk;
mod direct;
mod finish;
mod grid;
mod multiply;
mod path;
pub mod plain;
mod plan;
mod precision;
mod shape;
mod simd;
mod stack;
#[cfg(test)]
mod tests;
mod transform;
mod weights;
mod winograd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use buffer::Scratch;
pub use precision::Precision;
pub use stack::Stack;

use crate::Result;
use buffer::Buffer;
use chunk::Chunk;
use direct::{Channel, Direct};
use path::{Path, with_simd};
use plan::Plan;
use rayon::prelude::*;
use shape::Shape;
use simd::Simd;
use std::fmt;
use weights::Weights;

/// A convolution with bias and ReLU: 3 x 3 kernels, stride 1, padding 1.
///
/// ```
/// use sevenlines::conv::{Conv3x3, Scratch};
///
/// // One channel to one, a kernel that only looks at the pixel to the left.
/// let shift = Conv3x3::new(&[0., 0., 0., 1., 0., 0., 0., 0., 0.], &[0.5], 1, 1);
/// let mut output = Vec::new();
/// shift.forward(&mut Scratch::new(), &[1., 2., 3., 4.], 1, 2, 2, &mut output, false);
/// assert_eq!(output, [0.5, 1.5, 0.5, 3.5]);
/// ```
#[derive(Debug)]
pub struct Conv3x3 {
    packed: Packed,
    path: Path,
    inputs: usize,
    outputs: usize,
    /// The least that an output is: 0 with ReLU.
    least: f32,
}

/// The tiles that a convolution's output is cut into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tiles {
    /// Of 6 x 6, 6 x 4, 4 x 6 and 4 x 4 points, as they fit: the fewest products.
    #[default]
    Any,
    /// Of 4 x 4 points alone: little more than half the weights to read and to keep,
    /// which takes longest where a picture has few tiles for them.
    Small,
}

#[derive(Debug)]
enum Packed {
    Direct(First),
    Winograd(Weights),
}

/// A first layer's weights.
#[derive(Debug)]
struct First {
    weights: Buffer,
    bias: Vec<f32>,
    /// What is taken from each channel first.
    mean: [f32; direct::MOST],
}

impl Conv3x3 {
    /// Prepares a convolution from weights `(outputs, inputs, 3, 3)` and biases
    /// `(outputs,)`. Takes seven times the weights' memory.
    ///
    /// # Panics
    ///
    /// If a slice has another length, or there are no channels.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize, outputs: usize) -> Conv3x3 {
        Conv3x3::with_path(Path::available()[0], Tiles::Any, weights, bias, inputs, outputs)
    }

    /// [`Conv3x3::new`] in another precision, or with other tiles. A layer of up to four input channels is
    /// in single precision all the same.
    ///
    /// # Errors
    ///
    /// If this processor does not have it.
    ///
    /// # Panics
    ///
    /// As [`Conv3x3::new`].
    pub fn in_precision(
        precision: Precision,
        tiles: Tiles,
        weights: &[f32],
        bias: &[f32],
        inputs: usize,
        outputs: usize,
    ) -> Result<Conv3x3> {
        Ok(Conv3x3::with_path(precision.path()?, tiles, weights, bias, inputs, outputs))
    }

    /// [`Conv3x3::new`] without the ReLU: for gradients, which are negative too.
    ///
    /// # Panics
    ///
    /// As [`Conv3x3::new`].
    pub fn linear(weights: &[f32], bias: &[f32], inputs: usize, outputs: usize) -> Conv3x3 {
        let conv = Conv3x3::new(weights, bias, inputs, outputs);
        Conv3x3 { least: f32::NEG_INFINITY, ..conv }
    }

    /// A first layer that takes pictures as they are: each channel's `mean` is taken
    /// from its pixels, then they are multiplied with `scale`. The padding stays zero,
    /// which is a pixel at the mean.
    ///
    /// # Panics
    ///
    /// As [`Conv3x3::new`]; and if there are more than four channels, or not as many
    /// means and scales.
    pub fn first(weights: &[f32], bias: &[f32], mean: &[f32], scale: &[f32], outputs: usize) -> Conv3x3 {
        let inputs = mean.len();
        assert!(inputs <= direct::MOST, "a first layer of {inputs} channels");
        assert_eq!(scale.len(), inputs, "a scale for each mean");
        let scaled: Vec<f32> =
            weights.iter().enumerate().map(|(at, weight)| weight * scale[at / 9 % inputs]).collect();
        let mut conv = Conv3x3::new(&scaled, bias, inputs, outputs);
        if let Packed::Direct(packed) = &mut conv.packed {
            packed.mean[..inputs].copy_from_slice(mean);
        }
        conv
    }

    fn with_path(
        path: Path,
        tiles: Tiles,
        weights: &[f32],
        bias: &[f32],
        inputs: usize,
        outputs: usize,
    ) -> Conv3x3 {
        assert!(inputs > 0 && outputs > 0, "a convolution of {inputs} to {outputs} channels");
        assert_eq!(weights.len(), outputs * inputs * 9, "weights (outputs, inputs, 3, 3)");
        assert_eq!(bias.len(), outputs, "biases (outputs,)");
        let packed = with_simd!(path, simd => if inputs <= direct::MOST {
            let (weights, bias) = weights::pack_direct(simd, weights, bias, inputs);
            Packed::Direct(First { weights, bias, mean: [0.0; direct::MOST] })
        } else {
            Packed::Winograd(Weights::pack(simd, weights, bias, inputs, tiles))
        });
        Conv3x3 { packed, path, inputs, outputs, least: 0.0 }
    }

    /// Convolves `n` pictures `(n, height, width, inputs)`, adds the bias and applies
    /// the ReLU; `pool` takes the maximum of each 2 x 2 points too. `output` becomes
    /// `(n, height, width, outputs)`, or `(n, height / 2, width / 2, outputs)`.
    ///
    /// The result is the same, bit by bit, however many threads there are.
    ///
    /// # Panics
    ///
    /// If `input` has another length.
    #[allow(clippy::too_many_arguments)]
    pub fn forward(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        n: usize,
        height: usize,
        width: usize,
        output: &mut Vec<f32>,
        pool: bool,
    ) {
        output.resize(n * self.shape(height, width, pool).output_len(), 0.0);
        self.forward_into(scratch, input, n, height, width, output, pool);
    }

    /// [`Conv3x3::forward`] into memory that has the right length already (see
    /// [`Conv3x3::output_len`]) and is not cleared first.
    ///
    /// # Panics
    ///
    /// If `input` or `output` has another length.
    #[allow(clippy::too_many_arguments)]
    pub fn forward_into(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        n: usize,
        height: usize,
        width: usize,
        output: &mut [f32],
        pool: bool,
    ) {
        let shape = self.shape(height, width, pool);
        assert_eq!(input.len(), n * shape.input_len(), "input (n, height, width, inputs)");
        assert_eq!(output.len(), n * shape.output_len(), "output (n, height, width, outputs)");
        self.convolve(scratch, input, height, width, output, pool);
    }

    /// As many pictures of numbers, or for a first layer of bytes, as there are.
    fn convolve<P: Channel>(
        &self,
        scratch: &Scratch,
        input: &[P],
        height: usize,
        width: usize,
        output: &mut [f32],
        pool: bool,
    ) {
        let shape = self.shape(height, width, pool);
        if output.is_empty() {
            return;
        }
        match (&self.packed, P::numbers(input)) {
            (Packed::Direct(packed), _) => self.direct(packed, scratch, shape, input, output),
            (Packed::Winograd(weights), Some(input)) => {
                with_simd!(self.path, simd => self.winograd(simd, weights, scratch, shape, input, output))
            }
            (Packed::Winograd(_), None) => panic!("{self} takes numbers, not bytes"),
        }
    }

    /// What a convolution's weights take once it is prepared, in bytes; a first layer's are
    /// not worth mention.
    pub(crate) fn prepared_bytes(precision: Precision, tiles: Tiles, inputs: usize, outputs: usize) -> usize {
        let (side, bytes) = match (precision, tiles) {
            (Precision::Single, Tiles::Any) => (winograd::POINTS, 4),
            (Precision::Single, Tiles::Small) => (winograd::FEW, 4),
            (Precision::Bfloat16, _) => (winograd::FEW, 2),
        };
        side * side * inputs * outputs * bytes
    }

    /// Numbers in the output for one picture.
    pub fn output_len(&self, height: usize, width: usize, pool: bool) -> usize {
        self.shape(height, width, pool).output_len()
    }

    fn shape(&self, height: usize, width: usize, pool: bool) -> Shape {
        Shape { height, width, inputs: self.inputs, outputs: self.outputs, pool }
    }

    /// Shares lines of the output out to the threads.
    fn direct<P: Channel>(
        &self,
        packed: &First,
        scratch: &Scratch,
        shape: Shape,
        input: &[P],
        output: &mut [f32],
    ) {
        let First { weights, bias, mean } = packed;
        let (height, width) = shape.output();
        let line = width * self.outputs;
        let lines = LINES.min(height.div_ceil(rayon::current_num_threads()));
        let pictures = output.par_chunks_mut(shape.output_len()).zip(input.par_chunks(shape.input_len()));
        pictures.for_each(|(output, picture)| {
            output.par_chunks_mut(lines * line).enumerate().for_each(|(index, out)| {
                scratch.with(|workspace| {
                    let (top, mean, least) = (index * lines, *mean, self.least);
                    let (weights, lines) = (weights.as_slice(), &mut workspace.lines);
                    let work = Direct { shape, picture, mean, weights, bias, least, top, out, lines };
                    with_simd!(self.path, simd => simd.run(work));
                });
            });
        });
    }

    fn winograd<S: Simd>(
        &self,
        simd: S,
        weights: &Weights,
        scratch: &Scratch,
        shape: Shape,
        input: &[f32],
        output: &mut [f32],
    ) {
        let pictures = output.len() / shape.output_len();
        let plan = Plan::new(&shape, weights, pictures, rayon::current_num_threads());
        let (down, across) = shape.axes(weights.sixes());
        let chunk = Chunk { simd, weights, least: self.least, shape, across, input, plan };
        chunk.share_out(scratch, &mut shape.cut(output, down));
    }

    /// [`Conv3x3::convolve`] by another plan than the sizes would choose.
    #[cfg(test)]
    fn with_plan(
        &self,
        plan: Plan,
        scratch: &Scratch,
        input: &[f32],
        (height, width): (usize, usize),
        output: &mut [f32],
    ) {
        let Packed::Winograd(weights) = &self.packed else { panic!("{self} needs no plan") };
        let shape = self.shape(height, width, false);
        with_simd!(self.path, simd => {
            let (down, across) = shape.axes(weights.sixes());
            let chunk = Chunk { simd, weights, least: self.least, shape, across, input, plan };
            chunk.share_out(scratch, &mut shape.cut(output, down));
        });
    }
}

/// Lines of the output that a thread computes at a time in a first layer.
const LINES: usize = 16;

impl fmt::Display for Conv3x3 {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "3x3 convolution, {} to {} channels", self.inputs, self.outputs)
    }
}
