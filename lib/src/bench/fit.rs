//! Training: epochs on stored features.
//!
//! The body would take a minute for as many pictures as an epoch should have. So it
//! looks at a few, and the epoch's set is links to those: features are stored by
//! content, and a link's content is its picture's.

use super::timing::seconds;
use crate::data::{BatchOptions, Batches};
use crate::vgg16::Vgg16;
use crate::{Count, Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Different pictures, at most.
const DIFFERENT: usize = 64;

const BATCH_SIZE: usize = 64;

/// Epochs after the first.
const EPOCHS: usize = 5;

/// What [`fit`] measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitRun {
    /// Seconds of the pass that computes the features of a few pictures, decoding included.
    pub features: f64,
    /// Those few.
    pub pictures: usize,
    /// Pictures an epoch trains on; a quarter as many are for validation.
    pub images: usize,
    /// Seconds of a `fit` of one epoch that finds all features stored.
    pub first: f64,
    /// Seconds of each epoch after it.
    pub epochs: Vec<f64>,
}

impl FitRun {
    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        crate::show::words(&self.to_string());
    }
}

impl std::fmt::Display for FitRun {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let (ms, first) = (1e3 * super::median(&self.epochs), 1e3 * self.first);
        write!(f, "{} images: {ms:.1} ms an epoch, the first {first:.1} ms", self.images)
    }
}

/// Times `fit` on `images` pictures (and a quarter as many for validation) whose
/// features are stored, made of pictures below `folder` (a folder of class folders).
///
/// # Errors
/// As [`Batches::open`] and [`fit`](crate::Learner::fit); a folder for the links that cannot be
/// written.
pub fn fit(folder: impl AsRef<Path>, images: impl Count) -> Result<FitRun> {
    measure(folder.as_ref(), images.at_least_one("the number of images")?)
}

fn measure(folder: &Path, images: usize) -> Result<FitRun> {
    let source = Batches::open(folder, BATCH_SIZE, BatchOptions::default(), 0)?;
    let links = tempfile::tempdir().map_err(Error::io("write in", std::env::temp_dir()))?;
    let classes = source.classes().len();
    let set = |name: &str, each| linked(&source, &links.path().join(name), each);
    let largest = source.class_counts().into_iter().max().unwrap_or(0);
    let few = set("few", DIFFERENT.div_ceil(classes).min(largest))?;
    let (train, valid) =
        (set("train", images.div_ceil(classes))?, set("valid", images.div_ceil(4 * classes))?);

    let mut vgg = Vgg16::builder().seed(0).keep_features(false).build()?;
    vgg.finetune(&few)?;
    let features = seconds(&mut || vgg.evaluate(&few).map(|_| ()))?;
    let first = seconds(&mut || vgg.fit(&train, &valid, 1).map(|_| ()))?;
    let history = vgg.fit(&train, &valid, EPOCHS)?;
    let epochs = history.epochs.iter().map(|epoch| epoch.seconds).collect();
    Ok(FitRun { features, pictures: few.len(), images: train.len(), first, epochs })
}

/// A folder of `each` links to the same few pictures of each class.
fn linked(source: &Batches, folder: &Path, each: usize) -> Result<Batches> {
    let classes = source.classes();
    let different = DIFFERENT.div_ceil(classes.len());
    for (class, name) in classes.iter().enumerate() {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let items = source.items().iter().filter(|item| item.class as usize == class).take(different);
        for (number, item) in items.cycle().take(each).enumerate() {
            let ending = item.path.extension().unwrap_or_default().to_string_lossy();
            link(&item.path, &folder.join(format!("{number:06}.{ending}")))?;
        }
    }
    Batches::open(folder, BATCH_SIZE, BatchOptions::default(), 0)
}

fn link(picture: &Path, to: &Path) -> Result<()> {
    #[cfg(unix)]
    let linked = std::path::absolute(picture).and_then(|picture| std::os::unix::fs::symlink(picture, to));
    #[cfg(not(unix))]
    let linked = std::fs::copy(picture, to).map(|_| ());
    linked.map_err(Error::io("link", to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_links_has_as_many_pictures_as_asked_for_of_every_class() {
        let folder = tempfile::tempdir().unwrap();
        for (class, count) in [("cats", 3), ("dogs", 1)] {
            std::fs::create_dir(folder.path().join(class)).unwrap();
            for number in 0..count {
                let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([number; 3]));
                picture.save(folder.path().join(class).join(format!("{number}.png"))).unwrap();
            }
        }
        let source = Batches::open(folder.path(), 2, BatchOptions::default(), 0).unwrap();
        let links = linked(&source, &folder.path().join("links"), 5).unwrap();
        assert_eq!(links.class_counts(), [5, 5]);
        assert_eq!(links.classes(), source.classes());
    }
}
