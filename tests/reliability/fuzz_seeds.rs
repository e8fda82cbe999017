//! Writes what the fuzzer begins with, `tests/fuzz/seeds`: small files of each kind, and
//! each as near as can be to what users have.

use crate::support::drawn::drawn;
use crate::support::installed::vgg16;
use crate::support::pictures::small;
use candle_core::{DType, Device, Tensor};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use sevenlines::train::FitOptions;
use sevenlines::utils::save_array;
use sevenlines::weights::{Dense, Layout, Normalisation, provenance, save_safetensors};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// As in `lib/src/fuzzing.rs`.
const NARROW: Layout = Layout { widths: [1; 5], grid: 1, hidden: 2, classes: 2 };

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

fn seed(target: &str, name: &str, bytes: &[u8]) {
    let folder = tests().join("fuzz/seeds").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
#[ignore = "writes tests/fuzz/seeds anew"]
fn write() {
    pictures();
    weights();
    heads();
    pickles();
    arrays();
    models();
    outputs();
}

fn pictures() {
    let encoded = |picture: &DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let colour = DynamicImage::from(image::imageops::crop_imm(&small(1), 0, 0, 17, 9).to_image());
    for (name, format) in [
        ("png", ImageFormat::Png),
        ("jpg", ImageFormat::Jpeg),
        ("bmp", ImageFormat::Bmp),
        ("gif", ImageFormat::Gif),
        ("webp", ImageFormat::WebP),
    ] {
        let picture = if format == ImageFormat::Gif { colour.to_rgba8().into() } else { colour.clone() };
        seed("picture", &format!("colour.{name}"), &encoded(&picture, format));
    }
    seed("picture", "grey.png", &encoded(&colour.to_luma16().into(), ImageFormat::Png));
    seed("picture", "alpha.png", &encoded(&colour.to_rgba8().into(), ImageFormat::Png));
    // As large as it takes for the decoding that makes them smaller.
    let grey = GrayImage::from_fn(896, 896, |x, y| image::Luma([(x / 112 * 16 + y / 112 * 16) as u8]));
    seed("picture", "large-grey.jpg", &encoded(&grey.into(), ImageFormat::Jpeg));
    let large =
        RgbImage::from_fn(896, 896, |x, y| image::Rgb([(x / 112 * 30) as u8, (y / 112 * 30) as u8, 99]));
    seed("picture", "large-colour.jpg", &encoded(&large.into(), ImageFormat::Jpeg));
}

fn weights() {
    let tensor = |name: &str, shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let numbers: Vec<f32> = (0..count).map(|n| n as f32 / 8.0 - 0.5).collect();
        (name.to_owned(), Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap())
    };
    let mut tensors = Vec::new();
    for ((block, i), n) in Layout::convolutions().zip(crate::support::tiny::FEATURES) {
        let shape = NARROW.kernel_shape(block, i);
        tensors.push(tensor(&format!("features.{n}.weight"), &shape));
        tensors.push(tensor(&format!("features.{n}.bias"), &shape[..1]));
    }
    let plain = |tensors: &[(String, Tensor)]| {
        safetensors::serialize(tensors.iter().map(|(name, tensor)| (name, tensor)), None).unwrap()
    };
    seed("weights", "base.safetensors", &plain(&tensors));
    for (n, layer) in [0, 3, 6].into_iter().zip(Dense::ALL) {
        let shape = NARROW.dense_shape(layer);
        tensors.push(tensor(&format!("classifier.{n}.weight"), &shape));
        tensors.push(tensor(&format!("classifier.{n}.bias"), &shape[..1]));
    }
    seed("weights", "full.safetensors", &plain(&tensors));
    let half: Vec<_> = tensors.iter().map(|(n, t)| (n.clone(), t.to_dtype(DType::F16).unwrap())).collect();
    seed("weights", "half.safetensors", &plain(&half));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sealed.safetensors");
    save_safetensors(&file, &tensors, provenance("a seed", "none", Normalisation::CAFFE)).unwrap();
    seed("weights", "sealed.safetensors", &std::fs::read(file).unwrap());
}

