//! Opening weights: whose names, which shapes, which normalisation, which file.

mod support;

use candle_core::{Device, Tensor};
use sevenlines::Error;
use sevenlines::weights::{Dense, Layout, Normalisation, Weights, provenance, save_safetensors};
use std::path::{Path, PathBuf};
use support::tiny::{self, TINY, flat, numbers};

const CPU: Device = Device::Cpu;

fn file(folder: &tempfile::TempDir, tensors: &tiny::Tensors) -> PathBuf {
    let file = folder.path().join("weights.bin");
    tiny::write(&file, tensors);
    file
}

#[test]
fn torchvision_and_timm_names_give_the_same_layers() {
    let folder = tempfile::tempdir().unwrap();
    for (tensors, fc6, fc8) in
        [(tiny::torchvision(1), "classifier.0", "classifier.6"), (tiny::timm(1), "pre_logits.fc1", "head.fc")]
    {
        let weights = Weights::open_as(file(&folder, &tensors), TINY).unwrap();
        assert!(weights.is_full());
        assert_eq!(weights.normalisation(), Normalisation::TORCH);
        assert_eq!(weights.parameter_count(), TINY.parameters());
        let (matrix, bias) = weights.dense(Dense::Fc6, &CPU).unwrap();
        assert_eq!((matrix.dims(), bias.dims()), ([8, 6 * 49].as_slice(), [8].as_slice()));
        assert_eq!(flat(&matrix), numbers(&tensors, &format!("{fc6}.weight")));
        let (matrix, bias) = weights.dense(Dense::Fc8, &CPU).unwrap();
        assert_eq!(matrix.dims(), [10, 8]);
        assert_eq!(flat(&bias), numbers(&tensors, &format!("{fc8}.bias")));
        let (kernel, _) = weights.conv(3, 2, &CPU).unwrap();
        assert_eq!(flat(&kernel), numbers(&tensors, "features.12.weight"));
    }
}

#[test]
fn a_file_without_classifier_is_a_convolution_base() {
    let folder = tempfile::tempdir().unwrap();
    let weights = Weights::open_as(file(&folder, &tiny::convolutions(2)), TINY).unwrap();
    assert!(!weights.is_full());
    assert_eq!(weights.parameter_count(), TINY.convolution_parameters());
    let error = weights.dense(Dense::Fc7, &CPU).unwrap_err();
    assert!(error.to_string().contains("sevenlines setup --full"), "{error}");
    assert!(matches!(weights.conv(1, 3, &CPU), Err(Error::Invalid(_))));
    assert!(matches!(weights.conv(0, 1, &CPU), Err(Error::Invalid(_))));
}

#[test]
fn what_was_saved_says_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deeper/conv.safetensors");
    let tensors = tiny::convolutions(3);
    save_safetensors(&file, &tensors, provenance("a test", "no licence", Normalisation::CAFFE)).unwrap();
    let weights = Weights::open_as(&file, TINY).unwrap();
    assert_eq!(weights.normalisation(), Normalisation::CAFFE);
    assert_eq!(weights.describe(), "VGG16's convolution base, a test (no licence)");
    assert_eq!(flat(&weights.conv(5, 3, &CPU).unwrap().0), numbers(&tensors, "features.28.weight"));
    let left: Vec<_> = std::fs::read_dir(file.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file is left");
}

#[test]
fn half_precision_is_widened() {
    let folder = tempfile::tempdir().unwrap();
    let half = |(name, tensor): (String, Tensor)| (name, tensor.to_dtype(candle_core::DType::F16).unwrap());
    let tensors: tiny::Tensors = tiny::convolutions(4).into_iter().map(half).collect();
    let weights = Weights::open_as(file(&folder, &tensors), TINY).unwrap();
    assert_eq!(weights.conv(1, 1, &CPU).unwrap().0.dtype(), candle_core::DType::F32);
}

