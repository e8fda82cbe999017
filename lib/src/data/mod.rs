//! Pictures: where they come from, how they are sorted into folders, and how
//! folders become batches.

mod augment;
mod batch;
mod batches;
mod content;
mod dogs_vs_cats;
pub mod drawn;
mod files;
mod five_kinds;
mod folder;
mod jpeg;
mod kaggle;
mod loader;
mod picture;
mod pile;
mod resize;
pub mod sorting;
mod split;

pub use augment::Augment;
pub use batch::{Batch, BatchIter};
pub use batches::{BatchOptions, Batches, Item};
pub use dogs_vs_cats::{DRAWN_SEED, dogs_vs_cats};
pub use five_kinds::five_kinds;
pub use kaggle::{kaggle_form, sort_pictures};
pub use picture::open_picture;
pub use resize::{Resize, SIDE};
pub use split::split_folder;

pub(crate) use batch::to_tensor;
pub(crate) use content::Content;
pub(crate) use loader::Loader;
pub(crate) use picture::open_resized;
pub(crate) use pile::Pile;
