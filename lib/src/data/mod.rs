//! From folders of pictures to batches.

mod augment;
mod batches;
mod dogs_vs_cats;
mod folder;
mod picture;
mod resize;
mod split;

pub(crate) use batches::to_tensor;
pub use batches::{Batch, BatchIter, BatchOptions, Batches, Item};
pub use picture::open_picture;
pub use dogs_vs_cats::dogs_vs_cats;
pub use resize::{Resize, SIDE};
pub use split::split_folder;
