//! Which tensors are used where they lie in the file, and which are copied.

use super::store::Store;
use crate::Error;
use candle_core::{DType, Device, Tensor};
use std::borrow::Cow;
use std::path::Path;

fn tensor() -> Tensor {
    Tensor::new(&[[1f32, -2.5, 3.0], [4.0, 5.25, -6.0]], &Device::Cpu).unwrap()
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    safetensors::serialize([("w", tensor)], None).unwrap()
}

fn open(folder: &Path, bytes: &[u8]) -> crate::Result<Store> {
    let file = folder.join("weights.safetensors");
    std::fs::write(&file, bytes).unwrap();
    Store::open(&file)
}

/// The same file with `more` spaces at the header's end.
fn shifted(bytes: &[u8], more: u64) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let end = 8 + length as usize;
    let mut shifted = (length + more).to_le_bytes().to_vec();
    shifted.extend_from_slice(&bytes[8..end]);
    shifted.extend(std::iter::repeat_n(b' ', more as usize));
    shifted.extend_from_slice(&bytes[end..]);
    shifted
}

#[test]
#[cfg(target_endian = "little")]
fn aligned_f32_stays_in_the_map_and_the_rest_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let expected = [1.0, -2.5, 3.0, 4.0, 5.25, -6.0];
    let single = bytes(&tensor());
    let half = bytes(&tensor().to_dtype(DType::F16).unwrap());
    let double = bytes(&tensor().to_dtype(DType::F64).unwrap());
    for (bytes, borrowed) in [
        (single.clone(), true),
        (shifted(&single, 4), true),
        (shifted(&single, 1), false),
        (shifted(&single, 2), false),
        (half, false),
        (double, false),
    ] {
        let store = open(folder.path(), &bytes).unwrap();
        let values = store.values("w").unwrap();
        assert_eq!(&*values, expected);
        assert_eq!(matches!(values, Cow::Borrowed(_)), borrowed);
    }
}

#[test]
fn a_file_cut_off_is_refused_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let whole = bytes(&tensor());
    for length in [whole.len() - 1, whole.len() - 24, 12] {
        match open(folder.path(), &whole[..length]) {
            Err(Error::Corrupt { .. }) => (),
            other => panic!("{length} bytes of {}: {:?}", whole.len(), other.map(|_| "opened")),
        }
    }
}
