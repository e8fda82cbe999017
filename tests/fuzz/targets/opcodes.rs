//! Bytes as a pickle's opcodes: an end within the bytes, or a reason in few words.
#![no_main]

#[path = "../../../lib/src/weights/opcodes.rs"]
mod opcodes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match opcodes::length(bytes) {
    Ok(length) => {
        assert!(length <= bytes.len() && bytes[length - 1] == b'.');
        assert_eq!(opcodes::length(&bytes[..length]), Ok(length), "what comes behind it is not read");
    }
    Err(reason) => assert!(reason.len() < 200, "{reason}"),
});
