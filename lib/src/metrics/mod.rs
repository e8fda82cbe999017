//! How good probabilities are: accuracy, log-loss, area under the curve, and precision
//! and recall of each class.
//!
//! All take [`Probs`] and the labels of the same pictures in the same order (as
//! [`Batches::labels`](crate::data::Batches::labels) has them), as scikit-learn's
//! functions of these names do. None ever gives NaN: of no pictures they give 0, or
//! `None` where 0 would say something. A label that is no class counts as wrong.

mod auc;
mod class;
#[cfg(test)]
mod golden_tests;
mod whole;

pub use auc::auc;
pub use class::{ClassMetrics, confusion_counts, per_class};
pub(crate) use whole::loss;
pub use whole::{accuracy, log_loss, top_k_accuracy};

use crate::learner::Probs;

/// One number that says how good probabilities are.
///
/// ```
/// use sevenlines::{learner::Probs, metrics::Metric};
/// let probs = Probs {
///     classes: vec!["cats".into(), "dogs".into()],
///     rows: vec![vec![0.9, 0.1], vec![0.6, 0.4], vec![0.2, 0.8]],
/// };
/// let labels = [0, 1, 1];
/// assert_eq!(Metric::Auc.measure(&probs, &labels), Some(1.0));
/// assert_eq!(Metric::Recall.measure(&probs, &labels), Some(0.75));
/// assert_eq!(Metric::TopK(2).name(), "top_2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// [`accuracy`].
    Accuracy,
    /// [`top_k_accuracy`].
    TopK(usize),
    /// Precision, the mean over the classes that occur or are predicted.
    Precision,
    /// Recall, the mean over the classes that occur or are predicted.
    Recall,
    /// F1, the mean over the classes that occur or are predicted.
    F1,
    /// [`auc`].
    Auc,
    /// [`log_loss`].
    LogLoss,
}

impl Metric {
    /// Its name as a training log has it: `acc`, `top_2`, `auc`, `log_loss`.
    pub fn name(self) -> String {
        match self {
            Metric::Accuracy => "acc".to_owned(),
            Metric::TopK(k) => format!("top_{k}"),
            Metric::Precision => "precision".to_owned(),
            Metric::Recall => "recall".to_owned(),
            Metric::F1 => "f1".to_owned(),
            Metric::Auc => "auc".to_owned(),
            Metric::LogLoss => "log_loss".to_owned(),
        }
    }

    /// Its value; none of no pictures, nor where [`auc`] has none.
    pub fn measure(self, probs: &Probs, labels: &[u32]) -> Option<f32> {
        if probs.is_empty() || labels.is_empty() {
            return None;
        }
        match self {
            Metric::Accuracy => Some(accuracy(probs, labels)),
            Metric::TopK(k) => Some(top_k_accuracy(probs, labels, k)),
            Metric::Precision => class::mean(probs, labels, |class| class.precision),
            Metric::Recall => class::mean(probs, labels, |class| class.recall),
            Metric::F1 => class::mean(probs, labels, |class| class.f1),
            Metric::Auc => auc(probs, labels),
            Metric::LogLoss => Some(log_loss(probs, labels)),
        }
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}
