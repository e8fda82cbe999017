//! The gradients of all layers from conv5_1 up, and steps of Adam, against PyTorch's:
//! weights and inputs come from formulas (`tests/golden/README.md`).

use super::FC6;
use super::chain::Chain;
use super::conv::{Conv, Scratch};
use super::output::{Output, Sum};
use super::rates::Spread;
use super::step::Network;
use super::top::{Dense, Mask, Pooled, Top};
use crate::formulas::{sample_index, uniform};
use crate::train::Rows;
use crate::vgg16::classifier::Classifier;
use crate::vgg16::dense::FullyConnected;
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// pool4's side. With the real 14, some of 600,000 activations lie so close to a ReLU's
/// or a pool's corner that they fall on the other side of it than PyTorch's.
const SIDE: usize = 6;
const PLACES: usize = SIDE * SIDE;

/// What fc6 sees.
const FLAT: usize = 512 * PLACES / 4;

/// As a part of a gradient's standard deviation: Winograd's error.
const TOLERANCE: f64 = 1e-4;

const LABELS: [u32; 2] = [0, 2];
const POOLED: [bool; 3] = [false, false, true];

struct Golden(HashMap<String, Tensor>);

impl Golden {
    fn load() -> Golden {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/deep.safetensors");
        Golden(candle_core::safetensors::load(file, &Device::Cpu).unwrap())
    }

    fn get(&self, name: &str) -> Vec<f64> {
        self.0[name].to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect()
    }

    /// Compares a gradient of `count` numbers that comes in pieces.
    fn check(&self, name: &str, count: usize, pieces: impl Iterator<Item = Vec<f32>>) {
        let expected = self.get(&format!("{name}.samples"));
        let stats = self.get(&format!("{name}.stats"));
        let (mut at, mut sum, mut squares, mut worst, mut seen) = (0, 0f64, 0f64, 0f64, 0);
        for piece in pieces {
            for (k, expected) in expected.iter().enumerate() {
                let index = sample_index(k, count);
                if let Some(got) = index.checked_sub(at).and_then(|index| piece.get(index)) {
                    worst = worst.max((f64::from(*got) - expected).abs() / stats[1]);
                    seen += 1;
                }
            }
            sum += piece.iter().map(|g| f64::from(*g)).sum::<f64>();
            squares += piece.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>();
            at += piece.len();
        }
        assert_eq!((at, seen), (count, 64), "{name}");
        let mean = sum / count as f64;
        let std = (squares / count as f64 - mean * mean).sqrt();
        let off = ((mean - stats[0]).abs() / stats[1]).max((std / stats[1] - 1.0).abs());
        println!("{name}: samples off by at most {worst:.1e} standard deviations, statistics by {off:.1e}");
        assert!(worst <= TOLERANCE && off <= TOLERANCE, "{name}: off by {worst:.1e} and {off:.1e}");
    }

    fn check_all(&self, name: &str, gradient: &[f32]) {
        self.check(name, gradient.len(), std::iter::once(gradient.to_vec()));
    }

    fn check_convs(&self, head: &str, convs: &[Conv]) {
        for (conv, index) in convs.iter().zip(1..) {
            let (weights, bias) = conv.gradients();
            self.check_all(&format!("{head}.conv5_{index}.weight"), &weights);
            self.check_all(&format!("{head}.conv5_{index}.bias"), bias);
        }
    }

    fn check_output(&self, head: &str, output: &Output, sum: Sum) {
        let near = |what: &str, got: f64, expected: f64| {
            assert!((got - expected).abs() < 1e-5, "{head}: {what} is {got}, not {expected}");
        };
        near("the loss", sum.loss / 2.0, self.get(&format!("{head}.loss"))[0]);
        self.check_all(&format!("{head}.head.weight"), &output.weights_gradient);
        for (got, expected) in output.bias_gradient.iter().zip(self.get(&format!("{head}.head.bias"))) {
            near("the bias's gradient", f64::from(*got), expected);
        }
    }
}

fn layer(seed: u64, outputs: usize, inputs: usize) -> (Vec<f32>, Vec<f32>) {
    let limit = (6.0 / inputs as f64).sqrt();
    (uniform(seed, outputs * inputs, limit), uniform(100 + seed, outputs, 0.05))
}

fn convs() -> Vec<Conv> {
    let conv = |seed| {
        let (weights, bias) = layer(seed, 512, 512 * 9);
        Conv::new(&weights, &bias, 512, 512)
    };
    (10..13).map(conv).collect()
}

