//! The real convolution base and the preparation of pictures against what other
//! programs compute (`tests/golden/README.md`).

mod support;

use candle_core::{Device, Tensor};
use image::{RgbImage, imageops};
use sevenlines::conv::Precision;
use sevenlines::data::Resize;
use std::collections::HashMap;
use std::path::Path;
use support::formulas::{picture, uniform};
use support::installed::{builder, shared, vgg16};
use support::tiny::flat;

fn golden(name: &str) -> HashMap<String, Tensor> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    candle_core::safetensors::load(folder.join(name).with_extension("safetensors"), &Device::Cpu).unwrap()
}

/// The greatest difference, as a part of the greatest number expected.
fn relative(got: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(got.dims(), expected.dims());
    let greatest = |tensor: &Tensor| flat(tensor).into_iter().map(f32::abs).fold(0.0, f32::max);
    greatest(&(got - expected).unwrap()) / greatest(expected)
}

/// `(1, 3, H, W)`, RGB, 0 to 255.
fn tensor(picture: &RgbImage) -> Tensor {
    let shape = (picture.height() as usize, picture.width() as usize, 3);
    let bytes = Tensor::from_vec(picture.as_raw().clone(), shape, &Device::Cpu).unwrap();
    bytes.permute((2, 0, 1)).unwrap().unsqueeze(0).unwrap().to_dtype(candle_core::DType::F32).unwrap()
}

#[test]
fn the_formulas_give_what_their_python_twins_give() {
    let large = picture(375, 500);
    let points = [(0, 0), (1, 0), (0, 1), (499, 374)].map(|(x, y)| large.get_pixel(x, y).0);
    assert_eq!(points, [[0, 94, 163], [32, 101, 170], [5, 77, 174], [115, 142, 141]]);
    let sum = |picture: &RgbImage| picture.iter().map(|v| u64::from(*v)).sum::<u64>();
    assert_eq!((sum(&large), sum(&picture(224, 224))), (71_350_903, 19_051_763));
    let begins = |seed, limit: f64, expected: &[f32]| {
        let got = uniform(seed, expected.len(), limit.sqrt());
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6e-9), "{got:?}");
    };
    begins(0, 6.0 / 27.0, &[-0.397_668_72, -0.375_522_02, 0.099_299_77]);
    begins(2000, 6.0 / 1027.0, &[-0.064_321_21, 0.002_914_28]);
}

#[test]
fn the_real_base_computes_what_onnx_runtime_does() {
    let got = vgg16(0).pool5(&tensor(&picture(224, 224))).unwrap();
    let difference = relative(&got, &golden("conv_base_pool5")["pool5"]);
    println!("pool5 of the formula's picture differs by {difference:.1e}");
    assert!(difference <= 1e-3, "{difference}");
}

#[test]
fn the_real_base_is_near_double_precision() {
    let got = vgg16(0).pool5(&tensor(&picture(224, 224))).unwrap();
    let expected = &golden("conv_base_pool5_f64")["pool5"];
    let difference = relative(&got, expected);
    println!("f32: pool5 differs from double precision by {difference:.1e}");
    assert!(difference <= 1e-4, "{difference}");
    assert_eq!(strongest(&got), strongest(expected));
}

#[test]
fn bfloat16_is_off_by_a_few_per_cent() {
    if !Precision::Bfloat16.is_available() {
        eprintln!("SKIPPED bfloat16_is_off_by_a_few_per_cent: this processor has no bfloat16 products");
        return;
    }
    let vgg = builder(0).precision(Precision::Bfloat16).build().unwrap();
    let got = vgg.pool5(&tensor(&picture(224, 224))).unwrap();
    let difference = relative(&got, &golden("conv_base_pool5_f64")["pool5"]);
    println!("bfloat16: pool5 differs from double precision by {difference:.1e}");
    assert!((1e-4..0.1).contains(&difference), "{difference}");
}

/// At each of the 49 places the channel that answers most.
fn strongest(pool5: &Tensor) -> Vec<u32> {
    pool5.argmax(1).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn the_real_base_agrees_on_photographs() {
    let Some(folder) = shared("the_real_base_agrees_on_photographs", "golden") else { return };
    let vgg = vgg16(0);
    let means = Tensor::new(&[123.68f32, 116.779, 103.939], &Device::Cpu).unwrap();
    let means = means.reshape((1, 3, 1, 1)).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let tensors = candle_core::safetensors::load(&file, &Device::Cpu).unwrap();
        let images = tensors["x"].broadcast_add(&means).unwrap();
        let pool5 = vgg.pool5(&images).unwrap();
        let difference = relative(&pool5, &tensors["pool5"]);
        assert_eq!(strongest(&pool5), strongest(&tensors["pool5"]));
        println!("pool5 of {} differs by {difference:.1e}", file.display());
        assert!(difference <= 1e-3, "{}: {difference}", file.display());
        seen += 1;
    }
    assert!(seen >= 2, "{seen} photographs");
}

/// Compares a picture of 224 x 224 with a golden: samples within `most` levels, and
/// over the samples and over whole channels hardly at all on average.
fn agrees(name: &str, got: &RgbImage, most: i32) {
    assert_eq!(got.dimensions(), (224, 224), "{name}");
    let goldens = golden("preprocess");
    let samples = goldens[name].flatten_all().unwrap().to_vec1::<u8>().unwrap();
    let mut differences = Vec::new();
    for (at, expected) in samples.chunks(3).enumerate() {
        let (row, column) = (at as u32 / 32, at as u32 % 32);
        let pixel = got.get_pixel(3 + 7 * column, 3 + 7 * row).0;
        differences.extend(pixel.iter().zip(expected).map(|(a, b)| i32::from(*a) - i32::from(*b)));
    }
    let greatest = differences.iter().map(|d| d.abs()).max().unwrap();
    let average = f64::from(differences.iter().map(|d| d.abs()).sum::<i32>()) / differences.len() as f64;
    println!("{name}: samples differ by {greatest} at most, {average:.4} on average");
    assert!(greatest <= most, "{name}: {greatest} levels");
    assert!(average <= 0.25 * f64::from(most), "{name}: {average} levels on average");
    let means = flat(&goldens[&format!("{name}.mean")]);
    for (channel, expected) in means.into_iter().enumerate() {
        let sum: f64 = got.pixels().map(|pixel| f64::from(pixel.0[channel])).sum();
        let difference = (sum / (224.0 * 224.0) - f64::from(expected)).abs();
        assert!(difference < if most == 0 { 1e-3 } else { 0.1 }, "{name}, channel {channel}: {difference}");
    }
}

#[test]
fn pictures_are_resized_as_pillow_does() {
    let (large, small) = (picture(375, 500), picture(80, 100));
    agrees("squash_nearest", &Resize::Nearest.apply(&large), 0);
    agrees("enlarge_nearest", &Resize::Nearest.apply(&small), 0);
    agrees("squash_bilinear", &Resize::Squash.apply(&large), 1);
    agrees("enlarge_bilinear", &Resize::Squash.apply(&small), 1);
}

#[test]
fn pictures_are_cropped_as_torchvision_does() {
    let wide = picture(375, 500);
    let tall = imageops::flip_horizontal(&imageops::rotate90(&wide));
    assert_eq!(tall.get_pixel(0, 1), wide.get_pixel(1, 0), "transposed");
    agrees("center_crop", &Resize::CenterCrop.apply(&wide), 1);
    agrees("center_crop_tall", &Resize::CenterCrop.apply(&tall), 1);
}
