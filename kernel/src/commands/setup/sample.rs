//! The drawn sample: cats and dogs drawn by the library, so that lesson 1 runs
//! without a photograph.

use super::step::Step;
use crate::error::Result;
use crate::report::Progress;
use std::path::PathBuf;

/// The seed of the sample that every installation has.
pub const SEED: u64 = sevenlines::data::DRAWN_SEED;

/// The step that draws the sample.
pub struct DrawnSample;

/// Where it lies.
pub fn folder() -> PathBuf {
    sevenlines::home::data().join("drawn")
}

/// Where it lies, if it is there in all its parts.
pub fn present() -> Option<String> {
    let folder = folder();
    let parts = ["train/cats", "train/dogs", "valid/cats", "valid/dogs"];
    parts.iter().all(|part| folder.join(part).is_dir()).then(|| folder.display().to_string())
}

impl Step for DrawnSample {
    fn name(&self) -> &str {
        "sample pictures, drawn"
    }

    fn present(&self) -> Option<String> {
        present()
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let folder = folder();
        sevenlines::interrupt::install_handler();
        sevenlines::data::drawn::write_sample(&folder, SEED, &mut |done, all| {
            progress(&format!("{done} of {all} pictures"));
        })?;
        Ok(folder.display().to_string())
    }
}
