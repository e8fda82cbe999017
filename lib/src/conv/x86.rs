//! The instruction sets of x86-64 processors: AVX2 with FMA, and AVX-512F.

use super::simd::{Job, Simd};
use std::arch::x86_64::*;

/// Defines one instruction set. The `unsafe` of the whole convolution is here.
macro_rules! instruction_set {
    ($(#[$doc:meta])* $name:ident, $features:literal, [$($feature:tt),+], $vector:ty, $lanes:literal, $rows:literal,
     $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $max:ident, $fma:ident, { $($more:item)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name(());

        impl $name {
            /// The set, if this processor has it.
            pub(super) fn detect() -> Option<$name> {
                ($(is_x86_feature_detected!($feature))&&+).then_some($name(()))
            }
        }

        impl Simd for $name {
            type Vector = $vector;
            const LANES: usize = $lanes;
            const ROWS: usize = $rows;

            fn run<J: Job>(self, job: J) {
                #[target_feature(enable = $features)]
                fn compiled<J: Job>(job: J, simd: $name) {
                    job.run(simd);
                }
                // SAFETY: `self` was made by `detect`, so the processor has the features.
                unsafe { compiled(job, self) }
            }

            #[inline(always)]
            fn splat(self, value: f32) -> $vector {
                // SAFETY: as in `run`.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            fn load(self, from: &[f32]) -> $vector {
                let from = &from[..$lanes];
                // SAFETY: as in `run`; the slice has as many numbers as are read, and
                // the instruction does not ask for alignment.
                unsafe { $load(from.as_ptr()) }
            }

            #[inline(always)]
            fn store(self, vector: $vector, to: &mut [f32]) {
                let to = &mut to[..$lanes];
                // SAFETY: as in `load`, for what is written.
                unsafe { $store(to.as_mut_ptr(), vector) }
            }

            #[inline(always)]
            fn prefetch(self, from: &[f32], index: usize) {
                // SAFETY: a hint: it reads nothing and faults nowhere.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().wrapping_add(index).cast()) }
            }

            #[inline(always)]
            fn add(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as in `run`.
                unsafe { $add(a, b) }
            }

            #[inline(always)]
            fn sub(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as in `run`.
                unsafe { $sub(a, b) }
            }

            #[inline(always)]
            fn max(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as in `run`.
                unsafe { $max(a, b) }
            }

            #[inline(always)]
            fn fma(self, a: $vector, b: $vector, c: $vector) -> $vector {
                // SAFETY: as in `run`.
                unsafe { $fma(a, b, c) }
            }

            $($more)*
        }
    };
}

instruction_set!(
    /// Eight lanes, 16 registers.
    Avx2, "avx2,fma", ["avx2", "fma"], __m256, 8, 6,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_max_ps, _mm256_fmadd_ps, {}
);

instruction_set!(
    /// Sixteen lanes, 32 registers.
    Avx512, "avx512f", ["avx512f"], __m512, 16, 14,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_max_ps, _mm512_fmadd_ps, {}
);

instruction_set!(
    /// AVX-512 with products of bfloat16: half the precision of the input and of the
    /// weights after their transform, sums in single precision.
    Avx512Bf16, "avx512f,avx512bf16", ["avx512f", "avx512bf16"], __m512, 16, 14,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_max_ps, _mm512_fmadd_ps,
    {
        const PACKED: usize = 2;
        /// Their transform would lose most of what bfloat16 has.
        const SIXES: bool = false;

        fn word(channels: impl Fn(usize) -> f32) -> f32 {
            f32::from_bits(bfloat16(channels(1)) << 16 | bfloat16(channels(0)))
        }

        #[inline(always)]
        fn store_words(self, vector: __m512, to: &mut [f32]) {
            let to = &mut to[..8];
            // SAFETY: as in `store`: 16 numbers of two bytes are 8 of four.
            unsafe {
                let words = _mm512_cvtneps_pbh(vector);
                _mm256_storeu_si256(to.as_mut_ptr().cast(), std::mem::transmute::<__m256bh, __m256i>(words));
            }
        }

        #[inline(always)]
        fn multiply(self, a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: as in `run`; the types are three names of 512 bits.
            unsafe {
                let (a, b) = (std::mem::transmute::<__m512, __m512bh>(a), std::mem::transmute::<__m512, __m512bh>(b));
                _mm512_dpbf16_ps(c, a, b)
            }
        }
    }
);

/// The nearest bfloat16, of two the even one.
fn bfloat16(value: f32) -> u32 {
    let bits = value.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}
