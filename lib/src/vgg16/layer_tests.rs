//! All 16 layers, one after the other, against PyTorch: weights and picture come from
//! formulas (`tests/golden/README.md`), so every layer's numbers are known.

use super::classifier::Classifier;
use super::dense::FullyConnected;
use super::layers;
use crate::conv::{Conv3x3, Scratch, Stack};
use crate::formulas::{picture, sample_index, uniform};
use crate::weights::Normalisation;
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;

/// As a part of a layer's standard deviation.
const TOLERANCE: f64 = 1e-4;

struct Golden(HashMap<String, Tensor>);

impl Golden {
    fn load() -> Golden {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/layers_small.safetensors");
        Golden(candle_core::safetensors::load(file, &Device::Cpu).unwrap())
    }

    fn get(&self, name: &str) -> Vec<f32> {
        self.0[name].to_vec1().unwrap()
    }

    /// Compares an activation, flattened as (channel, row, column).
    fn check(&self, layer: &str, values: &[f32]) {
        let stats = self.get(&format!("{layer}.stats"));
        let (mean, std) = (f64::from(stats[0]), f64::from(stats[1]));
        let near = |what: &str, got: f64, expected: f64| {
            let off = (got - expected).abs() / std;
            assert!(off <= TOLERANCE, "{layer}: {what} is off by {off:.1e} standard deviations");
            off
        };
        let count = values.len() as f64;
        let got = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        near("the mean", got, mean);
        let variance = values.iter().map(|v| (f64::from(*v) - got).powi(2)).sum::<f64>() / count;
        near("the standard deviation", variance.sqrt(), std);
        let samples = self.get(&format!("{layer}.samples"));
        assert_eq!(samples.len(), 64);
        let mut worst = 0f64;
        for (k, &expected) in samples.iter().enumerate() {
            let got = values[sample_index(k, values.len())];
            worst = worst.max(near(&format!("sample {k}"), got.into(), expected.into()));
        }
        println!("{layer}: samples off by at most {worst:.1e} standard deviations");
    }
}

/// `(height, width, channels)` to `(channels, height, width)`.
fn channels_first(values: &[f32], channels: usize) -> Vec<f32> {
    let places = values.len() / channels;
    (0..values.len()).map(|at| values[at % places * channels + at / places]).collect()
}

/// The weights of layer `i` of 16.
fn weights(i: u64, outputs: usize, fan_in: usize) -> (Vec<f32>, Vec<f32>) {
    let limit = (6.0 / fan_in as f64).sqrt();
    (uniform(i, outputs * fan_in, limit), uniform(100 + i, outputs, 0.05))
}

/// The formula's picture, prepared as torchvision does, channels last.
fn input() -> Vec<f32> {
    let Normalisation { mean, std, .. } = Normalisation::TORCH;
    let wide = |value: f32| (f64::from(value) * 1e6).round() / 1e6;
    let prepared =
        |at: usize, v: &u8| ((f64::from(*v) / 255.0 - wide(mean[at % 3])) / wide(std[at % 3])) as f32;
    picture(224, 224).iter().enumerate().map(|(at, v)| prepared(at, v)).collect()
}

fn linear(i: u64, outputs: usize, inputs: usize) -> FullyConnected {
    let (weight, bias) = weights(i, outputs, inputs);
    FullyConnected::new(weight, bias)
}

/// Each convolution alone, then all as the body runs them; pool5, channels first.
fn convolutions(golden: &Golden) -> Vec<f32> {
    let mut scratch = Scratch::new();
    let (input, mut side) = (input(), 224);
    let (mut x, mut y) = (input.clone(), Vec::new());
    let mut stack = Vec::new();
    for (i, conv) in layers::convs().into_iter().enumerate() {
        let (kernel, bias) = weights(i as u64, conv.outputs, conv.inputs * 9);
        let layer = Conv3x3::new(&kernel, &bias, conv.inputs, conv.outputs);
        layer.forward(&mut scratch, &x, 1, side, side, &mut y, false);
        golden.check(&format!("conv{}_{}", conv.block, conv.index), &channels_first(&y, conv.outputs));
        if conv.pooled {
            layer.forward(&mut scratch, &x, 1, side, side, &mut y, true);
            golden.check(&format!("pool{}", conv.block), &channels_first(&y, conv.outputs));
            side /= 2;
        }
        std::mem::swap(&mut x, &mut y);
        stack.push((layer, conv.pooled));
    }
    let pool5 = Stack::new(stack).forward(&mut scratch, &input, 1, 224, 224);
    let pool5 = channels_first(&pool5, layers::POOL5.0);
    golden.check("pool5", &pool5);
    pool5
}

#[test]
fn all_sixteen_layers_compute_what_pytorch_does() {
    let golden = Golden::load();
    let pool5 = convolutions(&golden);
    let classifier = Classifier::new(
        linear(13, layers::DENSE, pool5.len()),
        linear(14, layers::DENSE, layers::DENSE),
        linear(15, layers::IMAGENET, layers::DENSE),
    );
    let pool5 = Tensor::from_vec(pool5, (1, 512, 7, 7), &Device::Cpu).unwrap();
    let values = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let fc6 = classifier.fc6(&pool5).unwrap();
    golden.check("fc6", &values(&fc6));
    let fc7 = classifier.fc7(&fc6).unwrap();
    golden.check("fc7", &values(&fc7));
    let (logits, expected) = (values(&classifier.fc8(&fc7).unwrap()), golden.get("fc8"));
    assert_eq!((logits.len(), expected.len()), (1000, 1000));
    let mean = expected.iter().sum::<f32>() / 1000.0;
    let std = (expected.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 1000.0).sqrt();
    for (at, (got, expected)) in logits.iter().zip(&expected).enumerate() {
        let off = f64::from((got - expected).abs() / std);
        assert!(off <= TOLERANCE, "logit {at} is off by {off:.1e} standard deviations");
    }
}
