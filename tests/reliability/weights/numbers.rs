//! Numbers that no trained layer has, in files without a checksum: named by tensor.

use crate::support::checkpoints;
use crate::support::counts::record;
use crate::support::installed::convolution_base;
use crate::support::tiny::{self, TINY};
use candle_core::{DType, Device, Tensor};
use sevenlines::weights::{Dense, Weights};
use sevenlines::{Backbone, Error, Learner, Vgg16};
use std::path::Path;

const NUMBERS: [f32; 5] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -3e12];

/// One of the tensors with one number replaced.
fn with(tensors: &mut tiny::Tensors, name: &str, number: f32) {
    let tensor = &mut tensors.iter_mut().find(|(found, _)| found == name).unwrap().1;
    let mut numbers = tiny::flat(tensor);
    let middle = numbers.len() / 2;
    numbers[middle] = number;
    *tensor = Tensor::from_vec(numbers, tensor.shape(), &Device::Cpu).unwrap();
}

/// Why the error does not name both.
fn unnamed<T>(result: Result<T, Error>, file: &Path, tensor: &str) -> Option<String> {
    let Err(error) = result else { return Some(format!("{tensor}: nothing was noticed")) };
    let text = error.to_string();
    let names = text.contains(tensor) && text.contains(&*file.to_string_lossy());
    (!names).then(|| format!("{tensor}: {text}"))
}

#[test]
fn numbers_that_are_no_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.safetensors");
    let mut lost = Vec::new();
    for number in NUMBERS {
        for name in ["features.10.weight", "features.28.bias", "classifier.3.weight", "classifier.6.bias"] {
            let mut tensors = tiny::torchvision(3);
            with(&mut tensors, name, number);
            tiny::write(&file, &tensors);
            let opened = Weights::open_as(&file, TINY).and_then(|weights| match name {
                "features.10.weight" => weights.conv(3, 1, &Device::Cpu),
                "features.28.bias" => weights.conv(5, 3, &Device::Cpu),
                "classifier.3.weight" => weights.dense(Dense::Fc7, &Device::Cpu),
                _ => weights.dense(Dense::Fc8, &Device::Cpu),
            });
            lost.extend(unnamed(opened, &file, name));
        }
        let mut tensors = checkpoints::tensors("mobilenetv4");
        with(&mut tensors, "norm_head.weight", number);
        tiny::write(&file, &tensors);
        let built = Learner::builder(Backbone::MobileNetV4).weights(&file).build();
        lost.extend(unnamed(built, &file, "norm_head.weight"));
    }
    // As a notebook opens VGG16.
    let base = candle_core::safetensors::load(convolution_base(), &Device::Cpu).unwrap();
    let mut tensors: tiny::Tensors = base.into_iter().collect();
    with(&mut tensors, "features.24.weight", 1e30);
    tiny::write(&file, &tensors);
    // A learner's layers are prepared when the first picture comes.
    let picture = Tensor::zeros((1, 3, 224, 224), DType::F32, &Device::Cpu).unwrap();
    let pool5 = Vgg16::from_file(&file).and_then(|vgg| vgg.pool5(&picture));
    lost.extend(unnamed(pool5, &file, "features.24.weight"));
    record("weights: NaN, infinities and 1e30 in them", 5 * NUMBERS.len() + 1, &lost, "");
}
