//! Mixup (Zhang et al., 2018) of what a head sees: each row of a batch mixed with
//! another one, all in the same proportion.

use crate::rng::{self, Purpose};
use rand::Rng;
use rand::seq::SliceRandom;

/// With what a batch's rows were mixed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mixed {
    /// How much of a row is its own, 0 to 1.
    pub share: f32,
    /// The labels of the other rows.
    pub labels: Vec<u32>,
}

/// Mixes the rows of a batch, drawn from the model's seed and this step.
pub(crate) fn mix(rows: &mut [f32], labels: &[u32], alpha: f32, seed: u64, step: u64) -> Mixed {
    let mut rng = rng::stream(seed, Purpose::Mixup, step);
    let share = beta(f64::from(alpha), &mut rng) as f32;
    let mut partners: Vec<usize> = (0..labels.len()).collect();
    partners.shuffle(&mut rng);
    let width = rows.len() / labels.len().max(1);
    let before = rows.to_vec();
    for (row, &partner) in rows.chunks_exact_mut(width.max(1)).zip(&partners) {
        let other = &before[partner * width..][..width];
        row.iter_mut().zip(other).for_each(|(x, other)| *x = *x * share + other * (1.0 - share));
    }
    Mixed { share, labels: partners.iter().map(|&partner| labels[partner]).collect() }
}

/// A number from Beta(alpha, alpha): one gamma variate's share of two. In logarithms,
/// since those of a small alpha are too small for numbers.
fn beta(alpha: f64, rng: &mut impl Rng) -> f64 {
    let (a, b) = (log_gamma_variate(alpha, rng), log_gamma_variate(alpha, rng));
    (1.0 + (b - a).exp()).recip()
}

/// The logarithm of a number from Gamma(alpha, 1), by Marsaglia and Tsang's method
/// (2000) for alpha + 1, brought down to alpha.
fn log_gamma_variate(alpha: f64, rng: &mut impl Rng) -> f64 {
    let d = alpha + 1.0 - 1.0 / 3.0;
    let c = (9.0 * d).sqrt().recip();
    let lower = open01(rng).ln() / alpha;
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && open01(rng).ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            return (d * v).ln() + lower;
        }
    }
}

/// Box and Muller's.
fn normal(rng: &mut impl Rng) -> f64 {
    (-2.0 * open01(rng).ln()).sqrt() * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Above 0, up to 1.
fn open01(rng: &mut impl Rng) -> f64 {
    1.0 - rng.random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_beta_distribution_s_mean_and_variance() {
        let mut rng = rng::stream(1, Purpose::Mixup, 0);
        for alpha in [0.01, 0.2, 1.0, 8.0] {
            let drawn: Vec<f64> = (0..40_000).map(|_| beta(alpha, &mut rng)).collect();
            assert!(drawn.iter().all(|share| (0.0..=1.0).contains(share)), "{alpha}");
            let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / drawn.len() as f64;
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.01, "mean {mean} with {alpha}");
            assert!((variance / expected - 1.0).abs() < 0.03, "{variance}, not {expected}, with {alpha}");
        }
    }

    #[test]
    fn rows_and_labels_are_mixed_alike_and_by_seed() {
        // A row holds its label, so that it shows with whose it was mixed.
        let labels = [0, 1, 2, 3, 4];
        let rows: Vec<f32> = labels.iter().flat_map(|&label| [label as f32; 3]).collect();
        let mixed = |seed| {
            let mut rows = rows.clone();
            let mixed = mix(&mut rows, &labels, 0.4, seed, 9);
            (rows, mixed)
        };
        let (rows, with) = mixed(3);
        for (at, row) in rows.chunks(3).enumerate() {
            let expected = with.share * labels[at] as f32 + (1.0 - with.share) * with.labels[at] as f32;
            assert!(row.iter().all(|x| (x - expected).abs() < 1e-5), "{row:?}, not {expected}");
        }
        assert_eq!(mixed(3), (rows, with));
        assert_ne!(mixed(4).1, mixed(3).1);
    }
}
