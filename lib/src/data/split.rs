//! Splits one's own folder of class folders into `train` and `valid`.

use super::files::{self, create, link_or_copy};
use super::folder::{class_folders, pictures_of, shown};
use crate::disk::{self, DraftFolder};
use crate::{Error, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was made: enough to see whether it would be made again.
#[derive(PartialEq, Serialize, Deserialize)]
struct Note {
    from: String,
    fraction: f64,
    seed: u64,
    /// Where each picture went: `valid/cats/1.jpg`.
    pictures: Vec<String>,
}

/// Makes `<folder>-split/{train,valid}/<class>` of a folder that has one subfolder
/// for each class, and returns it. A `fraction` of each class's pictures, at least
/// one, is drawn by `seed` for `valid`. The files are hard links (copies where the
/// file system has none), the originals stay as they are, and running it again
/// gives the same.
///
/// ```no_run
/// let path = sevenlines::data::split_folder("my_photos", 0.2, 0)?;
/// assert!(path.join("valid").is_dir());
/// # Ok::<(), sevenlines::Error>(())
/// ```
///
/// # Errors
/// [`Error::Missing`], [`Error::NoClasses`], [`Error::EmptyClass`] and
/// [`Error::OutOfRange`] say what is wrong with the folder or the fraction;
/// [`Error::Invalid`] if it is split already, if a class has one picture alone, or
/// if `<folder>-split` is something else.
pub fn split_folder(folder: impl AsRef<Path>, fraction: f64, seed: u64) -> Result<PathBuf> {
    split(folder.as_ref(), fraction, seed)
}

fn split(folder: &Path, fraction: f64, seed: u64) -> Result<PathBuf> {
    if !(fraction > 0.0 && fraction < 1.0) {
        let expected = "between 0 and 1, for example 0.2";
        return Err(Error::OutOfRange { name: "fraction", got: fraction.to_string(), expected });
    }
    let from = folder.canonicalize().map_err(|_| Error::Missing {
        path: folder.into(),
        hint: "give a folder with one subfolder for each class of pictures".into(),
    })?;
    let classes = classes(&from)?;
    let to = with_suffix(&from)?;
    files::refuse_foreign(&to)?;
    let mut plan = Vec::new();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for class in &classes {
        plan.extend(divide(&from, class, fraction, &mut rng)?);
    }
    let pictures = plan.iter().map(|(_, place)| shown(place.as_os_str())).collect();
    let note = Note { from: shown(from.as_os_str()), fraction, seed, pictures };
    let whole = || plan.iter().all(|(_, place)| to.join(place).is_file());
    if files::read_note::<Note>(&to).is_some_and(|old| old == note) && whole() {
        disk::sweep(&to);
        return Ok(to);
    }
    let staging = DraftFolder::new(&to)?;
    for (picture, place) in &plan {
        crate::interrupt::check_interrupt()?;
        let place = staging.part().join(place);
        create(place.parent().unwrap_or(staging.part()))?;
        link_or_copy(picture, &place)?;
    }
    files::write_note(staging.part(), &note)?;
    staging.replace()?;
    Ok(to)
}

/// The class folders, sorted.
fn classes(folder: &Path) -> Result<Vec<PathBuf>> {
    let classes = class_folders(folder)?;
    if classes.is_empty() {
        return Err(Error::NoClasses { path: folder.into() });
    }
    if ["train", "valid"].iter().all(|part| folder.join(part).is_dir()) {
        return Err(Error::Invalid(format!(
            "{} has train and valid already; use it as it is",
            folder.display()
        )));
    }
    Ok(classes)
}

/// Each of a class's pictures with its place in the split: `valid/<class>/...`.
fn divide(from: &Path, class: &Path, fraction: f64, rng: &mut ChaCha8Rng) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut pictures = pictures_of(class, from)?;
    match pictures.len() {
        0 => return Err(Error::EmptyClass { path: class.into() }),
        1 => {
            return Err(Error::Invalid(format!(
                "{} has one picture alone; a class needs one to train on and one to validate with",
                class.display()
            )));
        }
        _ => pictures.shuffle(rng),
    }
    let valid = (pictures.len() as f64 * fraction).round() as usize;
    let valid = valid.clamp(1, pictures.len() - 1);
    let place = |(i, picture): (usize, PathBuf)| {
        let part = if i < valid { "valid" } else { "train" };
        let place = Path::new(part).join(picture.strip_prefix(from).unwrap_or(&picture));
        (picture, place)
    };
    Ok(pictures.into_iter().enumerate().map(place).collect())
}

fn with_suffix(folder: &Path) -> Result<PathBuf> {
    let Some(name) = folder.file_name() else {
        return Err(Error::Invalid(format!("{} cannot be split: it has no name", folder.display())));
    };
    let mut name = name.to_owned();
    name.push("-split");
    Ok(folder.with_file_name(name))
}
