//! What several integration tests share: narrow weights of VGG16's form.
#![allow(dead_code, reason = "each test uses its own part")]

pub mod tiny;