#[test]
fn every_wrong_file_is_named_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let open = |tensors: &tiny::Tensors| Weights::open_as(file(&folder, tensors), TINY).unwrap_err();
    let mut missing = tiny::convolutions(5);
    missing.retain(|(name, _)| name != "features.21.bias");
    assert!(matches!(open(&missing), Error::WeightMissing { tensor, .. } if tensor == "features.21.bias"));

    let mut shape = tiny::torchvision(5);
    shape.iter_mut().find(|(name, _)| name == "classifier.3.weight").unwrap().1 =
        Tensor::zeros((8, 9), candle_core::DType::F32, &CPU).unwrap();
    assert!(matches!(open(&shape), Error::WeightShape { tensor, got, .. }
        if tensor == "classifier.3.weight" && got == [8, 9]));

    let mut partial = tiny::timm(5);
    partial.retain(|(name, _)| !name.starts_with("head"));
    assert!(matches!(open(&partial), Error::WeightMissing { tensor, .. } if tensor == "head.fc.weight"));

    // The real shapes are asked for unless another layout is.
    let narrow = file(&folder, &tiny::convolutions(5));
    assert!(matches!(Weights::open(&narrow), Err(Error::WeightShape { .. })));

    let whole = tiny::safetensors(&tiny::convolutions(5));
    for (what, bytes) in [
        ("empty", vec![]),
        ("text", b"<!DOCTYPE html><p>not found".to_vec()),
        ("truncated", whole[..whole.len() - 7].to_vec()),
        ("truncated header", whole[..40].to_vec()),
        ("huge header", [&u64::MAX.to_le_bytes()[..], b"{}"].concat()),
        ("a zip that is none", b"PK\x03\x04 and nothing else".to_vec()),
    ] {
        std::fs::write(&narrow, bytes).unwrap();
        let error = Weights::open_as(&narrow, TINY).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{what}: {error}");
        assert!(error.to_string().contains("weights.bin"), "{what}: {error}");
    }
    assert!(matches!(Weights::open(folder.path().join("none")), Err(Error::Missing { .. })));
}

#[test]
fn a_classifier_of_nan_is_torchvisions_convolution_base() {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = tiny::torchvision(6);
    for (name, tensor) in &mut tensors {
        if name.starts_with("classifier") {
            *tensor = Tensor::full(f32::NAN, tensor.shape(), &CPU).unwrap();
        }
    }
    let weights = Weights::open_as(file(&folder, &tensors), TINY).unwrap();
    assert!(!weights.is_full());
    let to_caffe = weights.normalisation().apply(0, 200.0) - Normalisation::CAFFE.apply(0, 200.0);
    assert!(to_caffe.abs() < 1.0, "the same preparation as Caffe's, within rounding: {to_caffe}");
}

/// What PyTorch itself saved (tests/golden/tiny_vgg.py), in the zip format and in
/// the one before 1.6, reads like its safetensors twin.
#[test]
fn pth_files_of_pytorch_are_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let twin = Weights::open_as(golden.join("tiny_vgg.safetensors"), TINY).unwrap();
    for name in ["tiny_vgg.pth", "tiny_vgg_legacy.pth", "tiny_vgg_checkpoint.pth"] {
        let weights = Weights::open_as(golden.join(name), TINY).unwrap();
        assert!(weights.is_full(), "{name}");
        for (block, i) in Layout::convolutions() {
            let (kernel, bias) = weights.conv(block, i, &CPU).unwrap();
            let (twin_kernel, twin_bias) = twin.conv(block, i, &CPU).unwrap();
            assert_eq!((flat(&kernel), flat(&bias)), (flat(&twin_kernel), flat(&twin_bias)), "{name}");
        }
        for layer in Dense::ALL {
            let (matrix, bias) = weights.dense(layer, &CPU).unwrap();
            let (twin_matrix, twin_bias) = twin.dense(layer, &CPU).unwrap();
            assert_eq!((flat(&matrix), flat(&bias)), (flat(&twin_matrix), flat(&twin_bias)), "{name}");
        }
    }
}
