//! 3 x 3 convolutions on the processor, several times faster than candle's: for
//! VGG16's body, where nearly all the time goes.
//!
//! Activations lie channels last, `(pictures, height, width, channels)`, so that the
//! vectors of all stages are vectors of channels. The method is Winograd's
//! ([`winograd`]); an input of few channels is convolved directly. Instructions are
//! chosen when the program runs: AVX-512F, AVX2 with FMA, or what every processor
//! has. [`plain`] is the same convolution as its definition says it.

// Kernels count through arrays by index: iterators are functions of their own, which
// are not sure to be inlined and with it compiled for the instructions in use.
#![allow(clippy::needless_range_loop)]

mod buffer;
mod chunk;
mod method;
mod multiply;
mod path;
pub mod plain;
mod simd;
mod stack;
#[cfg(test)]
mod tests;
mod tiles;
mod winograd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use buffer::Scratch;
pub use stack::Stack;

use buffer::Buffer;
use chunk::{Chunk, Crew, Packed};
use method::{Direct, Method, Winograd};
use path::{Path, with_simd};
use rayon::prelude::*;
use simd::Simd;
use std::fmt;
use std::marker::PhantomData;
use tiles::{Blocks, Shape};

/// Tiles that one thread transforms, multiplies and transforms back at a time: few
/// enough that they stay in its cache, many enough to be worth reading the weights.
const CHUNK: usize = 56;

/// Tiles that all threads work on together where there is too little for chunks.
const SHARED: usize = 128;

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
}

impl Conv3x3 {
    /// Prepares a convolution from weights `(outputs, inputs, 3, 3)` and biases
    /// `(outputs,)`. Takes four times the weights' memory.
    ///
    /// # Panics
    ///
    /// If a slice has another length, or there are no channels.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize, outputs: usize) -> Conv3x3 {
        Conv3x3::with_path(Path::available()[0], weights, bias, inputs, outputs)
    }

    fn with_path(path: Path, weights: &[f32], bias: &[f32], inputs: usize, outputs: usize) -> Conv3x3 {
        assert!(inputs > 0 && outputs > 0, "a convolution of {inputs} to {outputs} channels");
        assert_eq!(weights.len(), outputs * inputs * 9, "weights (outputs, inputs, 3, 3)");
        assert_eq!(bias.len(), outputs, "biases (outputs,)");
        let packed = with_simd!(path, simd => if inputs <= Direct::MOST {
            pack::<_, Direct>(simd, weights, bias, inputs)
        } else {
            pack::<_, Winograd>(simd, weights, bias, inputs)
        });
        Conv3x3 { packed, path, inputs, outputs }
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
        if output.is_empty() {
            return;
        }
        let rows = shape.cut(output);
        with_simd!(self.path, simd => if self.inputs <= Direct::MOST {
            self.run::<_, Direct>(simd, shape, scratch, input, rows);
        } else {
            self.run::<_, Winograd>(simd, shape, scratch, input, rows);
        });
    }

    /// Numbers in the output for one picture.
    pub fn output_len(&self, height: usize, width: usize, pool: bool) -> usize {
        self.shape(height, width, pool).output_len()
    }

    fn shape(&self, height: usize, width: usize, pool: bool) -> Shape {
        Shape { height, width, inputs: self.inputs, outputs: self.outputs, pool }
    }

    /// Shares the rows of tiles out: to each thread chunks of its own if there are
    /// enough, else all threads work on one chunk at a time.
    fn run<S: Simd, M: Method>(
        &self,
        simd: S,
        shape: Shape,
        scratch: &Scratch,
        input: &[f32],
        mut rows: Vec<&mut [f32]>,
    ) {
        let threads = rayon::current_num_threads();
        let chunks = rows.len().div_ceil(CHUNK.div_ceil(shape.columns()));
        let chunk = |first: usize, rows: &mut [&mut [f32]], crew| {
            let (first, tiles) = (first * shape.columns(), rows.len() * shape.columns());
            let blocks = Blocks::new(tiles, S::ROWS);
            let packed = &self.packed;
            let chunk = Chunk { simd, method: PhantomData::<M>, packed, shape, input, first, blocks };
            scratch.with(|workspace| chunk.run(workspace, rows, crew));
        };
        if chunks >= 2 * threads {
            // Of equal size and equally many for each thread.
            let each = rows.len().div_ceil(chunks.next_multiple_of(threads));
            rows.par_chunks_mut(each)
                .enumerate()
                .for_each(|(index, rows)| chunk(index * each, rows, Crew::One));
        } else {
            let each = SHARED.div_ceil(shape.columns());
            for (index, rows) in rows.chunks_mut(each).enumerate() {
                chunk(index * each, rows, Crew::All);
            }
        }
    }
}

impl fmt::Display for Conv3x3 {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "3x3 convolution, {} to {} channels", self.inputs, self.outputs)
    }
}

/// Transforms and packs the weights for a method, all planes at the same time.
fn pack<S: Simd, M: Method>(_: S, weights: &[f32], bias: &[f32], inputs: usize) -> Packed {
    let width = 2 * S::LANES;
    let depth = M::depth(inputs);
    let padded = depth.next_multiple_of(S::LANES);
    let outputs = bias.len().next_multiple_of(width);
    let mut packed = Buffer::zeros(M::WEIGHTS * padded * outputs);
    let planes = packed.first(M::WEIGHTS * padded * outputs).par_chunks_exact_mut(padded * outputs);
    planes.enumerate().for_each(|(plane, out)| {
        multiply::pack(out, (depth, padded, bias.len()), width, |k, output| {
            M::weight(plane, k, &weights[output * inputs * 9..][..inputs * 9])
        });
    });
    let mut bias = bias.to_vec();
    bias.resize(outputs, 0.0);
    Packed { weights: packed, bias, depth: padded }
}
