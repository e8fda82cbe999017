//! The drawn sample: cats and dogs drawn by the library, so that lesson 1 runs
//! without a photograph.

use super::cost::Cost;
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::Progress;
use std::path::{Path, PathBuf};

/// The seed of the sample that every installation has.
pub const SEED: u64 = sevenlines::data::DRAWN_SEED;

/// The step that draws the sample.
pub struct DrawnSample;

/// Where it lies.
pub fn folder() -> PathBuf {
    sevenlines::home::data().join("drawn")
}

/// How many pictures each part has.
const PARTS: [(&str, usize); 4] =
    [("train/cats", 150), ("train/dogs", 150), ("valid/cats", 50), ("valid/dogs", 50)];

/// Where it lies, if it is there with all its pictures.
pub fn present() -> Option<String> {
    let folder = folder();
    PARTS
        .iter()
        .all(|(part, count)| pictures(&folder.join(part)) == *count)
        .then(|| folder.display().to_string())
}

/// How many pictures lie in a folder, empty files apart.
fn pictures(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter(|file| file.metadata().is_ok_and(|about| about.is_file() && about.len() > 0)).count()
}

/// Whether all that lies there was drawn: `cat.0001.jpg`.
pub fn all_drawn(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().all(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => all_drawn(&entry.path()),
            false => ["cat.", "dog."].iter().any(|kind| name.starts_with(kind)) && name.ends_with(".jpg"),
        }
    })
}

impl Step for DrawnSample {
    fn name(&self) -> &str {
        "sample pictures, drawn"
    }

    fn id(&self) -> String {
        "sample".into()
    }

    fn cost(&self) -> Cost {
        Cost::SAMPLE
    }

    fn present(&self) -> Option<String> {
        present()
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let folder = folder();
        // What is left of a sample stands in the way of a whole one.
        if folder.exists() && present().is_none() && all_drawn(&folder) {
            std::fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
        }
        sevenlines::data::drawn::write_sample(&folder, SEED, &mut |done, all| {
            progress(&format!("{done} of {all} pictures"));
        })?;
        Ok(folder.display().to_string())
    }
}
