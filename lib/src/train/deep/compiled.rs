//! Loops over channels, compiled for the processor that runs them.

/// Work on slices. `run` and all that it calls must be `#[inline(always)]`: what is not
/// inlined is compiled for every processor.
pub(super) trait Work {
    fn run(self);
}

/// Runs `work` with the widest vectors that this processor has. The numbers are the
/// same with all: no operation is fused or reordered.
pub(super) fn run<W: Work>(work: W) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn avx512<W: Work>(work: W) {
            work.run();
        }

        #[target_feature(enable = "avx2")]
        fn avx2<W: Work>(work: W) {
            work.run();
        }

        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx512(work) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { avx2(work) };
        }
    }
    work.run();
}
