//! Bytes as a file of `save_weights` or a checkpoint of `fit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sevenlines::fuzzing::head(bytes));
