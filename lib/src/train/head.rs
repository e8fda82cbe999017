//! The new last layer: what `finetune` puts in place of ImageNet's 1000 outputs
//! and `fit` trains, while all else stays frozen.

use super::adam::Adam;
use super::dense::Dense;
use super::loss::{self, Loss};
use super::scaling::Scaling;
use crate::backbone::Backbone;
use crate::rng::{self, Purpose};
use crate::{Error, Result};
use rand::Rng;

/// What a head stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// pool5, average- and max-pooled over its 7 x 7 places: 1024 numbers.
    PooledPool5,
    /// fc6 after its ReLU: 4096 numbers. fc7 and dropout follow in each step.
    Fc6,
    /// What another backbone gives, see [`Backbone::width`].
    Backbone(Backbone),
}

impl Features {
    /// How many numbers a picture has.
    pub fn width(self) -> usize {
        match self {
            Features::PooledPool5 => 1024,
            Features::Fc6 => 4096,
            Features::Backbone(backbone) => backbone.width(),
        }
    }

    /// The learning rate a new head starts with: 0.01 on pooled pool5 (measured); 0.001
    /// behind fc7 (`vgg16.py`). On other backbones 0.01 * 1024 / width: a step of Adam
    /// moves the logits by about as much as the rate times the width, and so as far as
    /// on pooled pool5.
    pub fn learning_rate(self) -> f64 {
        match self {
            Features::PooledPool5 => 0.01,
            Features::Fc6 => 0.001,
            Features::Backbone(backbone) => {
                let pooled = Features::PooledPool5;
                pooled.learning_rate() * pooled.width() as f64 / backbone.width() as f64
            }
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Features::PooledPool5 => "pooled pool5",
            Features::Fc6 => "fc6",
            Features::Backbone(backbone) => backbone.name(),
        }
    }

    /// Whose they are.
    pub(crate) fn backbone(self) -> Backbone {
        match self {
            Features::PooledPool5 | Features::Fc6 => Backbone::Vgg16,
            Features::Backbone(backbone) => backbone,
        }
    }

    /// Whether the head sees them as they are but centred and scaled, with no layer between.
    pub(crate) fn are_scaled(self) -> bool {
        self != Features::Fc6
    }
}

/// Dense(n) and its optimiser.
#[derive(Clone)]
pub(crate) struct Head {
    pub features: Features,
    /// The class names; `None` after `ft(n)` until the first `fit` names them.
    pub classes: Option<Vec<String>>,
    pub dense: Dense,
    pub scaling: Option<Scaling>,
    pub adam: Adam,
    /// Epochs trained so far: each is shuffled its own way.
    pub epochs: u64,
    /// Steps taken so far: each has its own dropout.
    pub steps: u64,
}

impl Head {
    /// A fresh Dense(`outputs`): small uniform weights, zero biases.
    pub(crate) fn new(features: Features, outputs: usize, seed: u64, attempt: u64) -> Result<Head> {
        if outputs < 2 {
            let got = outputs.to_string();
            return Err(Error::OutOfRange { name: "the number of classes", got, expected: "at least 2" });
        }
        let dense = Dense { weight: initial(features, outputs, seed, attempt), bias: vec![0.0; outputs] };
        Ok(Head::from_parts(features, None, dense, None))
    }

    pub(crate) fn from_parts(
        features: Features,
        classes: Option<Vec<String>>,
        dense: Dense,
        scaling: Option<Scaling>,
    ) -> Head {
        let adam = Adam::new(&[dense.weight.len(), dense.bias.len()], features.learning_rate());
        Head { features, classes, dense, scaling, adam, epochs: 0, steps: 0 }
    }

    /// Sets the learning rate of the next steps, keeping Adam's moments.
    pub(crate) fn set_lr(&mut self, learning_rate: f64) -> Result<()> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            let got = learning_rate.to_string();
            return Err(Error::OutOfRange { name: "the learning rate", got, expected: "above 0" });
        }
        self.adam.learning_rate = learning_rate;
        Ok(())
    }

    /// The number of classes.
    pub(crate) fn outputs(&self) -> usize {
        self.dense.outputs()
    }

    /// One training step on the layer's inputs, a row for each of `labels`; the loss
    /// before it.
    pub(crate) fn step(&mut self, inputs: &[f32], labels: &[u32], work: &mut Work) -> Loss {
        self.dense.apply(inputs, &mut work.logits);
        let loss = loss::cross_entropy(&mut work.logits, labels);
        self.dense.gradient(inputs, &work.logits, &mut work.gradient);
        let Dense { weight, bias } = &mut self.dense;
        self.adam.step(&mut [weight, bias], &[&work.gradient.weight, &work.gradient.bias]);
        self.steps += 1;
        loss
    }
}

/// What a step computes on its way: kept, so that the next one need not ask for memory.
#[derive(Default)]
pub(crate) struct Work {
    /// The logits, then the gradient by them.
    pub logits: Vec<f32>,
    /// The gradient by weights and biases.
    pub gradient: Dense,
}

/// The largest initial weight.
///
/// Behind fc7, Glorot's √(6 / (inputs + outputs)) (Glorot and Bengio, 2010), as in
/// `vgg16.py`. On pooled pool5, 1 / √inputs, 2.4 times smaller: one epoch is only a
/// few steps there and has to unlearn the start. Over 20 seeds on 395 photographs
/// the least validation accuracy was 0.990 with it, 0.959 with Glorot's.
fn limit(features: Features, outputs: usize) -> f64 {
    let inputs = features.width() as f64;
    match features {
        Features::Fc6 => (6.0 / (inputs + outputs as f64)).sqrt(),
        Features::PooledPool5 | Features::Backbone(_) => inputs.sqrt().recip(),
    }
}

/// `(outputs, inputs)`, uniform between minus and plus [`limit`].
fn initial(features: Features, outputs: usize, seed: u64, attempt: u64) -> Vec<f32> {
    let limit = limit(features, outputs) as f32;
    let mut rng = rng::stream(seed, Purpose::Initialise, attempt);
    (0..outputs * features.width()).map(|_| rng.random_range(-limit..limit)).collect()
}

/// Keeps each value with probability 0.5 and doubles it, else 0: inverted dropout
/// (Srivastava et al., 2014), drawn from the model's seed and this step.
pub(crate) fn dropout(values: &mut [f32], seed: u64, step: u64) {
    let mut rng = rng::stream(seed, Purpose::Dropout, step);
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
    fn behind_fc7_weights_start_with_glorot_s_variance() {
        let w = initial(Features::Fc6, 50, 3, 0);
        let mean = w.iter().sum::<f32>() / w.len() as f32;
        let variance = w.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / w.len() as f32;
        let expected = 2.0 / (4096.0 + 50.0);
        assert!(mean.abs() < 2e-4, "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.02, "{variance} against {expected}");
    }

    #[test]
    fn dropout_keeps_half_and_the_mean_and_repeats_by_seed_and_step() {
        let values = |step| {
            let mut values = vec![1.0; 64 * 4096];
            dropout(&mut values, 7, step);
            values
        };
        let once = values(0);
        let kept = once.iter().filter(|v| **v == 2.0).count() as f64 / once.len() as f64;
        assert!((kept - 0.5).abs() < 0.005, "{kept}");
        assert!(once.iter().all(|v| *v == 0.0 || *v == 2.0));
        assert_eq!(once, values(0));
        assert_ne!(once, values(1));
    }
}
