//! Accuracy and log-loss: each picture counts the same.

use crate::learner::Probs;

/// The share of pictures whose most probable class is their label, 0 to 1.
///
/// ```
/// use sevenlines::{learner::Probs, metrics::accuracy};
/// let rows = vec![vec![0.9, 0.1], vec![0.6, 0.4]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// assert_eq!(accuracy(&probs, &[0, 1]), 0.5);
/// ```
pub fn accuracy(probs: &Probs, labels: &[u32]) -> f32 {
    top_k_accuracy(probs, labels, 1)
}

/// The share of pictures whose label is among their `k` most probable classes, 0 to 1.
/// Of equally probable classes the first come first.
pub fn top_k_accuracy(probs: &Probs, labels: &[u32], k: usize) -> f32 {
    let hit = |row: &[f32], label: u32| rank(row, label as usize).is_some_and(|rank| rank < k);
    mean(probs, labels, |row, label| f64::from(u8::from(hit(row, label))))
}

/// The mean of minus the logarithm of the label's probability, in nats. A probability
/// below f32's resolution, 1.2e-7, counts as that, so that one hopeless picture costs
/// 15.9 and not infinity.
///
/// ```
/// use sevenlines::{learner::Probs, metrics::log_loss};
/// let rows = vec![vec![0.5, 0.5], vec![0.0, 1.0]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// assert!((log_loss(&probs, &[0, 1]) - 0.5f32.ln().abs() / 2.0).abs() < 1e-6);
/// ```
pub fn log_loss(probs: &Probs, labels: &[u32]) -> f32 {
    mean(probs, labels, |row, label| f64::from(loss(row, label)))
}

/// The log-loss of one picture.
pub(crate) fn loss(row: &[f32], label: u32) -> f32 {
    let probability = row.get(label as usize).copied().unwrap_or(0.0);
    // Not below 0, where rounding left a probability a hair above 1.
    (-probability.max(f32::EPSILON).ln()).max(0.0)
}

/// How many classes come before `label`; none if it is no class.
fn rank(row: &[f32], label: usize) -> Option<usize> {
    let own = *row.get(label)?;
    let before =
        |(class, probability): (usize, &f32)| *probability > own || (*probability == own && class < label);
    Some(row.iter().enumerate().filter(|&other| before(other)).count())
}

fn mean(probs: &Probs, labels: &[u32], of: impl Fn(&[f32], u32) -> f64) -> f32 {
    let count = probs.len().min(labels.len());
    if count == 0 {
        return 0.0;
    }
    let sum: f64 = probs.rows.iter().zip(labels).map(|(row, &label)| of(row, label)).sum();
    (sum / count as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probs(rows: &[&[f32]]) -> Probs {
        let classes = (0..rows.first().map_or(2, |row| row.len())).map(|i| i.to_string()).collect();
        Probs { classes, rows: rows.iter().map(|row| row.to_vec()).collect() }
    }

    #[test]
    fn the_first_of_equals_counts_as_the_answer() {
        let even = probs(&[&[0.25, 0.25, 0.25, 0.25]]);
        assert_eq!([0, 1].map(|label| accuracy(&even, &[label])), [1.0, 0.0]);
        assert_eq!([0, 1, 2, 3].map(|label| top_k_accuracy(&even, &[label], 2)), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(top_k_accuracy(&even, &[3], 99), 1.0);
        assert_eq!(top_k_accuracy(&even, &[0], 0), 0.0);
    }

    #[test]
    fn a_hopeless_picture_costs_what_f32_can_tell() {
        let sure = probs(&[&[1.0, 0.0]]);
        assert!((log_loss(&sure, &[1]) - 15.942_385).abs() < 1e-5);
        assert_eq!(log_loss(&sure, &[0]), 0.0);
        assert_eq!(loss(&[1.000_000_1, 0.0], 0), 0.0);
        assert!((loss(&[f32::NAN, 0.0], 0) - 15.942_385).abs() < 1e-5);
    }

    #[test]
    fn no_picture_and_no_class_are_no_number_to_fear() {
        assert_eq!((accuracy(&probs(&[]), &[]), log_loss(&probs(&[]), &[])), (0.0, 0.0));
        let one = probs(&[&[0.9, 0.1]]);
        assert_eq!(accuracy(&one, &[7]), 0.0);
        assert!(log_loss(&one, &[7]) > 15.0);
    }
}
