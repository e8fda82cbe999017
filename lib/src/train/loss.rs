//! Softmax and cross-entropy, with the gradient by hand: only the head is
//! trained, and its gradient is one line.

use crate::Result;
use candle_core::{D, DType, Device, Tensor};

/// The outcome of one batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loss {
    /// Mean cross-entropy in nats.
    pub loss: f32,
    /// How many of the batch's largest logits are at their label.
    pub correct: usize,
}

/// Cross-entropy of `logits`, a row of them for each of `labels`; in their place it
/// leaves the gradient of the mean loss.
pub(crate) fn cross_entropy(logits: &mut [f32], labels: &[u32]) -> Loss {
    let count = labels.len() as f32;
    let classes = logits.len() / labels.len().max(1);
    let (mut loss, mut correct) = (0f64, 0);
    for (row, &label) in logits.chunks_exact_mut(classes.max(1)).zip(labels) {
        let label = label as usize;
        correct += usize::from(argmax(row) == label);
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let below = most - row[label];
        row.iter_mut().for_each(|value| *value = (*value - most).exp());
        let sum: f32 = row.iter().sum();
        loss += f64::from(below + sum.ln());
        row.iter_mut().for_each(|value| *value /= sum);
        row[label] -= 1.0;
        row.iter_mut().for_each(|value| *value /= count);
    }
    Loss { loss: (loss / f64::from(count)) as f32, correct }
}

/// Probabilities along the last dimension, f32, on the CPU.
pub(crate) fn softmax(logits: &Tensor) -> Result<Tensor> {
    Ok(candle_nn::ops::softmax(logits, D::Minus1)?.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)
}

/// The place of the largest value; the first of equals.
pub(crate) fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}