/// The same without its checksum, so that a changed byte is read.
fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (from, to) in [(&b"\"has checksum\""[..], &b"\"had checksum"[..]), (b"\"checksum\"", b"\"checksun\"")]
    {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

fn heads() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    let head = folder.path().join("head.safetensors");
    vgg.save_weights(&head).unwrap();
    let run = folder.path().join("run");
    let options = FitOptions { nb_epoch: 1, checkpoints: Some(run.clone()), ..Default::default() };
    vgg.fit_with(&batches, &val_batches, options).unwrap();
    for (name, file) in [("head", head), ("checkpoint", run.join("epoch-1.safetensors"))] {
        let bytes = std::fs::read(file).unwrap();
        seed("head", &format!("{name}-sealed.safetensors"), &bytes);
        seed("head", &format!("{name}.safetensors"), &unsealed(&bytes));
    }
}

fn pickles() {
    for name in ["tiny_vgg", "tiny_vgg_checkpoint"] {
        let file = std::fs::File::open(tests().join(format!("golden/{name}.pth"))).unwrap();
        let mut zip = zip::ZipArchive::new(file).unwrap();
        let index = (0..zip.len()).find(|&index| {
            zip.name_for_index(index).and_then(Result::ok).is_some_and(|name| name.ends_with("data.pkl"))
        });
        let mut pickle = Vec::new();
        zip.by_index(index.unwrap()).unwrap().read_to_end(&mut pickle).unwrap();
        ["pickle", "opcodes"].iter().for_each(|target| seed(target, name, &pickle));
    }
    let call = b"\x80\x02}X\x01\x00\x00\x00acos\nsystem\nX\x02\x00\x00\x00ls\x85Rs.";
    ["pickle", "opcodes"].iter().for_each(|target| seed(target, "call", call));
}

fn arrays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npy");
    for (name, shape) in [("row", vec![6]), ("matrix", vec![2, 3]), ("number", vec![]), ("none", vec![0, 3])]
    {
        save_array(&file, &Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()).unwrap();
        seed("array", name, &std::fs::read(&file).unwrap());
    }
}

/// ONNX as protobuf: field 7 of a model is its graph, field 5 of that a tensor.
fn models() {
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8], bytes].concat();
    let tensor = [&[8, 2, 8, 1, 16, 1][..], &field(8, b"w"), &field(9, &[7; 8])].concat();
    let graph = [field(2, b"graph"), field(5, &tensor), field(5, &tensor)].concat();
    seed("onnx", "two-tensors", &[&[8, 8][..], &field(2, b"made"), &field(7, &graph)].concat());
    seed("onnx", "packed-shape", &field(7, &field(5, &[&field(1, &[2, 1])[..], &field(8, b"w")].concat())));
}

/// Eight bytes say where the output is cut.
fn outputs() {
    let cuts = "\u{3}\u{5}\u{1}\u{0}\u{7}\u{b}\u{2}\u{14}";
    for (name, output) in [
        ("text", "a\nb\r5%\r10%\n"),
        ("operation", "50%\u{1}SEVENLINES t0k {\"op\":\"clear\"}\n\u{1}SEVENLINES other {}\n"),
        (
            "display",
            "EVCXR_BEGIN_CONTENT text/html\n<b>\n1</b>\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\n1\nEVCXR_END_CONTENT\n",
        ),
        ("value", "EVCXR_BEGIN_CONTENT text/plain value\n3\nEVCXR_END_CONTENT\n"),
        (
            "evcxr",
            "abcEVCXR_EXECUTION_COMPLETE\nEVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_other\nEVCXR_INPUT_REQUEST:y\n",
        ),
        ("panic", "EVCXR_BEGIN_CONTENT a/b\nhalf\nEVCXR_PANIC_NOTIFICATION\n"),
    ] {
        seed("side_channel", name, &[cuts, output].concat().into_bytes());
    }
}
