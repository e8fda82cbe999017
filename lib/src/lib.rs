//! fast.ai's seven lines in Rust: a VGG16 that already knows ImageNet,
//! fine-tuned on folders of one's own pictures.
//!
//! The way of a picture: [`data`] (folder → batches) → [`vgg16`] (the frozen
//! body, then a head) → [`train`] (fit, history) → [`show`] (what a notebook
//! sees).
#![deny(missing_docs)]

pub mod channel;
mod error;
pub mod home;
pub mod interrupt;
pub mod prelude;

pub use error::Error;

/// What the library's functions return. Not in the prelude: evcxr's generated
/// code needs the standard `Result` there.
pub type Result<T> = std::result::Result<T, Error>;
