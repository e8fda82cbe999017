//! The notebooks from their first cell to their last, as the README's command runs
//! them, and what is committed of them. `sevenlines run` sets up what is missing, so these tests
//! may be the first thing that is ever run in a clone.

mod batch_sizes;
mod dogs_cats_redux;
mod harness;
mod lesson1;
mod lesson2_ideas;
mod your_own_photos;
