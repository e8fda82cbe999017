//! Entrances for `tests/fuzz`, whose programs alone are compiled with `--cfg fuzzing`: bytes
//! in, and a panic if what becomes of them is neither an error nor as it must be.

use crate::data::{Resize, SIDE, open_picture, open_resized};
use crate::learner;
use crate::utils::load_array;
use crate::weights::{self, Dense, Layout, Weights};
use candle_core::{Device, Tensor};
use std::path::PathBuf;

/// VGG16's form at its least width.
pub const NARROW: Layout = Layout { widths: [1; 5], grid: 1, hidden: 2, classes: 2 };

/// As a file of this process's own, which the next call overwrites.
fn file(bytes: &[u8]) -> PathBuf {
    let file = std::env::temp_dir().join(format!("sevenlines-fuzz-{}", std::process::id()));
    std::fs::write(&file, bytes).expect("the temporary folder can be written");
    file
}

/// A picture, in its own size and in the network's.
pub fn picture(bytes: &[u8]) {
    let file = file(bytes);
    let (whole, resized) = (open_picture(&file), open_resized(&file, Resize::default()));
    assert_eq!(whole.is_ok(), resized.is_ok(), "both ways of decoding read the same files");
    if let Ok(resized) = resized {
        assert_eq!(resized.dimensions(), (SIDE, SIDE));
    }
}

/// A weights file of any format: what opens has VGG16's shapes and numbers.
pub fn weights(bytes: &[u8]) {
    let Ok(weights) = Weights::open_as(file(bytes), NARROW) else { return };
    for (block, i) in Layout::convolutions() {
        if let Ok(pair) = weights.conv(block, i, &Device::Cpu) {
            check(pair, &NARROW.kernel_shape(block, i));
        }
    }
    for layer in Dense::ALL.into_iter().filter(|_| weights.is_full()) {
        if let Ok(pair) = weights.dense(layer, &Device::Cpu) {
            check(pair, &NARROW.dense_shape(layer));
        }
    }
}

fn check((weight, bias): (Tensor, Tensor), shape: &[usize]) {
    assert_eq!((weight.dims(), bias.dims()), (shape, &shape[..1]));
    let numbers = |tensor: &Tensor| tensor.flatten_all().and_then(|flat| flat.to_vec1::<f32>());
    for number in [numbers(&weight), numbers(&bias)].into_iter().flatten().flatten() {
        assert!(number.abs() < 1e10, "{number} was handed out");
    }
}

/// A file of `save_weights`, or a checkpoint.
pub fn head(bytes: &[u8]) {
    learner::fuzz_head(bytes);
}

/// A pickle of PyTorch's without its zip.
pub fn pickle(bytes: &[u8]) {
    weights::fuzz_pickle(bytes);
}

/// A `.npy` file: what opens is no larger than the file.
pub fn array(bytes: &[u8]) {
    if let Ok(array) = load_array(file(bytes)) {
        assert!(array.elem_count() * array.dtype().size_in_bytes() <= bytes.len());
    }
}
