//! What may be changed about the training loss: class weights, label smoothing, mixup.

use super::loss::{Loss, argmax, cross_entropy};
use super::mixup::Mixed;
use crate::data::Batches;
use crate::{Error, Result};

/// How the training loss differs from plain cross-entropy. `evaluate`, and `fit` on the
/// validation pictures, always measure the plain one, so that runs can be compared.
///
/// ```
/// use sevenlines::train::{FitOptions, LossOptions};
/// let loss = LossOptions { label_smoothing: 0.1, ..Default::default() };
/// let options = FitOptions { nb_epoch: 3, loss, ..Default::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossOptions {
    /// A weight above 0 for each class, in the order of the classes; a batch's loss is
    /// the weighted mean, as in PyTorch's `CrossEntropyLoss`. [`class_weights`] gives
    /// those that let rare classes count as much as frequent ones. None by default.
    pub class_weights: Option<Vec<f32>>,
    /// Label smoothing (Szegedy et al., 2016), 0 to below 1: the target is 1 - s for the
    /// label, and s is shared out among all classes. 0 (none) by default; 0.1 is usual.
    pub label_smoothing: f32,
    /// Mixup (Zhang et al., 2018): each picture is mixed with another of its batch, and
    /// so are their labels. The share is drawn anew for each batch from the beta
    /// distribution Beta(m, m). 0 (none) by default; 0.2 to 0.4 are usual.
    ///
    /// What is mixed are the features that the head sees, not the pictures (so that the
    /// body still looks at each picture once): mixup at one hidden layer, as in manifold
    /// mixup (Verma et al., 2019).
    pub mixup: f32,
}

/// Weights that let all classes count alike however many pictures they have:
/// pictures / (classes · pictures of the class).
///
/// ```no_run
/// # use sevenlines::prelude::*;
/// # let mut vgg = Vgg16::new()?;
/// # let batches = vgg.get_batches("data/train", 64)?;
/// # let val_batches = vgg.get_batches("data/valid", 128)?;
/// let loss = LossOptions { class_weights: Some(class_weights(&batches)), ..Default::default() };
/// vgg.fit_with(&batches, &val_batches, FitOptions { loss, ..Default::default() })?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn class_weights(batches: &Batches) -> Vec<f32> {
    balanced(&batches.class_counts())
}

fn balanced(counts: &[usize]) -> Vec<f32> {
    let all = counts.iter().sum::<usize>() as f32;
    counts.iter().map(|&count| all / (counts.len() * count.max(1)) as f32).collect()
}

impl LossOptions {
    /// Whether the loss is plain cross-entropy.
    pub(crate) fn is_plain(&self) -> bool {
        self.class_weights.is_none() && self.label_smoothing == 0.0
    }

    /// Whether they make sense for so many classes.
    pub(crate) fn check(&self, classes: usize) -> Result<()> {
        if let Some(weights) = &self.class_weights {
            if weights.len() != classes {
                return Err(Error::Invalid(format!(
                    "there are {} class weights for {classes} classes; give one for each, in the order of batches.classes()",
                    weights.len()
                )));
            }
            if let Some(weight) = weights.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
                let (got, expected) = (weight.to_string(), "above 0");
                return Err(Error::OutOfRange { name: "a class weight", got, expected });
            }
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            let (got, expected) = (self.label_smoothing.to_string(), "at least 0 and below 1");
            return Err(Error::OutOfRange { name: "label_smoothing", got, expected });
        }
        if !(0.0..=1e3).contains(&self.mixup) {
            let (got, expected) = (self.mixup.to_string(), "from 0 to 1000");
            return Err(Error::OutOfRange { name: "mixup", got, expected });
        }
        Ok(())
    }

    /// Whether layers below the head can be trained with them.
    pub(crate) fn check_below_head(&self) -> Result<()> {
        match self.mixup > 0.0 {
            false => Ok(()),
            true => Err(Error::Invalid(
                "mixup mixes what the head sees, so it cannot train layers below; call freeze() first, or leave \
                 mixup out"
                    .to_owned(),
            )),
        }
    }

    fn weight(&self, class: usize) -> f32 {
        self.class_weights.as_ref().map_or(1.0, |weights| weights[class])
    }

    /// What a batch's summed loss is divided by: the weights of its labels.
    pub(crate) fn total(&self, labels: &[u32]) -> f32 {
        match &self.class_weights {
            None => labels.len() as f32,
            Some(_) => labels.iter().map(|&label| self.weight(label as usize)).sum(),
        }
    }

    /// The loss of one picture, not yet divided by the batch's [`LossOptions::total`],
    /// with `share` of it for `label` and the rest for `other`. In the place of the
    /// logits it leaves the gradient by them.
    pub(crate) fn row(&self, row: &mut [f32], (label, share): (u32, f32), other: u32) -> f64 {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|logit| (logit - most).exp()).sum();
        let log_sum = sum.ln();
        let (smoothing, spread) = (self.label_smoothing, self.label_smoothing / row.len() as f32);
        let target = |class: usize| {
            let of = |label: u32, share: f32| if label as usize == class { share } else { 0.0 };
            let hard = of(label, share) + of(other, 1.0 - share);
            self.weight(class) * ((1.0 - smoothing) * hard + spread)
        };
        let targets: Vec<f32> = (0..row.len()).map(target).collect();
        let all: f32 = targets.iter().sum();
        let mut loss = 0.0;
        for (logit, target) in row.iter_mut().zip(targets) {
            let log = *logit - most - log_sum;
            loss -= f64::from(target * log);
            *logit = all * log.exp() - target;
        }
        loss
    }
}

