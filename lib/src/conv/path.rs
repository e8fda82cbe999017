//! Which instruction set runs a convolution.

use super::simd::Portable;
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512, Avx512Bf16};

/// One of the instruction sets that this processor has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16(Avx512Bf16),
}

impl Path {
    /// The one with products of bfloat16, if this processor has it.
    pub(super) fn bfloat16() -> Option<Path> {
        #[cfg(target_arch = "x86_64")]
        return Avx512Bf16::detect().map(Path::Avx512Bf16);
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// All of single precision that this processor has, the best first.
    pub(super) fn available() -> Vec<Path> {
        let mut paths = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            paths.extend(Avx512::detect().map(Path::Avx512));
            paths.extend(Avx2::detect().map(Path::Avx2));
        }
        paths.push(Path::Portable(Portable));
        paths
    }
}

/// Evaluates `$body` with `$simd` bound to the set of `$path`.
macro_rules! with_simd {
    ($path:expr, $simd:ident => $body:expr) => {
        match $path {
            $crate::conv::path::Path::Portable($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::conv::path::Path::Avx2($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::conv::path::Path::Avx512($simd) => $body,
            #[cfg(target_arch = "x86_64")]
            $crate::conv::path::Path::Avx512Bf16($simd) => $body,
        }
    };
}
pub(super) use with_simd;
