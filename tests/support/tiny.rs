//! Weights files of VGG16's form and few numbers, so that a test moves kilobytes.

use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::weights::Layout;
use std::collections::HashMap;
use std::path::Path;

/// VGG16 at a fraction of its width.
pub const TINY: Layout = Layout { widths: [2, 3, 4, 5, 6], grid: 7, hidden: 8, classes: 10 };

/// `features.N` of the 13 convolutions, written out.
pub const FEATURES: [usize; 13] = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/// Named tensors, sorted by name as safetensors files are.
pub type Tensors = Vec<(String, Tensor)>;

/// The convolutions, with seeded random numbers.
pub fn convolutions(seed: u64) -> Tensors {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = Tensors::new();
    for ((block, i), n) in Layout::convolutions().zip(FEATURES) {
        let shape = TINY.kernel_shape(block, i);
        tensors.push((format!("features.{n}.weight"), random(&shape, &mut rng)));
        tensors.push((format!("features.{n}.bias"), random(&shape[..1], &mut rng)));
    }
    tensors
}

/// All 16 layers under torchvision's names.
pub fn torchvision(seed: u64) -> Tensors {
    let shapes =
        [("classifier.0", vec![8, 6 * 49]), ("classifier.3", vec![8, 8]), ("classifier.6", vec![10, 8])];
    with_dense(seed, &shapes)
}

/// All 16 layers under timm's names: fc6 and fc7 are convolutions there.
pub fn timm(seed: u64) -> Tensors {
    let shapes = [
        ("pre_logits.fc1", vec![8, 6, 7, 7]),
        ("pre_logits.fc2", vec![8, 8, 1, 1]),
        ("head.fc", vec![10, 8]),
    ];
    with_dense(seed, &shapes)
}

fn with_dense(seed: u64, shapes: &[(&str, Vec<usize>)]) -> Tensors {
    let mut rng = ChaCha8Rng::seed_from_u64(seed + 1000);
    let mut tensors = convolutions(seed);
    for (name, shape) in shapes {
        tensors.push((format!("{name}.weight"), random(shape, &mut rng)));
        tensors.push((format!("{name}.bias"), random(&shape[..1], &mut rng)));
    }
    tensors
}

fn random(shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    let count = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
}

/// A safetensors file's bytes.
pub fn safetensors(tensors: &Tensors) -> Vec<u8> {
    let by_name = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    safetensors::serialize(by_name, None).unwrap()
}

/// Writes a safetensors file.
pub fn write(file: &Path, tensors: &Tensors) {
    std::fs::write(file, safetensors(tensors)).unwrap();
}

/// The numbers of one of `tensors`.
pub fn numbers(tensors: &Tensors, name: &str) -> Vec<f32> {
    let by_name: HashMap<&str, &Tensor> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    flat(by_name[name])
}

/// A tensor's numbers in order.
pub fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}
