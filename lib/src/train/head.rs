//! The new last layer: what `finetune` puts in place of ImageNet's 1000 outputs
//! and `fit` trains, while all else stays frozen.

use super::adam::Adam;
use super::dense::Dense;
use super::head_options::HeadOptions;
use super::hidden::{self, Draw, Hidden};
use super::initial;
use super::loss::Loss;
use super::loss_options::Targets;
use super::scaling::Scaling;
use crate::backbone::Backbone;
use crate::{Error, Result};

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

/// Dense(n), what of its own lies below it, and their optimiser.
#[derive(Clone)]
pub(crate) struct Head {
    pub features: Features,
    /// The class names; `None` after `ft(n)` until the first `fit` names them.
    pub classes: Option<Vec<String>>,
    /// The layers between the features and the last one.
    pub hidden: Hidden,
    /// The last layer.
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
        Head::with(&HeadOptions::default(), features, outputs, (seed, attempt))
    }

    /// A fresh Dense(`outputs`) with these layers below it; `seed` and the attempt say
    /// which.
    pub(crate) fn with(
        options: &HeadOptions,
        features: Features,
        outputs: usize,
        (seed, attempt): (u64, u64),
    ) -> Result<Head> {
        if outputs < 2 {
            let got = outputs.to_string();
            return Err(Error::OutOfRange { name: "the number of classes", got, expected: "at least 2" });
        }
        options.check()?;
        let hidden = initial::hidden(options, features, seed, attempt);
        let width = hidden.layers.last().map_or(features.width(), Dense::outputs);
        let dense = initial::last(features, (width, outputs), seed, attempt);
        Ok(Head::from_parts(features, None, dense, None).with_hidden(hidden))
    }

    /// With the usual dropout and nothing else below the last layer.
    pub(crate) fn from_parts(
        features: Features,
        classes: Option<Vec<String>>,
        dense: Dense,
        scaling: Option<Scaling>,
    ) -> Head {
        let hidden = Hidden::none(HeadOptions::default().dropout, features == Features::Fc6);
        let adam = Adam::new(&[dense.weight.len(), dense.bias.len()], features.learning_rate());
        Head { features, classes, hidden, dense, scaling, adam, epochs: 0, steps: 0 }
    }

    /// With these layers below the last one, and an optimiser that knows of no step yet.
    pub(crate) fn with_hidden(self, hidden: Hidden) -> Head {
        let mut lengths = vec![self.dense.weight.len(), self.dense.bias.len()];
        lengths.extend(hidden.lengths());
        let adam = Adam::new(&lengths, self.adam.learning_rate);
        Head { hidden, adam, ..self }
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

    /// The logits of rows of features that are scaled, or come out of fc7, without
    /// dropout. The rows are lost.
    pub(crate) fn logits(&self, rows: &mut Vec<f32>, logits: &mut Vec<f32>) {
        self.hidden.apply(rows);
        self.dense.apply(rows, logits);
    }

    /// One training step on such rows, one for each label; the loss before it. The rows
    /// are lost.
    pub(crate) fn step(&mut self, rows: &mut Vec<f32>, targets: Targets, seed: u64, work: &mut Work) -> Loss {
        self.hidden.train(rows, Draw { seed, step: self.steps }, &mut work.trace);
        self.dense.apply(rows, &mut work.logits);
        let loss = targets.loss(&mut work.logits);
        self.dense.gradient(rows, &work.logits, &mut work.gradient);
        work.hidden = match self.hidden.is_empty() {
            true => Vec::new(),
            false => self.hidden.back(self.dense.input_gradient(&work.logits), &work.trace),
        };
        let Dense { weight, bias } = &mut self.dense;
        let mut parameters: Vec<&mut [f32]> = vec![weight, bias];
        parameters.extend(self.hidden.parameters_mut());
        let mut gradients: Vec<&[f32]> = vec![&work.gradient.weight, &work.gradient.bias];
        gradients.extend(work.hidden.iter().map(Vec::as_slice));
        self.adam.step(&mut parameters, &gradients);
        self.steps += 1;
        loss
    }
}

/// What a step computes on its way: kept, so that the next one need not ask for memory.
#[derive(Default)]
pub(crate) struct Work {
    /// The logits, then the gradient by them.
    pub logits: Vec<f32>,
    /// The gradient by the last layer's weights and biases.
    pub gradient: Dense,
    /// The gradients by what lies below it.
    pub hidden: hidden::Gradients,
    trace: hidden::Trace,
}
