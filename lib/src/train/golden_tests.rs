//! Training steps against PyTorch's: cross-entropy, its gradient and Adam, from
//! features and first weights that formulas give (`tests/golden/README.md`).

use super::dense::Dense;
use super::head::{Features, Head, Work};
use super::loss;
use super::loss_options::{LossOptions, Targets};
use crate::formulas::uniform;
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;

const ROWS: usize = 96;
const WIDTH: usize = 1024;
const CLASSES: usize = 3;
const BATCH: usize = 32;

fn golden() -> HashMap<String, Tensor> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/training.safetensors");
    candle_core::safetensors::load(file, &Device::Cpu).unwrap()
}

fn head() -> Head {
    let limit = (6.0 / (WIDTH + CLASSES) as f64).sqrt();
    let dense = Dense { weight: uniform(2000, CLASSES * WIDTH, limit), bias: vec![0.0; CLASSES] };
    let mut head = Head::from_parts(Features::PooledPool5, None, dense, None);
    head.adam.learning_rate = 0.01;
    head
}

fn features() -> Vec<f32> {
    uniform(1000, ROWS * WIDTH, 3f64.sqrt())
}

fn labels() -> Vec<u32> {
    (0..ROWS as u32).map(|i| i % CLASSES as u32).collect()
}

/// A step on plain cross-entropy; its loss.
fn step(head: &mut Head, inputs: &[f32], labels: &[u32], work: &mut Work) -> f32 {
    let targets = Targets { labels, mixed: None, options: &LossOptions::default() };
    head.step(&mut inputs.to_vec(), targets, 0, work).loss
}

fn near(what: &str, got: &[f32], expected: &Tensor) {
    let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(got.len(), expected.len(), "{what}");
    let greatest = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what} differs by at most {greatest:.1e}");
    assert!(greatest <= 1e-5, "{what} differs by {greatest}");
}

#[test]
fn the_first_gradients_are_pytorch_s() {
    let (golden, mut head) = (golden(), head());
    let mut work = Work::default();
    step(&mut head, &features()[..BATCH * WIDTH], &labels()[..BATCH], &mut work);
    near("the weight's gradient", &work.gradient.weight, &golden["grad_weight"]);
    near("the bias's gradient", &work.gradient.bias, &golden["grad_bias"]);
}

#[test]
fn nine_steps_of_adam_are_pytorch_s() {
    let (golden, mut head) = (golden(), head());
    let (features, labels) = (features(), labels());
    let loss_over_all = |head: &Head| {
        let mut logits = Vec::new();
        head.dense.apply(&features, &mut logits);
        loss::cross_entropy(&mut logits, &labels).loss
    };
    let mut work = Work::default();
    let (mut step_losses, mut full_losses) = (Vec::new(), vec![loss_over_all(&head)]);
    for _epoch in 0..3 {
        for (inputs, labels) in features.chunks(BATCH * WIDTH).zip(labels.chunks(BATCH)) {
            step_losses.push(step(&mut head, inputs, labels, &mut work));
            full_losses.push(loss_over_all(&head));
        }
    }
    near("the loss of each batch", &step_losses, &golden["step_loss"]);
    near("the loss of all rows", &full_losses, &golden["full_loss"]);
    near("the last weight", &head.dense.weight, &golden["weight"]);
    near("the last bias", &head.dense.bias, &golden["bias"]);
}
