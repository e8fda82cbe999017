//! Pictures: where they come from and how they are sorted into folders.

mod dogs_vs_cats;
mod files;
mod pile;
pub mod sorting;
mod split;

pub use dogs_vs_cats::dogs_vs_cats;
pub use split::split_folder;

pub(crate) use pile::Pile;
