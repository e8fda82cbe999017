//! Sorts the cats and dogs of Kaggle's competition, or of Microsoft's archive,
//! into `train`, `valid` and `sample`, as the course's `dogs_cats_redux` does.

use super::files::{self, create, link_or_copy};
use super::pile::LARGEST;
use super::{Pile, picture};
use crate::disk::{self, DraftFolder};
use crate::show::Table;
use crate::{Error, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) const CLASSES: [&str; 2] = ["cats", "dogs"];
/// Pictures read before they are checked side by side.
const CHUNK: usize = 64;
/// Each class's part of the sample set.
const SAMPLE: [(&str, usize); 2] = [("train", 100), ("valid", 25)];

/// How to sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortOptions {
    /// Of the random choice.
    pub seed: u64,
    /// Pictures for validation, both classes together; never more than a fifth.
    pub valid: usize,
    /// Only so many pictures of each class; none is all.
    pub per_class: Option<usize>,
}

impl Default for SortOptions {
    fn default() -> SortOptions {
        SortOptions { seed: 0, valid: 2000, per_class: None }
    }
}

/// What sorting made: counts of (cats, dogs).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The folder with `train` and `valid`.
    pub folder: PathBuf,
    /// In `train`.
    pub train: [usize; 2],
    /// In `valid`.
    pub valid: [usize; 2],
    /// In `test/unknown`.
    pub unknown: usize,
    /// Pictures left out, each with the reason.
    pub skipped: Vec<(String, String)>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ([cats, dogs], [valid_cats, valid_dogs]) = (self.train, self.valid);
        write!(
            f,
            "{}: train {cats} cats, {dogs} dogs; valid {valid_cats}, {valid_dogs}",
            self.folder.display()
        )?;
        if self.unknown > 0 {
            write!(f, "; test {}", self.unknown)?;
        }
        for (name, reason) in &self.skipped {
            write!(f, "\n  left out {name}: {reason}")?;
        }
        Ok(())
    }
}

impl Report {
    /// Shows itself as a cell's value: a table of the folders.
    pub fn evcxr_display(&self) {
        let mut table = Table::new(["folder", "cats", "dogs", "unlabelled"]);
        for (folder, [cats, dogs]) in [("train", self.train), ("valid", self.valid)] {
            table.push([folder.to_owned(), cats.to_string(), dogs.to_string(), "-".to_owned()]);
        }
        if self.unknown > 0 {
            table.push(["test".to_owned(), "-".to_owned(), "-".to_owned(), self.unknown.to_string()]);
        }
        for (name, reason) in &self.skipped {
            println!("left out {name}: {reason}");
        }
        table.evcxr_display();
    }
}

/// A folder's note: from what and how it was made, and what came of it.
#[derive(Serialize, Deserialize)]
struct Note {
    source: String,
    options: SortOptions,
    report: Report,
}

