//! The area under the receiver operating characteristic curve.

use crate::learner::Probs;

/// The area under the ROC curve, 0 to 1: how often a picture of a class has a higher
/// probability for it than a picture of another class, where equal ones count half
/// (Hanley and McNeil, 1982). 0.5 is guessing. Each class is held against the rest, and
/// the mean taken over the classes that have pictures for and against; none if there is
/// no such class.
///
/// ```
/// use sevenlines::{learner::Probs, metrics::auc};
/// let rows = vec![vec![0.75, 0.25], vec![0.5, 0.5], vec![0.625, 0.375], vec![0.25, 0.75]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// assert_eq!(auc(&probs, &[0, 0, 1, 1]), Some(0.75));
/// assert_eq!(auc(&probs, &[0, 0, 0, 0]), None);
/// ```
pub fn auc(probs: &Probs, labels: &[u32]) -> Option<f32> {
    let of = |class| against_rest(probs, labels, class);
    let areas: Vec<f64> = (0..probs.classes.len()).filter_map(of).collect();
    match areas.is_empty() {
        true => None,
        false => Some((areas.iter().sum::<f64>() / areas.len() as f64) as f32),
    }
}

/// By the rank sum of the class's pictures, equal probabilities sharing their ranks.
fn against_rest(probs: &Probs, labels: &[u32], class: usize) -> Option<f64> {
    let score = |row: &Vec<f32>| row.get(class).copied().unwrap_or(0.0);
    let mut scored: Vec<(f32, bool)> =
        probs.rows.iter().zip(labels).map(|(row, &label)| (score(row), label as usize == class)).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|(_, is)| *is).count();
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut sum, mut first) = (0.0, 0);
    for equals in scored.chunk_by(|a, b| a.0 == b.0) {
        // Ranks from 1: the mean of first + 1 ..= first + equals.len().
        let rank = first as f64 + (equals.len() as f64 + 1.0) / 2.0;
        sum += rank * equals.iter().filter(|(_, is)| *is).count() as f64;
        first += equals.len();
    }
    let least = (positives * (positives + 1)) as f64 / 2.0;
    Some((sum - least) / (positives as f64 * negatives as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(first: &[f32]) -> Probs {
        let rows = first.iter().map(|&p| vec![p, 1.0 - p]).collect();
        Probs { classes: vec!["a".into(), "b".into()], rows }
    }

    #[test]
    fn equal_probabilities_count_half() {
        assert_eq!(auc(&two(&[0.5; 6]), &[0, 1, 0, 1, 1, 1]), Some(0.5));
        assert_eq!(auc(&two(&[0.75, 0.5, 0.5, 0.25]), &[0, 0, 1, 1]), Some(0.875));
        assert_eq!(auc(&two(&[0.25, 0.75]), &[0, 1]), Some(0.0));
    }

    #[test]
    fn classes_without_pictures_do_not_enter() {
        let rows = vec![vec![0.5, 0.25, 0.25], vec![0.25, 0.5, 0.25]];
        let three = Probs { classes: ["a", "b", "c"].map(String::from).to_vec(), rows };
        assert_eq!(auc(&three, &[0, 1]), Some(1.0));
        assert_eq!(auc(&three, &[2, 2]), None);
        assert_eq!(auc(&Probs { rows: Vec::new(), ..three }, &[]), None);
    }

    #[test]
    fn what_is_not_a_number_does_not_spread() {
        let area = auc(&two(&[f32::NAN, 0.5, 0.25]), &[0, 1, 0]).unwrap();
        assert!(area.is_finite(), "{area}");
    }
}
