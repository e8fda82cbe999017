//! Heads with hidden layers and batch normalisation, and losses other than plain
//! cross-entropy, against PyTorch's; inputs and weights come from formulas
//! (`tests/golden/heads.py`).

use super::batch_norm::BatchNorm;
use super::dense::Dense;
use super::head::{Features, Head, Work};
use super::hidden::Hidden;
use super::loss;
use super::loss_options::{LossOptions, Targets};
use super::mixup::Mixed;
use crate::formulas::uniform;
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;

const ROWS: usize = 16;
const SIZES: [usize; 4] = [20, 12, 8, 3];

struct Golden(HashMap<String, Tensor>);

impl Golden {
    fn load() -> Golden {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/heads.safetensors");
        Golden(candle_core::safetensors::load(file, &Device::Cpu).unwrap())
    }

    fn check(&self, name: &str, got: &[f32]) {
        let expected = self.0[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(got.len(), expected.len(), "{name}");
        let greatest = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{name} differs by at most {greatest:.1e}");
        assert!(greatest <= 1e-5, "{name} differs by {greatest}");
    }
}

fn plus(numbers: Vec<f32>, by: f32) -> Vec<f32> {
    numbers.into_iter().map(|x| x + by).collect()
}

fn rows() -> Vec<f32> {
    plus(uniform(4000, ROWS * SIZES[0], 2.0), 0.5)
}

fn labels() -> Vec<u32> {
    (0..ROWS as u32).map(|i| (2 * i + i / 5) % 3).collect()
}

fn head(normalised: bool) -> Head {
    let mut layers: Vec<Dense> = (0..3)
        .map(|at| Dense {
            weight: uniform(4001 + at as u64, SIZES[at] * SIZES[at + 1], (6.0 / SIZES[at] as f64).sqrt()),
            bias: uniform(4011 + at as u64, SIZES[at + 1], 0.1),
        })
        .collect();
    let last = layers.pop().unwrap();
    let norm = |at: usize| BatchNorm {
        scale: plus(uniform(4021 + at as u64, SIZES[at], 0.5), 1.0),
        shift: uniform(4031 + at as u64, SIZES[at], 0.5),
        ..BatchNorm::new(SIZES[at])
    };
    let norms = if normalised { (0..3).map(norm).collect() } else { Vec::new() };
    let hidden = Hidden { layers, norms, ..Hidden::none(0.0, false) };
    let mut head = Head::from_parts(Features::PooledPool5, None, last, None).with_hidden(hidden);
    head.adam.learning_rate = 0.01;
    head
}

fn step(head: &mut Head, work: &mut Work) -> f32 {
    let targets = Targets { labels: &labels(), mixed: None, options: &LossOptions::default() };
    head.step(&mut rows(), targets, 0, work).loss
}

fn names(normalised: bool) -> Vec<String> {
    let norms = if normalised { 3 } else { 0 };
    let norms = (0..norms).flat_map(|at| ["scale", "shift"].map(|name| format!("norm.{at}.{name}")));
    let layers = (0..2).flat_map(|at| ["weight", "bias"].map(|name| format!("dense.{at}.{name}")));
    norms.chain(layers).collect()
}

#[test]
fn gradients_steps_and_measuring_are_pytorch_s() {
    let golden = Golden::load();
    for (of, normalised) in [("normalised", true), ("plain", false)] {
        let (mut head, mut work) = (head(normalised), Work::default());
        let mut losses = vec![step(&mut head, &mut work)];
        golden.check(&format!("{of}.dense.2.weight"), &work.gradient.weight);
        golden.check(&format!("{of}.dense.2.bias"), &work.gradient.bias);
        let names = names(normalised);
        assert_eq!(work.hidden.len(), names.len());
        for (name, gradient) in names.iter().zip(&work.hidden) {
            golden.check(&format!("{of}.{name}"), gradient);
        }
        losses.extend([step(&mut head, &mut work), step(&mut head, &mut work)]);
        golden.check(&format!("{of}.losses"), &losses);
        let mut logits = Vec::new();
        head.logits(&mut rows(), &mut logits);
        golden.check(&format!("{of}.logits"), &logits);
        golden.check(&format!("{of}.loss"), &[loss::cross_entropy(&mut logits, &labels()).loss]);
    }
}

/// With dropout, too: its draw is the same for the same step.
#[test]
fn gradients_are_finite_differences() {
    for normalised in [true, false] {
        let mut start = head(normalised);
        start.hidden.dropout = 0.25;
        let loss = |head: &Head| f64::from(step(&mut head.clone(), &mut Work::default()));
        let mut work = Work::default();
        step(&mut start.clone(), &mut work);
        let (mut far, mut checked) = (0, 0);
        for (parameter, gradient) in work.hidden.iter().enumerate() {
            for at in (0..gradient.len()).step_by(5) {
                let moved = |by: f32| {
                    let mut head = start.clone();
                    head.hidden.parameters_mut()[parameter][at] += by;
                    loss(&head)
                };
                let slope = (moved(2e-3) - moved(-2e-3)) / 4e-3;
                checked += 1;
                // A ReLU's corner may lie between the two.
                far += usize::from((slope - f64::from(gradient[at])).abs() > 2e-3);
            }
        }
        println!("{far} of {checked} gradients are not near their finite differences");
        assert!(checked > 60 && far * 20 <= checked, "{far} of {checked}");
    }
}

#[test]
fn losses_with_weights_smoothing_and_mixed_labels_are_pytorch_s() {
    let golden = Golden::load();
    let weights = || Some(vec![0.5, 2.0, 1.0, 1.25]);
    let mixed = Mixed { share: 0.3, labels: vec![3, 1, 1, 0, 3, 2] };
    for (name, class_weights, label_smoothing) in
        [("weighted", weights(), 0.0), ("smoothed", None, 0.3), ("both", weights(), 0.1)]
    {
        let options = &LossOptions { class_weights, label_smoothing, mixup: 0.0 };
        for (key, mixed) in [(name.to_owned(), None), (format!("{name}.mixed"), Some(&mixed))] {
            let mut logits = uniform(4040, 6 * 4, 3.0);
            let loss = Targets { labels: &[0, 3, 1, 1, 2, 3], mixed, options }.loss(&mut logits).loss;
            golden.check(&format!("{key}.loss"), &[loss]);
            golden.check(&format!("{key}.gradient"), &logits);
        }
    }
}
