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
//! In a notebook these seven lines are a cell. In a program they are the same: `cargo add`
//! the crate by its path, and run `sevenlines setup` once for the weights.
//!
//! # The tour
//!
//! The pictures below were drawn by the library itself, on the drawn sample; cells of
//! `tests/documents/tour.py` make them, and a test compares.
//!
//! ## 1. Pictures: [`data`]
//!
//! [`dogs_vs_cats`](data::dogs_vs_cats) gives a folder; any folder with a subfolder for
//! each class does. [`Learner::get_batches`] lists it as [`Batches`](data::Batches): which
//! files, in which order, how many at once. [`BatchOptions`](data::BatchOptions) and
//! [`Augment`](data::Augment) change how pictures are read. [`data::split_folder`] divides a
//! folder of your own, [`data::drawn`] draws one. [`utils::plot_classes`] shows it:
#![cfg_attr(doc, doc = include_str!("tour/pictures.html"))]
//!
//! ## 2. What the network knows: [`vgg16`], [`weights`], [`backbone`]
//!
//! [`Vgg16::new`] takes the best [`weights`] on this machine, and gives a [`Learner`]; it
//! never downloads (`fetch`, a feature, does, for the command). [`vgg16::layers`] is the
//! network as data, [`conv`] its convolution, Winograd's, in [two
//! precisions](conv::Precision). [`Backbone`] names the other networks, which give
//! a [`Learner`] too. [`device`] is for graphics cards.
//!
//! ## 3. The new layer: [`learner`] and [`train`]
//!
//! [`Learner::finetune`] swaps the last layer for one with your classes, and
//! [`Learner::fit`] trains it on [stored features](train::StoredFeatures), so that the
//! network looks at each picture once. [`train::FitOptions`] has schedules, early
//! stopping, checkpoints; [`train::HeadOptions`] other layers on top;
//! [`Learner::lr_find`] a learning rate; [`Learner::try_batch_sizes`] batch sizes side by
//! side; [`Learner::unfreeze`] trains deeper. The [`History`](train::History) of four
//! epochs, [plotted](train::History::plot):
#![cfg_attr(doc, doc = include_str!("tour/history.html"))]
//!
//! ## 4. How good is it: [`metrics`], [`interpret`], [`submission`]
//!
//! [`Learner::predict_files`] says what a file shows, [`Learner::probs`] what a folder does.
//! [`Interpretation`](interpret::Interpretation) keeps that beside the truth, and finds the
//! right, the wrong and the unsure. Its
//! [confusion matrix](interpret::Interpretation::confusion_matrix):
#![cfg_attr(doc, doc = include_str!("tour/confusion.html"))]
//!
//! And [where the network looked](Learner::grad_cam):
#![cfg_attr(doc, doc = include_str!("tour/grad_cam.html"))]
//!
//! ## 5. What a notebook sees: [`show`]
//!
//! Plots, grids, tables, [progress](show::progress) and [live plots](show::LivePlot): each is
//! HTML in a notebook and text in a terminal. [`channel`] carries it, [`mod@cell`] and
//! [`interrupt`] are the library's side of a cell, [`input`] asks the reader.
//!
//! ## And below
//!
//! [`prelude`] is what a cell has in scope. [`Error`] says what was wrong and what to do.
//! [`home`] knows where things lie, [`disk`] writes files whole or not at all, [`bench`](mod@bench)
//! measures. The pages in `docs/` tell the same way file by file (`docs/how_it_works.md`).
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
