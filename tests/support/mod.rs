//! What several integration tests share: a web server, narrow weights of VGG16's form.
#![allow(dead_code, reason = "each test uses its own part")]

pub mod checkpoints;
pub mod child;
pub mod counts;
pub mod drawn;
pub mod formulas;
pub mod installed;
pub mod pictures;
pub mod processor;
pub mod server;
pub mod tiny;
