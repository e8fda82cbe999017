//! From folders of pictures to batches.

mod augment;
mod batches;
mod folder;
mod picture;
mod resize;

pub(crate) use batches::to_tensor;
pub use batches::{Batch, BatchIter, BatchOptions, Batches, Item};
pub use picture::open_picture;
pub use resize::{Resize, SIDE};
