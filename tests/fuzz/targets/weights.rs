//! Bytes as a weights file, safetensors or a `.pth`: what opens has VGG16's names, shapes
//! and numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sevenlines::fuzzing::weights(bytes));
