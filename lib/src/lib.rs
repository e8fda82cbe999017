//! fast.ai's seven lines in Rust: a VGG16 that already knows ImageNet,
//! fine-tuned on folders of one's own pictures.
//!
//! ```no_run
//! use sevenlines::prelude::*;
//! # fn main() -> Result<(), Error> {
//! let path = dogs_vs_cats()?;
//! let batch_size = 64;
//! let mut vgg = Vgg16::new()?;
//! let batches = vgg.get_batches(path.join("train"), batch_size)?;
//! let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2)?;
//! vgg.finetune(&batches)?;
//! vgg.fit(&batches, &val_batches, 1)?;
//! # Ok(())
//! # }
//! ```
//!
//! The way of a picture: [`data`] (a folder becomes batches) → [`vgg16`] (the
//! frozen body gives features) → [`train`] (the new head, its history) → [`show`]
//! (what a notebook sees). [`metrics`] says how good it is, [`interpret`] looks at what
//! it got right and wrong. [`weights`] finds and opens what the body knows; `fetch`
//! brings weights and pictures from elsewhere, and is left out of what a notebook's
//! cells are built with.
#![deny(missing_docs)]

pub mod backbone;
pub mod bench;
pub mod cell;
pub mod channel;
pub mod conv;
mod count;
pub mod data;
pub mod device;
pub mod disk;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
#[cfg(test)]
#[path = "../../tests/support/formulas.rs"]
mod formulas;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod home;
pub mod input;
pub mod interpret;
pub mod interrupt;
pub mod learner;
mod matrix;
mod memory;
pub mod metrics;
mod npy;
pub mod prelude;
mod quiet;
mod rng;
pub mod show;
pub mod submission;
pub mod train;
pub mod utils;
pub mod vgg16;
pub mod weights;

pub use backbone::Backbone;
pub use candle_core;
pub use candle_nn;
pub use count::Count;
pub use error::Error;
pub use image;
pub use learner::Learner;
pub use plotters;
pub use vgg16::Vgg16;

/// What the library's functions return. Not in the prelude: evcxr's generated
/// code needs the standard `Result` there.
pub type Result<T> = std::result::Result<T, Error>;