/// The labels of a batch, and what its loss is.
#[derive(Clone, Copy)]
pub(crate) struct Targets<'a> {
    pub labels: &'a [u32],
    /// With what each was mixed.
    pub mixed: Option<&'a Mixed>,
    pub options: &'a LossOptions,
}

impl Targets<'_> {
    /// The loss of `logits`, a row of them for each label; in their place it leaves the
    /// gradient of the batch's loss.
    pub(crate) fn loss(&self, logits: &mut [f32]) -> Loss {
        if self.mixed.is_none() && self.options.is_plain() {
            return cross_entropy(logits, self.labels);
        }
        let total = self.options.total(self.labels);
        let classes = logits.len() / self.labels.len().max(1);
        let (mut loss, mut correct) = (0f64, 0);
        for (at, (row, &label)) in logits.chunks_exact_mut(classes.max(1)).zip(self.labels).enumerate() {
            let (share, other) = self.mixed.map_or((1.0, label), |mixed| (mixed.share, mixed.labels[at]));
            let most = if share < 0.5 { other } else { label };
            correct += usize::from(argmax(row) == most as usize);
            loss += self.options.row(row, (label, share), other);
            row.iter_mut().for_each(|gradient| *gradient /= total);
        }
        Loss { loss: (loss / f64::from(total)) as f32, correct }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;

    const CLASSES: usize = 3;
    const LABELS: [u32; 4] = [0, 2, 1, 2];

    fn options() -> LossOptions {
        LossOptions { class_weights: Some(vec![0.5, 2.0, 1.25]), label_smoothing: 0.1, mixup: 0.0 }
    }

    fn loss(options: &LossOptions, mixed: Option<&Mixed>, logits: &[f32]) -> (f32, Vec<f32>) {
        let mut logits = logits.to_vec();
        let loss = Targets { labels: &LABELS, mixed, options }.loss(&mut logits);
        (loss.loss, logits)
    }

    #[test]
    fn gradients_are_finite_differences() {
        let mixed = Mixed { share: 0.3, labels: vec![2, 1, 0, 2] };
        let logits = uniform(5, LABELS.len() * CLASSES, 2.0);
        for options in [LossOptions::default(), options()] {
            for mixed in [None, Some(&mixed)] {
                let (_, gradient) = loss(&options, mixed, &logits);
                for at in 0..logits.len() {
                    let moved = |by: f32| {
                        let mut logits = logits.clone();
                        logits[at] += by;
                        f64::from(loss(&options, mixed, &logits).0)
                    };
                    let slope = (moved(0.01) - moved(-0.01)) / 0.02;
                    assert!((f64::from(gradient[at]) - slope).abs() < 1e-4, "{} {slope}", gradient[at]);
                }
            }
        }
    }

    #[test]
    fn equal_weights_and_no_smoothing_are_plain_cross_entropy() {
        let logits = uniform(5, LABELS.len() * CLASSES, 2.0);
        let equal = LossOptions { class_weights: Some(vec![3.0; CLASSES]), ..Default::default() };
        let (plain, weighted) = (loss(&LossOptions::default(), None, &logits), loss(&equal, None, &logits));
        assert!((plain.0 - weighted.0).abs() < 1e-6);
        assert!(plain.1.iter().zip(&weighted.1).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn rare_classes_weigh_more() {
        assert_eq!(balanced(&[10, 30]), [2.0, 2.0 / 3.0]);
        assert_eq!(balanced(&[5, 5, 5]), [1.0; 3]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let with = |weights: &[f32], label_smoothing, mixup| LossOptions {
            class_weights: Some(weights.to_vec()),
            label_smoothing,
            mixup,
        };
        with(&[1.0, 2.0], 0.1, 0.4).check(2).unwrap();
        for (bad, words) in [
            (with(&[1.0], 0.0, 0.0), "1 class weights for 2 classes"),
            (with(&[1.0, 0.0], 0.0, 0.0), "a class weight is 0"),
            (with(&[1.0, f32::NAN], 0.0, 0.0), "a class weight is NaN"),
            (with(&[1.0, 1.0], 1.0, 0.0), "label_smoothing is 1"),
            (with(&[1.0, 1.0], 0.0, -0.1), "mixup is -0.1"),
            (with(&[1.0, 1.0], 0.0, f32::NAN), "mixup is NaN"),
        ] {
            let message = bad.check(2).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
