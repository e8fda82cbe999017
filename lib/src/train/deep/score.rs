//! How a class's score depends on what the last convolution gave: the gradient that
//! Grad-CAM is made of.
//!
//! The score is the logit, before the softmax, without dropout. From the convolution's
//! output it comes through the last pool and then as [`top`](super::top) says, but for
//! one picture and one class alone.

use super::top::{relu, turned};
use super::{Conv, Deep, Scratch, dense, pool};
use crate::learner::Learner;
use crate::train::{Features, Head};
use crate::vgg16::classifier::Classifier;
use crate::vgg16::layers;
use crate::{Error, Result};
use image::RgbImage;

/// What the last convolution gave for a picture, after its ReLU, and the gradient of a
/// class's score by it: `(side, side, channels)` both.
pub(crate) struct Score {
    pub side: usize,
    pub channels: usize,
    pub output: Vec<f32>,
    pub gradient: Vec<f32>,
}

impl Learner {
    /// The score of class `class` for a picture that is 224 x 224 already.
    pub(crate) fn score(&self, picture: &RgbImage, class: usize) -> Result<Score> {
        if !self.device.is_cpu() {
            let what = "heat maps are computed on the CPU only; build the model without a device";
            return Err(Error::Invalid(what.to_owned()));
        }
        let last = layers::COUNT - 1;
        let side = super::side(last);
        let trained: &[Conv] = self.deep.as_ref().map_or(&[], |deep: &Deep| deep.convs());
        let below = &trained[..trained.len().saturating_sub(1)];
        let below = self.body.below(last, below, std::slice::from_ref(picture))?;
        let below = below.first().map_or(&[][..], |row| row);
        let mut scratch = Scratch::default();
        let output = match trained.last() {
            Some(conv) => conv.forward(&mut scratch, below, side, side),
            None => self.last_convolution()?.forward(&mut scratch, below, side, side),
        };
        let (channels, ..) = layers::POOL5;
        let pool5 = pool::forward(&output, side, side, channels);
        let by_pool5 = self.by_pool5(&pool5, channels, class)?;
        let gradient = pool::backward(&output, &by_pool5, side, side, channels);
        Ok(Score { side, channels, output, gradient })
    }

    fn last_convolution(&self) -> Result<Conv> {
        let convs = layers::convs();
        let conv = &convs[layers::COUNT - 1];
        let (weights, bias) = self.weights.conv_values(conv.block, conv.index)?;
        Ok(Conv::new(&weights, &bias, conv.inputs, conv.outputs))
    }

    /// The gradient of a class's score by pool5, `(places, channels)`.
    fn by_pool5(&self, pool5: &[f32], channels: usize, class: usize) -> Result<Vec<f32>> {
        match (self.features(), &self.head) {
            (Features::PooledPool5, Some(head)) => Ok(through_pools(head, pool5, channels, class)),
            (Features::PooledPool5, None) => Err(Error::NotFinetuned),
            (Features::Backbone(backbone), _) => Err(Error::NeedsVgg16 { what: "a heat map", backbone }),
            (Features::Fc6, head) => {
                let classifier = self.classifier("a heat map")?;
                through_dense(classifier, head.as_ref(), pool5, channels, class)
            }
        }
    }
}

/// Back from a class through the head, the scaling and the pools over all places.
fn through_pools(head: &Head, pool5: &[f32], channels: usize, class: usize) -> Vec<f32> {
    let places = pool5.len() / channels;
    let mut features = pool::global(pool5, places, channels);
    head.scaling.iter().for_each(|scaling| scaling.apply(&mut features));
    let std = head.scaling.as_ref().map_or(1.0, |scaling| scaling.std);
    let mut gradient =
        head.hidden.apply_back(&features, class_weights(&head.dense.weight, head.dense.inputs(), class));
    gradient.iter_mut().for_each(|gradient| *gradient /= std);
    pool::global_backward(pool5, &gradient, places, channels)
}

