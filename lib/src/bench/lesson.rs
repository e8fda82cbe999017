//! The whole lesson: the seven lines, from files to a trained head.

use crate::Result;
use crate::vgg16::Vgg16;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

const BATCH_SIZE: usize = 64;

/// What [`lesson`] measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// Seconds from loading the weights to the end of the epoch.
    pub seconds: f64,
    /// Pictures, training and validation together.
    pub images: usize,
    /// Validation accuracy after the epoch, 0 to 1.
    pub val_acc: f32,
}

impl Lesson {
    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        crate::show::words(&self.to_string());
    }
}

impl std::fmt::Display for Lesson {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Lesson { seconds, images, val_acc } = self;
        write!(f, "{images} images in {seconds:.1} s, val_acc {val_acc:.4}")
    }
}

/// Times fast.ai's seven lines on `path`, a folder with `train` and `valid`: decoding,
/// features, a new head, one epoch. Features kept on disk are neither used nor added to.
///
/// # Errors
/// What the seven lines say.
pub fn lesson(path: impl AsRef<Path>) -> Result<Lesson> {
    seven_lines(path.as_ref())
}

fn seven_lines(path: &Path) -> Result<Lesson> {
    let start = Instant::now();
    let mut vgg = Vgg16::builder().keep_features(false).build()?;
    let batches = vgg.get_batches(path.join("train"), BATCH_SIZE)?;
    let val_batches = vgg.get_batches(path.join("valid"), BATCH_SIZE * 2)?;
    vgg.finetune(&batches)?;
    let history = vgg.fit(&batches, &val_batches, 1)?;
    let images = batches.len() + val_batches.len();
    Ok(Lesson { seconds: start.elapsed().as_secs_f64(), images, val_acc: history.val_acc() })
}
