//! Bytes as a `.npy` file: what opens is no larger than the file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sevenlines::fuzzing::array(bytes));
