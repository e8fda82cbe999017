//! The pictures of Kaggle's competition in a cell: sorting with a bar, and the opposite of
//! sorting, which brings a divided set into the form in which Kaggle hands it out.

use super::files::{self, create, link_or_copy};
use super::folder;
use super::sorting::{CLASSES, Report, SortOptions, sort_kaggle};
use crate::disk::DraftFolder;
use crate::show::Progress;
use crate::{Error, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// [`sort_kaggle`] with a bar that counts the pictures.
///
/// # Errors
/// As [`sort_kaggle`].
///
/// ```no_run
/// use sevenlines::prelude::*;
/// let report = sort_pictures("train.zip", "data/redux", SortOptions::default())?;
/// println!("{report}");
/// # Ok::<(), Error>(())
/// ```
pub fn sort_pictures(
    from: impl AsRef<Path>,
    folder: impl AsRef<Path>,
    options: SortOptions,
) -> Result<Report> {
    sort(from.as_ref(), folder.as_ref(), options)
}

fn sort(from: &Path, folder: &Path, options: SortOptions) -> Result<Report> {
    let mut bar: Option<Progress> = None;
    let report = sort_kaggle(from, folder, options, &mut |done, all| {
        let new = || Progress::new("sorting", all.unwrap_or(0) as usize).unit("images");
        bar.get_or_insert_with(new).set(done as usize);
    })?;
    if let Some(bar) = bar {
        bar.finish("");
    }
    Ok(report)
}

/// The note of a folder made here.
#[derive(Serialize)]
struct Note {
    source: PathBuf,
}

/// Puts the pictures of `from/train/{cats,dogs}` into `to/train` as `cat.0.jpg`,
/// `dog.0.jpg` ..., and those of `from/valid` without their labels into `to/test` as
/// `1.jpg`, `2.jpg` ..., in a random order, always the same. The originals stay; files
/// are links where the disk allows. [`sort_pictures`] sorts `to` again. Returns what a
/// competition keeps to itself: the labels of `1.jpg`, `2.jpg` ..., 0 for cats and 1 for dogs.
///
/// # Errors
/// [`Error::Invalid`] if the classes are not `cats` and `dogs`, or if `to` holds something
/// that was not made here; [`Error::Missing`].
pub fn kaggle_form(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Vec<u32>> {
    make(from.as_ref(), to.as_ref())
}

fn make(from: &Path, to: &Path) -> Result<Vec<u32>> {
    files::refuse_foreign(to)?;
    let (train, valid) =
        (folder::list(&from.join("train"), false)?, folder::list(&from.join("valid"), false)?);
    for (part, listing) in [("train", &train), ("valid", &valid)] {
        if listing.classes != CLASSES {
            let (folder, classes) = (from.join(part), &listing.classes);
            let text = format!(
                "{} has the classes {classes:?}, and the competition cats and dogs",
                folder.display()
            );
            return Err(Error::Invalid(text));
        }
    }
    let staging = DraftFolder::new(to)?;
    for part in ["train", "test"] {
        create(&staging.part().join(part))?;
    }
    let mut counts = [0; 2];
    for (file, class) in &train.files {
        crate::interrupt::check_interrupt()?;
        let class = *class as usize;
        let name = format!("{}.{}{}", ["cat", "dog"][class], counts[class], ending(file));
        link_or_copy(file, &staging.part().join("train").join(name))?;
        counts[class] += 1;
    }
    // In their own order the names would tell the classes.
    let mut tests = valid.files;
    tests.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    for (n, (file, _)) in tests.iter().enumerate() {
        crate::interrupt::check_interrupt()?;
        link_or_copy(file, &staging.part().join("test").join(format!("{}{}", n + 1, ending(file))))?;
    }
    files::write_note(staging.part(), &Note { source: from.to_owned() })?;
    staging.replace()?;
    Ok(tests.into_iter().map(|(_, class)| class).collect())
}

fn ending(file: &Path) -> String {
    file.extension().map(|ending| format!(".{}", ending.to_string_lossy().to_lowercase())).unwrap_or_default()
}
