//! Training steps against PyTorch's: cross-entropy, its gradient and Adam, from
//! features and first weights that formulas give (`tests/golden/README.md`).

use super::head::{Features, Head};
use super::loss;
use crate::formulas::uniform;
use crate::vgg16::classifier::Linear;
use candle_core::{DType, Device, Tensor};
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
    let weight = uniform(2000, CLASSES * WIDTH, limit);
    let weight = Tensor::from_vec(weight, (CLASSES, WIDTH), &Device::Cpu).unwrap();
    let bias = Tensor::zeros(CLASSES, DType::F32, &Device::Cpu).unwrap();
    let mut head = Head::from_parts(Features::PooledPool5, None, Linear { weight, bias }, None).unwrap();
    head.adam.learning_rate = 0.01;
    head
}

fn features() -> Tensor {
    Tensor::from_vec(uniform(1000, ROWS * WIDTH, 3f64.sqrt()), (ROWS, WIDTH), &Device::Cpu).unwrap()
}

fn labels() -> Vec<u32> {
    (0..ROWS as u32).map(|i| i % CLASSES as u32).collect()
}

fn near(what: &str, got: &Tensor, expected: &Tensor) {
    assert_eq!(got.dims(), expected.dims(), "{what}");
    let difference = (got - expected).unwrap().abs().unwrap().flatten_all().unwrap();
    let greatest = difference.max(0).unwrap().to_scalar::<f32>().unwrap();
    println!("{what} differs by at most {greatest:.1e}");
    assert!(greatest <= 1e-5, "{what} differs by {greatest}");
}

#[test]
fn the_first_gradients_are_pytorch_s() {
    let (golden, head) = (golden(), head());
    let inputs = features().narrow(0, 0, BATCH).unwrap();
    let logits = head.dense.forward(&inputs).unwrap();
    let gradient = loss::cross_entropy(&logits, &labels()[..BATCH]).unwrap().gradient;
    near("the weight's gradient", &gradient.t().unwrap().matmul(&inputs).unwrap(), &golden["grad_weight"]);
    near("the bias's gradient", &gradient.sum(0).unwrap(), &golden["grad_bias"]);
}

#[test]
fn nine_steps_of_adam_are_pytorch_s() {
    let (golden, mut head) = (golden(), head());
    let (features, labels) = (features(), labels());
    let loss_over_all =
        |head: &Head| loss::cross_entropy(&head.dense.forward(&features).unwrap(), &labels).unwrap().loss;
    let (mut step_losses, mut full_losses) = (Vec::new(), vec![loss_over_all(&head)]);
    for _epoch in 0..3 {
        for first in (0..ROWS).step_by(BATCH) {
            let inputs = features.narrow(0, first, BATCH).unwrap();
            step_losses.push(head.step(&inputs, &labels[first..first + BATCH]).unwrap().loss);
            full_losses.push(loss_over_all(&head));
        }
    }
    let tensor = |losses: Vec<f32>| Tensor::new(losses, &Device::Cpu).unwrap();
    near("the loss of each batch", &tensor(step_losses), &golden["step_loss"]);
    near("the loss of all rows", &tensor(full_losses), &golden["full_loss"]);
    near("the last weight", &head.dense.weight, &golden["weight"]);
    near("the last bias", &head.dense.bias, &golden["bias"]);
}