/// Back from a class through the head (or ImageNet's fc8), fc7 and fc6.
fn through_dense(
    classifier: &Classifier,
    head: Option<&Head>,
    pool5: &[f32],
    channels: usize,
    class: usize,
) -> Result<Vec<f32>> {
    let places = pool5.len() / channels;
    let h6 = relu(classifier.fc6.apply(&turned(pool5, places, channels))?);
    let h7 = relu(classifier.fc7.apply(&h6)?);
    let by_h7 = match head {
        Some(head) => {
            head.hidden.apply_back(&h7, class_weights(&head.dense.weight, head.dense.inputs(), class))
        }
        None => class_weights(&classifier.fc8.weight()?, h7.len(), class),
    };
    let g7 = where_active(by_h7, &h7);
    let g6 = where_active(dense::input_gradient(&classifier.fc7, &g7)?, &h6);
    Ok(turned(&dense::input_gradient(&classifier.fc6, &g6)?, channels, places))
}

/// The row of a class in the weights of a last layer with so many inputs.
fn class_weights(weights: &[f32], inputs: usize, class: usize) -> Vec<f32> {
    weights[class * inputs..][..inputs].to_vec()
}

/// Back through the ReLU that gave `h`.
fn where_active(mut gradient: Vec<f32>, h: &[f32]) -> Vec<f32> {
    gradient.iter_mut().zip(h).filter(|(_, h)| **h <= 0.0).for_each(|(gradient, _)| *gradient = 0.0);
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;
    use crate::train::{BatchNorm, Dense, Scaling};
    use crate::vgg16::dense::FullyConnected;

    const SIDE: usize = 4;
    const CHANNELS: usize = 3;
    const POOLED: usize = (SIDE / 2) * (SIDE / 2) * CHANNELS;
    const HIDDEN: [usize; 2] = [9, 7];
    const CLASSES: usize = 3;

    /// What a convolution gave: positive, all different.
    fn output() -> Vec<f64> {
        uniform(40, SIDE * SIDE * CHANNELS, 1.0).into_iter().map(|v| f64::from(v) + 1.1).collect()
    }

    fn f32s(values: &[f64]) -> Vec<f32> {
        values.iter().map(|v| *v as f32).collect()
    }

    /// The greatest of each 2 x 2, in f64, `(places, channels)`.
    fn pooled(y: &[f64]) -> Vec<f64> {
        let at = |row: usize, column: usize, channel| y[(row * SIDE + column) * CHANNELS + channel];
        let mut out = Vec::new();
        for (row, column) in (0..SIDE / 2).flat_map(|r| (0..SIDE / 2).map(move |c| (r, c))) {
            for channel in 0..CHANNELS {
                let points = [(0, 0), (0, 1), (1, 0), (1, 1)];
                let value = |(r, c): (usize, usize)| at(2 * row + r, 2 * column + c, channel);
                out.push(points.into_iter().map(value).fold(f64::MIN, f64::max));
            }
        }
        out
    }

    /// Of each channel.
    fn mean_and_greatest(pooled: &[f64]) -> Vec<f64> {
        let places = pooled.len() / CHANNELS;
        let of = |c: usize| pooled.iter().skip(c).step_by(CHANNELS).copied();
        let mean = (0..CHANNELS).map(|c| of(c).sum::<f64>() / places as f64);
        mean.chain((0..CHANNELS).map(|c| of(c).fold(f64::MIN, f64::max))).collect()
    }

    fn dense(x: &[f64], weight: &[f32], bias: &[f32]) -> Vec<f64> {
        let row = |(row, bias): (&[f32], &f32)| {
            f64::from(*bias) + row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum::<f64>()
        };
        weight.chunks_exact(x.len()).zip(bias).map(row).collect()
    }

    /// `gradient` against finite differences of `score`, both by the convolution's
    /// output; the score is made of straight pieces, so that a small step is exact.
    fn check(score: impl Fn(&[f64]) -> f64, by_pool5: &[f32]) {
        let y = output();
        let gradient = pool::backward(&f32s(&y), by_pool5, SIDE, SIDE, CHANNELS);
        let step = 1e-6;
        let mut greatest = 0f64;
        for (at, gradient) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut y = y.clone();
                y[at] += by;
                score(&y)
            };
            let difference = (moved(step) - moved(-step)) / (2.0 * step);
            greatest = greatest.max(difference.abs());
            assert!((f64::from(*gradient) - difference).abs() < 1e-4, "{at}: {gradient} {difference}");
        }
        assert!(greatest > 0.01, "nothing was tested");
    }

    fn pool5() -> Vec<f32> {
        pool::forward(&f32s(&output()), SIDE, SIDE, CHANNELS)
    }

    #[test]
    fn through_the_pools_it_is_what_finite_differences_say() {
        let width = 2 * CHANNELS;
        let (weight, bias) = (uniform(41, CLASSES * width, 1.0), uniform(42, CLASSES, 0.3));
        let scaling = Scaling { mean: uniform(43, width, 0.5), std: 0.7 };
        let dense_layer = Dense { weight: weight.clone(), bias: bias.clone() };
        let head = Head::from_parts(Features::PooledPool5, None, dense_layer, Some(scaling.clone()));
        for class in 0..CLASSES {
            let score = |y: &[f64]| {
                let features = mean_and_greatest(&pooled(y));
                let scaled = |(x, mean): (&f64, &f32)| (x - f64::from(*mean)) / f64::from(scaling.std);
                let features: Vec<f64> = features.iter().zip(&scaling.mean).map(scaled).collect();
                dense(&features, &weight, &bias)[class]
            };
            check(score, &through_pools(&head, &pool5(), CHANNELS, class));
        }
    }

    #[test]
    fn through_fc6_and_fc7_it_is_what_finite_differences_say() {
        let sizes = [(HIDDEN[0], POOLED), (HIDDEN[1], HIDDEN[0]), (CLASSES, HIDDEN[1])];
        let layers: Vec<(Vec<f32>, Vec<f32>)> = sizes
            .iter()
            .zip(50..)
            .map(|((outputs, inputs), seed)| {
                (uniform(seed, outputs * inputs, 0.8), uniform(seed + 10, *outputs, 0.2))
            })
            .collect();
        let layer = |at: usize| FullyConnected::new(layers[at].0.clone(), layers[at].1.clone());
        let classifier = Classifier::new(layer(0), layer(1), layer(2));
        for class in 0..CLASSES {
            let score = |y: &[f64]| {
                let pooled = pooled(y);
                // fc6 reads channel by channel.
                let mut x: Vec<f64> =
                    (0..CHANNELS).flat_map(|c| pooled.iter().skip(c).step_by(CHANNELS).copied()).collect();
                for (weight, bias) in &layers[..2] {
                    x = dense(&x, weight, bias).into_iter().map(|x| x.max(0.0)).collect();
                }
                dense(&x, &layers[2].0, &layers[2].1)[class]
            };
            check(score, &through_dense(&classifier, None, &pool5(), CHANNELS, class).unwrap());
        }
    }

    #[test]
    fn through_hidden_layers_and_batch_norm_it_is_what_finite_differences_say() {
        let width = 2 * CHANNELS;
        let layer = |seed, outputs: usize, inputs: usize| Dense {
            weight: uniform(seed, outputs * inputs, 1.0),
            bias: uniform(seed + 1, outputs, 0.3),
        };
        let norm = |seed, width: usize| BatchNorm {
            scale: uniform(seed, width, 0.5).into_iter().map(|v| v + 1.0).collect(),
            shift: uniform(seed + 1, width, 0.3).into_iter().map(|v| v + 0.5).collect(),
            mean: uniform(seed + 2, width, 0.5),
            variance: uniform(seed + 3, width, 0.4).into_iter().map(|v| v + 0.8).collect(),
        };
        let mut head = Head::from_parts(Features::PooledPool5, None, layer(70, CLASSES, 9), None);
        head.hidden.layers = vec![layer(72, 16, width), layer(74, 9, 16)];
        head.hidden.norms = vec![norm(80, width), norm(84, 16), norm(88, 9)];
        for class in 0..CLASSES {
            let score = |y: &[f64]| {
                let mut x = mean_and_greatest(&pooled(y));
                for (at, norm) in head.hidden.norms.iter().enumerate() {
                    for (i, x) in x.iter_mut().enumerate() {
                        let deviation = (f64::from(norm.variance[i]) + 1e-5).sqrt();
                        *x = (*x - f64::from(norm.mean[i])) / deviation * f64::from(norm.scale[i])
                            + f64::from(norm.shift[i]);
                    }
                    let Some(layer) = head.hidden.layers.get(at) else { break };
                    x = dense(&x, &layer.weight, &layer.bias).into_iter().map(|x| x.max(0.0)).collect();
                }
                dense(&x, &head.dense.weight, &head.dense.bias)[class]
            };
            check(score, &through_pools(&head, &pool5(), CHANNELS, class));
        }
    }
}
