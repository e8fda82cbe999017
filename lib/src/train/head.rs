//! The new last layer: what `finetune` puts in place of ImageNet's 1000 outputs
//! and `fit` trains, while all else stays frozen.

use super::adam::Adam;
use super::loss::{self, Loss};
use super::scaling::Scaling;
use crate::rng::{self, Purpose};
use crate::vgg16::classifier::Linear;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use rand::Rng;

/// What a head stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// pool5, average- and max-pooled over its 7 x 7 places: 1024 numbers.
    PooledPool5,
    /// fc6 after its ReLU: 4096 numbers. fc7 and dropout follow in each step.
    Fc6,
}

impl Features {
    /// How many numbers a picture has.
    pub fn width(self) -> usize {
        match self {
            Features::PooledPool5 => 1024,
            Features::Fc6 => 4096,
        }
    }

    /// The learning rate a new head starts with: 0.01 on pooled pool5 (measured),
    /// 0.001 behind fc7 (`vgg16.py`).
    pub fn learning_rate(self) -> f64 {
        match self {
            Features::PooledPool5 => 0.01,
            Features::Fc6 => 0.001,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Features::PooledPool5 => "pooled pool5",
            Features::Fc6 => "fc6",
        }
    }
}

/// Dense(n) and its optimiser.
#[derive(Clone)]
pub(crate) struct Head {
    pub features: Features,
    /// The class names; `None` after `ft(n)` until the first `fit` names them.
    pub classes: Option<Vec<String>>,
    pub dense: Linear,
    pub scaling: Option<Scaling>,
    pub adam: Adam,
    /// Epochs trained so far: each is shuffled its own way.
    pub epochs: u64,
    /// Steps taken so far: each has its own dropout.
    pub steps: u64,
}

impl Head {
    /// A fresh Dense(`outputs`): Glorot uniform weights (Glorot and Bengio, 2010), zero biases.
    pub(crate) fn new(features: Features, outputs: usize, seed: u64, attempt: u64) -> Result<Head> {
        if outputs < 2 {
            let got = outputs.to_string();
            return Err(Error::OutOfRange { name: "the number of classes", got, expected: "at least 2" });
        }
        let weight = glorot_uniform(outputs, features.width(), seed, attempt)?;
        let bias = Tensor::zeros(outputs, candle_core::DType::F32, &Device::Cpu)?;
        Head::from_parts(features, None, Linear { weight, bias }, None)
    }

    pub(crate) fn from_parts(
        features: Features,
        classes: Option<Vec<String>>,
        dense: Linear,
        scaling: Option<Scaling>,
    ) -> Result<Head> {
        let adam = Adam::new(&[&dense.weight, &dense.bias], features.learning_rate())?;
        Ok(Head { features, classes, dense, scaling, adam, epochs: 0, steps: 0 })
    }

    /// The number of classes.
    pub(crate) fn outputs(&self) -> usize {
        self.dense.bias.elem_count()
    }

    /// One training step on the layer's inputs `(N, width)`; the loss before it.
    pub(crate) fn step(&mut self, inputs: &Tensor, labels: &[u32]) -> Result<Loss> {
        let loss = loss::cross_entropy(&self.dense.forward(inputs)?, labels)?;
        let gradients = [loss.gradient.t()?.matmul(inputs)?, loss.gradient.sum(0)?];
        let dense = &mut self.dense;
        self.adam.step(&mut [&mut dense.weight, &mut dense.bias], &gradients)?;
        self.steps += 1;
        Ok(loss)
    }
}

/// `(outputs, inputs)`, uniform in ±√(6 / (inputs + outputs)).
fn glorot_uniform(outputs: usize, inputs: usize, seed: u64, attempt: u64) -> Result<Tensor> {
    let limit = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
    let mut rng = rng::stream(seed, Purpose::Initialise, attempt);
    let values: Vec<f32> = (0..outputs * inputs).map(|_| rng.random_range(-limit..limit)).collect();
    Ok(Tensor::from_vec(values, (outputs, inputs), &Device::Cpu)?)
}

/// Keeps each value with probability 0.5 and doubles it, else 0: inverted dropout
/// (Srivastava et al., 2014), drawn from the model's seed and this step.
pub(crate) fn dropout(x: &Tensor, seed: u64, step: u64) -> Result<Tensor> {
    let mut rng = rng::stream(seed, Purpose::Dropout, step);
    let mut values = x.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
    for piece in values.chunks_mut(64) {
        let bits: u64 = rng.random();
        for (at, value) in piece.iter_mut().enumerate() {
            *value = if bits >> at & 1 == 1 { *value * 2.0 } else { 0.0 };
        }
    }
    Ok(Tensor::from_vec(values, x.dims(), &Device::Cpu)?.to_device(x.device())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glorot_uniform_has_the_paper_s_variance() {
        let w = glorot_uniform(50, 1024, 3, 0).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mean = w.iter().sum::<f32>() / w.len() as f32;
        let variance = w.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / w.len() as f32;
        let expected = 2.0 / (1024.0 + 50.0);
        assert!(mean.abs() < 5e-4, "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.02, "{variance} against {expected}");
    }

    #[test]
    fn dropout_keeps_half_and_the_mean_and_repeats_by_seed_and_step() {
        let x = Tensor::ones((64, 4096), candle_core::DType::F32, &Device::Cpu).unwrap();
        let values = |step| dropout(&x, 7, step).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let once = values(0);
        let kept = once.iter().filter(|v| **v == 2.0).count() as f64 / once.len() as f64;
        assert!((kept - 0.5).abs() < 0.005, "{kept}");
        assert!(once.iter().all(|v| *v == 0.0 || *v == 2.0));
        assert_eq!(once, values(0));
        assert_ne!(once, values(1));
    }
}
