//! Dropout (Srivastava et al., 2014), inverted: what stays is made larger while
//! training, so that nothing has to be done when measuring.

use crate::rng::{self, Purpose};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What dropout multiplies `count` numbers with: 0 with `probability`, else
/// 1 / (1 - probability); drawn from the model's seed and this step.
pub(crate) fn factors(probability: f64, seed: u64, step: u64, count: usize) -> Vec<f32> {
    Factors::new(probability, seed, step).next(count)
}

/// Multiplies `values` with [`factors`].
pub(crate) fn apply(values: &mut [f32], probability: f64, seed: u64, step: u64) {
    Factors::new(probability, seed, step).apply(values);
}

/// A step's [`factors`], some after the other: the same in parts of whole rows of 64
/// numbers as at once.
pub(crate) struct Factors {
    probability: f64,
    rng: ChaCha8Rng,
}

impl Factors {
    pub(crate) fn new(probability: f64, seed: u64, step: u64) -> Factors {
        Factors { probability, rng: rng::stream(seed, Purpose::Dropout, step) }
    }

    /// The next ones.
    pub(crate) fn next(&mut self, count: usize) -> Vec<f32> {
        let mut factors = vec![1.0; count];
        self.apply(&mut factors);
        factors
    }

    /// Multiplies `values` with the next ones.
    pub(crate) fn apply(&mut self, values: &mut [f32]) {
        let Factors { probability, rng } = self;
        if *probability <= 0.0 {
            return;
        }
        if *probability == 0.5 {
            return halves(values, rng);
        }
        let kept = (1.0 - *probability).recip() as f32;
        for value in values {
            *value *= if rng.random_bool(*probability) { 0.0 } else { kept };
        }
    }
}

/// A bit for each number: one half is by far the most usual probability.
fn halves(values: &mut [f32], rng: &mut impl Rng) {
    for piece in values.chunks_mut(64) {
        let bits: u64 = rng.random();
        for (at, value) in piece.iter_mut().enumerate() {
            *value *= if bits >> at & 1 == 1 { 2.0 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_share_and_the_mean_and_repeats_by_seed_and_step() {
        for probability in [0.5, 0.2, 0.8] {
            let once = factors(probability, 7, 0, 64 * 4096);
            let dropped = once.iter().filter(|v| **v == 0.0).count() as f64 / once.len() as f64;
            assert!((dropped - probability).abs() < 0.005, "{dropped} of {probability}");
            let mean = once.iter().map(|v| f64::from(*v)).sum::<f64>() / once.len() as f64;
            assert!((mean - 1.0).abs() < 0.02, "{mean} with {probability}");
            assert_eq!(once, factors(probability, 7, 0, 64 * 4096));
            assert_ne!(once, factors(probability, 7, 1, 64 * 4096));
            assert_ne!(once, factors(probability, 8, 0, 64 * 4096));
        }
    }

    #[test]
    fn in_parts_it_is_what_it_is_at_once() {
        for probability in [0.5, 0.3] {
            let mut parts = Factors::new(probability, 7, 3);
            let joined = [parts.next(4096), parts.next(2 * 4096)].concat();
            assert_eq!(joined, factors(probability, 7, 3, 3 * 4096));
        }
    }

    #[test]
    fn none_changes_nothing() {
        assert_eq!(factors(0.0, 7, 0, 5), [1.0; 5]);
    }
}
