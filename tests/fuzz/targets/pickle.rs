//! Bytes as a pickle of PyTorch's: nothing huge and nothing deep is made of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sevenlines::fuzzing::pickle(bytes));
