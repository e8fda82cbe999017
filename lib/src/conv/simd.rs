//! The few vector operations that the convolution needs, behind one trait, and
//! the portable set of them. A kernel is written once as a [`Job`]; [`Simd::run`]
//! compiles it for each instruction set.

/// The most lanes that a set has.
pub(super) const MAX_LANES: usize = 16;

/// An instruction set. A value of such a type is the proof that this processor
/// has the instructions: the others than [`Portable`] are made by detection alone.
pub(super) trait Simd: Copy + Send + Sync {
    /// `LANES` numbers.
    type Vector: Copy;
    /// Numbers in a vector.
    const LANES: usize;
    /// Rows of the multiplication kernel: two accumulators each, all in registers.
    const ROWS: usize;
    /// Channels in a word of the multiplication's operands: 1 in single precision, 2 in
    /// bfloat16.
    const PACKED: usize = 1;
    /// Whether tiles of 6 points are precise enough.
    const SIXES: bool = true;

    /// Runs a kernel, compiled with these instructions.
    fn run<J: Job>(self, job: J);

    fn splat(self, value: f32) -> Self::Vector;
    /// The first `LANES` numbers of `from`.
    fn load(self, from: &[f32]) -> Self::Vector;
    /// Writes the first `LANES` numbers of `to`.
    fn store(self, vector: Self::Vector, to: &mut [f32]);
    /// Asks for the number at `index`, or beyond the slice, to be brought to the cache.
    fn prefetch(self, from: &[f32], index: usize);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`.
    fn fma(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// A word of the multiplication's operands.
    fn word(channels: impl Fn(usize) -> f32) -> f32 {
        channels(0)
    }

    /// Writes a vector of channels as words: the first `LANES / PACKED` of `to`.
    #[inline(always)]
    fn store_words(self, vector: Self::Vector, to: &mut [f32]) {
        self.store(vector, to);
    }

    /// `a * b + c`, where `a` and `b` are words.
    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        self.fma(a, b, c)
    }

    /// [`Simd::load`] of what there is, then zeros.
    #[inline(always)]
    fn load_some(self, from: &[f32]) -> Self::Vector {
        if from.len() >= Self::LANES {
            return self.load(from);
        }
        let mut whole = [0.0; MAX_LANES];
        whole[..from.len()].copy_from_slice(from);
        self.load(&whole)
    }

    /// [`Simd::store`] of as much as there is room for.
    #[inline(always)]
    fn store_some(self, vector: Self::Vector, to: &mut [f32]) {
        if to.len() >= Self::LANES {
            return self.store(vector, to);
        }
        let mut whole = [0.0; MAX_LANES];
        self.store(vector, &mut whole);
        let room = to.len();
        to.copy_from_slice(&whole[..room]);
    }
}

/// A kernel. `run` and all that it calls must be `#[inline(always)]`: what is not
/// inlined is compiled without the instructions. (So no closures either.)
pub(super) trait Job {
    fn run<S: Simd>(self, simd: S);
}

/// What every processor can do: four lanes, which compilers turn into SSE2 or NEON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

impl Simd for Portable {
    type Vector = [f32; 4];
    const LANES: usize = 4;
    const ROWS: usize = 6;

    fn run<J: Job>(self, job: J) {
        job.run(self);
    }

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; 4] {
        [value; 4]
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> [f32; 4] {
        let mut vector = [0.0; 4];
        vector.copy_from_slice(&from[..4]);
        vector
    }

    #[inline(always)]
    fn store(self, vector: [f32; 4], to: &mut [f32]) {
        to[..4].copy_from_slice(&vector);
    }

    #[inline(always)]
    fn prefetch(self, _from: &[f32], _index: usize) {}

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
    }

    #[inline(always)]
    fn sub(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]]
    }

    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2]), a[3].max(b[3])]
    }

    #[inline(always)]
    fn fma(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Fused where the target always has it; elsewhere it would be a library call.
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            [
                a[0].mul_add(b[0], c[0]),
                a[1].mul_add(b[1], c[1]),
                a[2].mul_add(b[2], c[2]),
                a[3].mul_add(b[3], c[3]),
            ]
        } else {
            [a[0] * b[0] + c[0], a[1] * b[1] + c[1], a[2] * b[2] + c[2], a[3] * b[3] + c[3]]
        }
    }
}