/// Sorts Kaggle's `train.zip` (`cat.0.jpg`, `dog.0.jpg` ...), the competition's
/// whole zip, `PetImages/{Cat,Dog}`, or a folder of any of these, into
/// `folder/{train,valid}/{cats,dogs}`, with a small `folder/sample` of the same
/// form. Pictures without a label (Kaggle's test set) go to `folder/test/unknown`.
/// Broken pictures are left out and named in the report. Running it again gives
/// the same, at once. `progress` counts pictures.
///
/// # Errors
/// [`Error::Invalid`] if there are no such pictures, or if `folder` holds
/// something else; [`Error::Corrupt`] for a damaged zip.
pub fn sort_kaggle(
    from: &Path,
    folder: &Path,
    options: SortOptions,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Report> {
    files::refuse_foreign(folder)?;
    let unpacked = DraftFolder::new(folder)?;
    let piles = open(from, unpacked.part())?;
    let (count, bytes) = piles.iter().fold((0, 0), |(n, b), pile| (n + pile.names.len(), b + pile.bytes));
    let from = from.canonicalize().map_err(Error::io("read", from))?;
    let source = format!("{} ({count} pictures, {bytes} bytes)", from.display());
    sort(piles, &source, folder, options, progress)
}

/// Whether `folder` was already sorted from `source` in this way.
pub(crate) fn sorted_before(source: &str, folder: &Path, options: SortOptions) -> Option<Report> {
    let note: Note = files::read_note(folder)?;
    if note.source != source || note.options != options {
        return None;
    }
    disk::sweep(folder);
    Some(Report { folder: folder.into(), ..note.report })
}

/// [`sort_kaggle`] from piles that are open already.
pub(crate) fn sort(
    mut piles: Vec<Pile>,
    source: &str,
    folder: &Path,
    options: SortOptions,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Report> {
    files::refuse_foreign(folder)?;
    if let Some(report) = sorted_before(source, folder, options) {
        return Ok(report);
    }
    let mut order = order(&piles, options.seed);
    let unknown = order.pop().unwrap_or_default();
    if order.iter().all(Vec::is_empty) {
        return add_unknown(&mut piles, &unknown, source, folder, progress);
    }
    for (class, pictures) in CLASSES.iter().zip(&order) {
        if pictures.len() < 2 {
            return Err(Error::Invalid(format!(
                "{source} has {} {class}; pictures are recognised by names like cat.0.jpg, dog.0.jpg, or \
                 PetImages/Cat/0.jpg, PetImages/Dog/0.jpg",
                pictures.len()
            )));
        }
    }
    let staging = DraftFolder::new(folder)?;
    let limit = options.per_class.unwrap_or(usize::MAX);
    let total = order.iter().map(|pictures| pictures.len().min(limit)).sum::<usize>() + unknown.len();
    let mut work = Work { piles: &mut piles, done: 0, total, skipped: Vec::new(), progress };
    let mut report = Report { folder: folder.into(), ..Report::default() };
    for (c, pictures) in order.iter().enumerate() {
        let all = staging.part().join("all").join(CLASSES[c]);
        let names = work.gather(pictures, limit, &all)?;
        (report.train[c], report.valid[c]) = divide(staging.part(), CLASSES[c], &names, options.valid / 2)?;
    }
    std::fs::remove_dir_all(staging.part().join("all")).map_err(Error::io("remove", staging.part()))?;
    if !unknown.is_empty() {
        report.unknown = work.gather(&unknown, usize::MAX, &staging.part().join("test/unknown"))?.len();
    } else if folder.join("test").is_dir() {
        // Sorted in before, from Kaggle's other zip.
        files::link_all(&folder.join("test"), &staging.part().join("test"))?;
    }
    report.skipped = work.skipped;
    files::write_note(staging.part(), &Note { source: source.into(), options, report: report.clone() })?;
    staging.replace()?;
    Ok(report)
}

/// Kaggle's test.zip alone: joins what was sorted before.
fn add_unknown(
    piles: &mut [Pile],
    unknown: &[Picture],
    source: &str,
    folder: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Report> {
    if unknown.is_empty() {
        return Err(Error::Invalid(format!(
            "{source} has no pictures named like cat.0.jpg and dog.0.jpg, PetImages/Cat/0.jpg and \
             PetImages/Dog/0.jpg, or test/0.jpg"
        )));
    }
    let Some(mut note) = files::read_note::<Note>(folder) else {
        return Err(Error::Invalid(format!(
            "{source} has only unlabelled pictures; sort Kaggle's train.zip first"
        )));
    };
    let staging = DraftFolder::new(&folder.join("test"))?;
    let total = unknown.len();
    let mut work = Work { piles, done: 0, total, skipped: Vec::new(), progress };
    note.report.unknown = work.gather(unknown, usize::MAX, &staging.part().join("unknown"))?.len();
    note.report.skipped.extend(work.skipped);
    staging.replace()?;
    files::write_note(folder, &note)?;
    Ok(Report { folder: folder.into(), ..note.report })
}

/// Opens a zip, a folder, and the zips directly in either.
fn open(from: &Path, unpacked: &Path) -> Result<Vec<Pile>> {
    if !from.exists() {
        let hint = "give Kaggle's train.zip, or the folder that it was unpacked to".into();
        return Err(Error::Missing { path: from.into(), hint });
    }
    let (mut pile, inner) = if from.is_dir() {
        let mut zips: Vec<PathBuf> = std::fs::read_dir(from)
            .map_err(Error::io("list", from))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")))
            .collect();
        zips.sort();
        (Pile::folder(from)?, zips)
    } else {
        (Pile::zip_file(from)?, Vec::new())
    };
    // A folder may hold both the zips and what was unpacked from them.
    let inner = match pile.names.is_empty() {
        true if inner.is_empty() => pile.unpack_inner_zips(unpacked)?,
        true => inner,
        false => Vec::new(),
    };
    let mut piles = vec![pile];
    for zip in inner {
        piles.push(Pile::zip_file(&zip)?);
    }
    Ok(piles)
}

/// A picture in one of the piles, with the name it gets.
struct Picture {
    pile: usize,
    picture: usize,
    name: String,
    from: String,
}

/// The cats, the dogs, the unlabelled: the first two shuffled.
fn order(piles: &[Pile], seed: u64) -> Vec<Vec<Picture>> {
    let mut found = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
    for (p, pile) in piles.iter().enumerate() {
        for (i, from) in pile.names.iter().enumerate() {
            if let Some((label, name)) = label(from) {
                let picture = Picture { pile: p, picture: i, name: name.clone(), from: from.clone() };
                found[label].entry(name).or_insert(picture);
            }
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<Vec<Picture>> = found.into_iter().map(|names| names.into_values().collect()).collect();
    order[..2].iter_mut().for_each(|pictures| pictures.shuffle(&mut rng));
    order
}

/// What a picture shows (0 cat, 1 dog, 2 unknown) and a name for it, which is
/// made anew: nothing of a zip's paths is used.
fn label(path: &str) -> Option<(usize, String)> {
    let mut parts = path.rsplit('/');
    let (stem, ending) = parts.next()?.rsplit_once('.')?;
    let parent = parts.next().unwrap_or_default().to_lowercase();
    let (stem, ending) = (stem.to_lowercase(), ending.to_lowercase());
    let (kind, number) = stem.split_once('.').unwrap_or(("", &stem));
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !plain(number) {
        return None;
    }
    let numbered = number.chars().all(|c| c.is_ascii_digit());
    match (kind, parent.as_str()) {
        ("cat", _) | ("", "cat" | "cats") => Some((0, format!("cat.{number}.{ending}"))),
        ("dog", _) | ("", "dog" | "dogs") => Some((1, format!("dog.{number}.{ending}"))),
        ("", "" | "test" | "test1" | "unknown") if numbered => Some((2, format!("{number}.{ending}"))),
        _ => None,
    }
}

struct Work<'a> {
    piles: &'a mut [Pile],
    done: usize,
    total: usize,
    skipped: Vec<(String, String)>,
    progress: &'a mut dyn FnMut(u64, Option<u64>),
}

impl Work<'_> {
    /// Puts up to `limit` whole pictures into `folder`, and returns their names.
    fn gather(&mut self, pictures: &[Picture], limit: usize, folder: &Path) -> Result<Vec<String>> {
        create(folder)?;
        let mut names = Vec::new();
        let mut rest = pictures;
        while !rest.is_empty() && names.len() < limit {
            let most = CHUNK.min(limit - names.len());
            let (mut read, mut bytes) = (Vec::new(), 0);
            while let Some((picture, after)) = rest.split_first()
                && read.len() < most
                && bytes < LARGEST
            {
                crate::interrupt::check_interrupt()?;
                let content = self.piles[picture.pile].read(picture.picture)?;
                bytes += content.as_ref().map_or(0, |content| content.len() as u64);
                read.push((picture, content));
                rest = after;
            }
            let check = |(picture, bytes)| (picture, std::result::Result::and_then(bytes, decodes));
            let checked: Vec<(&Picture, std::result::Result<Vec<u8>, String>)> =
                read.into_par_iter().map(check).collect();
            for (picture, bytes) in checked {
                match bytes {
                    Ok(bytes) => {
                        self.piles[picture.pile].place(
                            picture.picture,
                            &bytes,
                            &folder.join(&picture.name),
                        )?;
                        names.push(picture.name.clone());
                        self.done += 1;
                    }
                    Err(reason) => self.skipped.push((picture.from.clone(), reason)),
                }
            }
            (self.progress)(self.done as u64, Some(self.total as u64));
        }
        Ok(names)
    }
}

/// The bytes, if they are a picture that can be read.
fn decodes(bytes: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
    picture::check(&bytes).map(|()| bytes)
}

/// Divides a class's pictures, which are in random order, between `valid` and
/// `train`, and links the first of each to `sample`: how many (train, valid).
fn divide(staging: &Path, class: &str, names: &[String], most: usize) -> Result<(usize, usize)> {
    if names.len() < 2 {
        return Err(Error::Invalid(format!("only {} of the {class} can be read", names.len())));
    }
    let valid = most.min(names.len() / 5).max(1);
    let (valid, train) = names.split_at(valid);
    for ((part, sampled), names) in SAMPLE.into_iter().zip([train, valid]) {
        let folder = staging.join(part).join(class);
        let sample = staging.join("sample").join(part).join(class);
        create(&folder)?;
        create(&sample)?;
        for (i, name) in names.iter().enumerate() {
            let from = staging.join("all").join(class).join(name);
            std::fs::rename(&from, folder.join(name)).map_err(Error::io("rename", from))?;
            if i < sampled {
                link_or_copy(&folder.join(name), &sample.join(name))?;
            }
        }
    }
    Ok((train.len(), valid.len()))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels_come_from_names_and_folders() {
        assert_eq!(label("train/cat.12.jpg"), Some((0, "cat.12.jpg".into())));
        assert_eq!(label("dog.0.JPG"), Some((1, "dog.0.jpg".into())));
        assert_eq!(label("PetImages/Dog/77.jpg"), Some((1, "dog.77.jpg".into())));
        assert_eq!(label("test1/5.jpg"), Some((2, "5.jpg".into())));
        assert_eq!(label("5.jpg"), Some((2, "5.jpg".into())));
        assert_eq!(label("../../cat.3.jpg"), Some((0, "cat.3.jpg".into())));
        for nothing in ["train/bird.1.jpg", "photos/5.jpg", "Cat/.jpg", "Cat/a b.jpg", "readme"] {
            assert_eq!(label(nothing), None, "{nothing}");
        }
    }
}
