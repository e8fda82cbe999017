//! Weights of the backbones by the formulas of `tests/golden/backbones.py`, under the names
//! and in the shapes that timm has.

use super::formulas::uniform;
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Of each backbone's id, names and shapes in timm's order.
type Shapes = BTreeMap<String, Vec<(String, Vec<usize>)>>;

const SHAPES: &str = include_str!("../golden/backbones.json");

/// The tensors of a backbone but for its last layer.
pub fn tensors(id: &str) -> Vec<(String, Tensor)> {
    let mut shapes: Shapes = serde_json::from_str(SHAPES).expect("backbones.json is read");
    let entries = shapes.remove(id).expect("backbones.json has the backbone");
    let tensor = |(index, (name, shape)): (usize, (String, Vec<usize>))| {
        let numbers = numbers(5000 + index as u64, &name, &shape);
        (name, Tensor::from_vec(numbers, shape, &Device::Cpu).expect("as many numbers as the shape says"))
    };
    entries.into_iter().enumerate().map(tensor).collect()
}

fn numbers(seed: u64, name: &str, shape: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let about = |middle: f32, limit: f64| uniform(seed, count, limit).iter().map(|u| middle + u).collect();
    if name.ends_with("running_var") {
        about(1.0, 0.5)
    } else if ["cls_token", "pos_embed"].contains(&name) {
        uniform(seed, count, 0.5)
    } else if shape.len() > 1 {
        let fan_in: usize = shape[1..].iter().product();
        uniform(seed, count, (3.0 / fan_in as f64).sqrt())
    } else if name.ends_with("weight") {
        about(1.0, 0.1)
    } else if name.ends_with("gamma") {
        about(0.5, 0.1)
    } else {
        uniform(seed, count, 0.05)
    }
}

/// A safetensors file's bytes.
pub fn bytes(tensors: &[(String, Tensor)]) -> Vec<u8> {
    safetensors::serialize(tensors.iter().map(|(name, tensor)| (name, tensor)), None)
        .expect("tensors are written")
}

/// Writes a backbone's weights as `folder/ID.safetensors`.
pub fn write(id: &str, folder: &Path) -> PathBuf {
    let file = folder.join(format!("{id}.safetensors"));
    std::fs::write(&file, bytes(&tensors(id))).expect("the weights are written");
    file
}
