//! Bytes as an ONNX file: what is read of it is no larger than the file.
#![no_main]

#[path = "../../../lib/src/fetch/onnx.rs"]
mod onnx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(tensors) = onnx::initializers(bytes) else { return };
    let size = |tensor: &onnx::Initializer| tensor.raw_data.len() + tensor.name.len() + tensor.dims.len();
    let all: usize = tensors.iter().map(size).sum();
    assert!(all <= bytes.len(), "{all} of {} bytes", bytes.len());
    let told = tensors.iter().filter(|tensor| tensor.data_type == onnx::FLOAT).count();
    assert!(told <= bytes.len());
});
