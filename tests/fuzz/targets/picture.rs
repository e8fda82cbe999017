//! Bytes as a picture: no panic, and both ways of decoding agree on what is one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sevenlines::fuzzing::picture(bytes));