/// pool4 of the two pictures, channels last.
fn pool4() -> Rows {
    let values = uniform(3000, 2 * 512 * PLACES, 2.0);
    let picture = |values: &[f32]| -> Arc<[f32]> {
        (0..512 * PLACES).map(|at| values[at % 512 * PLACES + at / 512].max(0.0)).collect()
    };
    values.chunks(512 * PLACES).map(picture).collect()
}

fn output(seed: u64, width: usize) -> Output {
    Output::new(uniform(seed, 3 * width, (6.0 / (width + 3) as f64).sqrt()), uniform(3003, 3, 0.1))
}

fn pooled() -> Top<'static> {
    Top::Pooled(Pooled { mean: uniform(3001, 1024, 0.5), std: 1.5 })
}

#[test]
fn the_gradients_of_block5_are_pytorch_s() {
    let (golden, mut convs, pool4) = (Golden::load(), convs(), pool4());
    let chain = Chain { convs: &mut convs, pooled: &POOLED, height: SIDE, width: SIDE };
    let scratch = &mut Scratch::default();
    let mut network = Network { chain, top: pooled(), output: output(3002, 1024), scratch };
    let sum = network.gradients(&mut |range| Ok(pool4[range].to_vec()), &LABELS).unwrap();
    golden.check_output("pooled", &network.output, sum);
    golden.check_convs("pooled", network.chain.convs);
}

#[test]
fn three_steps_of_adam_through_block5_are_pytorch_s() {
    let (golden, mut convs, pool4) = (Golden::load(), convs(), pool4());
    let (mut head, mut moments) = (output(3002, 1024), None);
    let mut losses = Vec::new();
    for step in 1..=4 {
        let chain = Chain { convs: &mut convs, pooled: &POOLED, height: SIDE, width: SIDE };
        let head_now = Output::new(head.weights.clone(), head.bias.clone());
        let scratch = &mut Scratch::default();
        let mut network = Network { chain, top: pooled(), output: head_now, scratch };
        losses.push(network.gradients(&mut |range| Ok(pool4[range].to_vec()), &LABELS).unwrap().loss / 2.0);
        network.update((1e-4, Spread::default()), step, &mut moments).unwrap();
        head = network.output;
    }
    for (got, expected) in losses.iter().zip(golden.get("adam.loss")) {
        println!("loss {got:.7}, PyTorch's {expected:.7}");
        assert!((got - expected).abs() < 1e-4, "{losses:?}");
    }
}

#[test]
fn the_gradients_of_block5_fc6_and_fc7_are_pytorch_s() {
    let (golden, mut convs, pool4) = (Golden::load(), convs(), pool4());
    let dense = |seed, inputs| {
        let (weight, bias) = layer(seed, 4096, inputs);
        FullyConnected::new(weight, bias)
    };
    let fc8 = FullyConnected::new(vec![0.0; 4096], vec![0.0]);
    let mut classifier = Classifier::new(dense(13, FLAT), dense(14, 4096), fc8);
    let mask = |seed| -> Vec<f32> {
        uniform(seed, 2 * 4096, 1.0).iter().map(|u| if *u > 0.0 { 2.0 } else { 0.0 }).collect()
    };
    let mut moments = [None, None];
    let top = Top::Dense(Box::new(Dense {
        from: FC6 - 3,
        classifier: &mut classifier,
        moments: &mut moments,
        masks: [3005, 3006].map(|seed| Box::new(move |_| mask(seed)) as Mask),
        seen: Default::default(),
    }));
    let chain = Chain { convs: &mut convs, pooled: &POOLED, height: SIDE, width: SIDE };
    let scratch = &mut Scratch::default();
    let mut network = Network { chain, top, output: output(3004, 4096), scratch };
    let sum = network.gradients(&mut |range| Ok(pool4[range].to_vec()), &LABELS).unwrap();
    golden.check_output("full", &network.output, sum);
    let Top::Dense(top) = network.top else { panic!("the top has fc6 and fc7") };
    for (name, seen, sizes) in [("fc6", &top.seen[0], (FLAT, 4096)), ("fc7", &top.seen[1], (4096, 4096))] {
        let pieces = (0..4096).step_by(64).map(|first| seen.gradient(sizes, first, 64));
        golden.check(&format!("full.{name}.weight"), sizes.0 * sizes.1, pieces);
        golden.check_all(&format!("full.{name}.bias"), &seen.bias_gradient(4096));
    }
    golden.check_convs("full", network.chain.convs);
}
