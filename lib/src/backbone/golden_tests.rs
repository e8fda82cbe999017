//! Each backbone against timm's, with weights and a picture made by formulas
//! (tests/golden/backbones.py).

use super::{Backbone, Network};
use crate::data::to_tensor;
use crate::formulas;
use crate::weights::Weights;
use candle_core::{Device, safetensors::load};

#[path = "../../../tests/support/checkpoints.rs"]
mod checkpoints;

/// The largest difference from timm's features, in their standard deviations.
fn difference(backbone: Backbone) -> f32 {
    let folder = tempfile::tempdir().unwrap();
    let file = checkpoints::write(backbone.id(), folder.path());
    let weights = Weights::open_for(backbone, file).unwrap();
    let network = Network::load(&weights, &Device::Cpu).unwrap();
    let images = to_tensor(&[formulas::picture(224, 224)]).unwrap();
    let started = std::time::Instant::now();
    let features = network.features(&images).unwrap().squeeze(0).unwrap().to_vec1::<f32>().unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/backbones.safetensors");
    let golden = load(goldens, &Device::Cpu).unwrap()[backbone.id()].to_vec1::<f32>().unwrap();
    assert_eq!(features.len(), golden.len());
    assert_eq!(features.len(), backbone.width());
    let count = golden.len() as f32;
    let mean = golden.iter().sum::<f32>() / count;
    let std = (golden.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt();
    let most = features.iter().zip(&golden).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / std;
    println!("{backbone}: differs by {most:.1e} of a standard deviation, {seconds:.2} s");
    most
}

#[test]
fn resnet18_computes_what_timm_and_torchvision_do() {
    assert!(difference(Backbone::ResNet18) < 1e-4);
}

#[test]
fn resnet50_computes_what_timm_and_torchvision_do() {
    assert!(difference(Backbone::ResNet50) < 1e-4);
}

#[test]
fn convnext_computes_what_timm_does() {
    assert!(difference(Backbone::ConvNextTiny) < 1e-4);
}

#[test]
fn mobilenet_computes_what_timm_does() {
    assert!(difference(Backbone::MobileNetV4) < 1e-4);
}

#[test]
fn dinov2_computes_what_timm_does() {
    assert!(difference(Backbone::DinoV2Small) < 1e-4);
}
