//! Softmax and cross-entropy, with the gradient by hand: only the head is
//! trained, and its gradient is one line.

use crate::Result;
use candle_core::{D, DType, Device, Tensor};

/// The outcome of one batch.
pub(crate) struct Loss {
    /// Mean cross-entropy in nats.
    pub loss: f32,
    /// How many of the batch's largest logits are at their label.
    pub correct: usize,
    /// The gradient of the mean loss by the logits, `(N, classes)`.
    pub gradient: Tensor,
}

/// Cross-entropy of `logits` `(N, classes)` against `labels`.
pub(crate) fn cross_entropy(logits: &Tensor, labels: &[u32]) -> Result<Loss> {
    let (count, classes) = logits.dims2()?;
    let mut rows = softmax(logits)?.flatten_all()?.to_vec1::<f32>()?;
    let logs = candle_nn::ops::log_softmax(logits, D::Minus1)?.to_vec2::<f32>()?;
    let mut loss = 0f64;
    let mut correct = 0;
    for (at, (row, &label)) in rows.chunks_mut(classes).zip(labels).enumerate() {
        loss -= f64::from(logs[at][label as usize]);
        correct += usize::from(argmax(row) == label as usize);
        row[label as usize] -= 1.0;
        row.iter_mut().for_each(|g| *g /= count as f32);
    }
    let gradient = Tensor::from_vec(rows, (count, classes), &Device::Cpu)?;
    Ok(Loss { loss: (loss / count as f64) as f32, correct, gradient })
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
