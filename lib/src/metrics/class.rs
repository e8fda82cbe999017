//! What was taken for what, and precision and recall of each class.

use crate::learner::Probs;
use crate::train::argmax;

/// How well one class is told from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMetrics {
    /// Its name.
    pub class: String,
    /// Its pictures.
    pub support: usize,
    /// Of the pictures taken for it, the share that are of it, 0 to 1; 0 if none was
    /// taken for it.
    pub precision: f32,
    /// Of its pictures, the share that were taken for it, 0 to 1; 0 if it has none.
    pub recall: f32,
    /// The harmonic mean of precision and recall, 0 to 1.
    pub f1: f32,
}

/// Counts of actual class (rows) by predicted class (columns).
///
/// ```
/// use sevenlines::{learner::Probs, metrics::confusion_counts};
/// let rows = vec![vec![0.9, 0.1], vec![0.6, 0.4], vec![0.2, 0.8]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// assert_eq!(confusion_counts(&probs, &[0, 1, 1]), [[1, 0], [1, 1]]);
/// ```
pub fn confusion_counts(probs: &Probs, labels: &[u32]) -> Vec<Vec<usize>> {
    let classes = probs.classes.len();
    let mut counts = vec![vec![0; classes]; classes];
    for (row, &label) in probs.rows.iter().zip(labels) {
        let cell = counts.get_mut(label as usize).and_then(|counts| counts.get_mut(argmax(row)));
        cell.into_iter().for_each(|count| *count += 1);
    }
    counts
}

/// Precision, recall and F1 of each class, in the order of the classes.
///
/// ```
/// use sevenlines::{learner::Probs, metrics::per_class};
/// let rows = vec![vec![0.9, 0.1], vec![0.6, 0.4], vec![0.2, 0.8]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// let [cats, dogs] = &per_class(&probs, &[0, 1, 1])[..] else { panic!("two classes") };
/// assert_eq!((cats.precision, cats.recall), (0.5, 1.0));
/// assert_eq!((dogs.precision, dogs.recall, dogs.support), (1.0, 0.5, 2));
/// ```
pub fn per_class(probs: &Probs, labels: &[u32]) -> Vec<ClassMetrics> {
    counted(probs, labels).into_iter().map(|counts| counts.metrics).collect()
}

/// The mean over the classes that occur or are predicted.
pub(super) fn mean(probs: &Probs, labels: &[u32], of: impl Fn(&ClassMetrics) -> f32) -> Option<f32> {
    let values: Vec<f64> = counted(probs, labels)
        .iter()
        .filter(|class| class.occurs)
        .map(|class| f64::from(of(&class.metrics)))
        .collect();
    (!values.is_empty()).then(|| (values.iter().sum::<f64>() / values.len() as f64) as f32)
}

struct Counted {
    metrics: ClassMetrics,
    /// Whether any picture is of the class or was taken for it.
    occurs: bool,
}

fn counted(probs: &Probs, labels: &[u32]) -> Vec<Counted> {
    let counts = confusion_counts(probs, labels);
    let one = |(class, name): (usize, &String)| {
        let right = counts[class][class];
        let support: usize = counts[class].iter().sum();
        let predicted: usize = counts.iter().map(|row| row[class]).sum();
        let metrics = ClassMetrics {
            class: name.clone(),
            support,
            precision: share(right, predicted),
            recall: share(right, support),
            f1: share(2 * right, support + predicted),
        };
        Counted { metrics, occurs: support + predicted > 0 }
    };
    probs.classes.iter().enumerate().map(one).collect()
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;

    /// Three classes, of which the last neither occurs nor is predicted.
    fn probs(predicted: &[usize]) -> Probs {
        let row = |&class: &usize| (0..3).map(|c| if c == class { 0.5 } else { 0.25 }).collect();
        Probs {
            classes: ["a", "b", "c"].map(String::from).to_vec(),
            rows: predicted.iter().map(row).collect(),
        }
    }

    #[test]
    fn shares_are_of_what_was_predicted_and_of_what_there_is() {
        let found = per_class(&probs(&[0, 0, 0, 1]), &[0, 0, 1, 1]);
        let figures: Vec<_> = found.iter().map(|c| (c.precision, c.recall, c.f1, c.support)).collect();
        assert_eq!(figures[0], (2.0 / 3.0, 1.0, 0.8, 2));
        assert_eq!(figures[1], (1.0, 0.5, 2.0 / 3.0, 2));
        assert_eq!(figures[2], (0.0, 0.0, 0.0, 0));
    }

    #[test]
    fn means_leave_out_what_does_not_occur() {
        let (probs, labels) = (probs(&[0, 0, 0, 1]), [0, 0, 1, 1]);
        let near = |metric: Metric, expected: f32| {
            let got = metric.measure(&probs, &labels).unwrap();
            assert!((got - expected).abs() < 1e-6, "{metric}: {got}");
        };
        near(Metric::Precision, 5.0 / 6.0);
        near(Metric::Recall, 0.75);
        near(Metric::F1, (0.8 + 2.0 / 3.0) / 2.0);
        // Predicted once, wrongly: it counts with 0.
        let stray = super::super::Metric::Precision.measure(&self::probs(&[0, 2]), &[0, 0]);
        assert_eq!(stray, Some(0.5));
    }

    #[test]
    fn no_pictures_have_no_means() {
        assert_eq!(Metric::F1.measure(&probs(&[]), &[]), None);
        assert_eq!(per_class(&probs(&[]), &[]).len(), 3);
        assert_eq!(confusion_counts(&probs(&[0]), &[9]), [[0; 3]; 3], "no such class");
    }
}
