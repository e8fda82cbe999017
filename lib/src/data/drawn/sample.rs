//! Writes the drawn pictures as folders of JPEG files.

use super::{Animal, draw};
use crate::disk::{self, DraftFolder};
use crate::{Error, Result, interrupt};
use image::codecs::jpeg::JpegEncoder;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// A set of pictures: which animals, and how many of each in `train` and `valid`.
struct Set {
    name: &'static str,
    animals: &'static [Animal],
    counts: [(&'static str, u64); 2],
}

const CATS_AND_DOGS: Set = Set {
    name: "drawn sample",
    animals: &[Animal::Cat, Animal::Dog],
    counts: [("train", 150), ("valid", 50)],
};

const FIVE_KINDS: Set = Set {
    name: "drawn set of five kinds",
    animals: &[Animal::Bird, Animal::Cat, Animal::Dog, Animal::Horse, Animal::Rabbit],
    counts: [("train", 60), ("valid", 20)],
};

const QUALITY: u8 = 90;

/// A picture to draw: where to, of what, from which seed.
struct Job {
    path: PathBuf,
    animal: Animal,
    seed: u64,
}

/// Draws the sample into `dir`: 300 pictures in `train` and 100 in `valid`, half
/// of them in `cats` and half in `dogs`. A complete sample is left as it is. The
/// pictures are drawn into a folder beside `dir` which takes its name at the end,
/// so that `dir` is never half a sample.
///
/// `progress` is told how many pictures are done and how many there will be.
///
/// # Errors
/// [`Error::Io`] if a file or folder cannot be written, [`Error::Invalid`] if `dir`
/// holds something else, [`Error::Interrupted`] when stopped; what was drawn is
/// then removed.
///
/// ```no_run
/// use sevenlines::data::drawn::write_sample;
/// write_sample("drawn".as_ref(), 1, &mut |done, all| eprint!("\r{done}/{all}"))?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn write_sample(dir: &Path, seed: u64, progress: &mut dyn FnMut(usize, usize)) -> Result<()> {
    CATS_AND_DOGS.write(dir, seed, progress)
}

/// Draws five kinds of animals into `dir`, as [`write_sample`] draws two: 60 pictures
/// of each in `train` and 20 in `valid`, in `birds`, `cats`, `dogs`, `horses` and
/// `rabbits`.
///
/// # Errors
/// As [`write_sample`].
pub fn write_five_kinds(dir: &Path, seed: u64, progress: &mut dyn FnMut(usize, usize)) -> Result<()> {
    FIVE_KINDS.write(dir, seed, progress)
}

impl Set {
    fn write(&self, dir: &Path, seed: u64, progress: &mut dyn FnMut(usize, usize)) -> Result<()> {
        if self.is_complete(dir) {
            disk::sweep(dir);
            return Ok(());
        }
        if dir.exists() {
            return Err(Error::Invalid(format!(
                "{} exists, but is not a complete {}; move it away or delete it",
                dir.display(),
                self.name
            )));
        }
        // Removes itself when dropped: on an error, on an interrupt.
        let unfinished = DraftFolder::new(dir)?;
        draw_all(&self.jobs(unfinished.part(), seed)?, progress)?;
        match unfinished.finish() {
            // Another process may have finished the same set meanwhile.
            Err(_) if self.is_complete(dir) => Ok(()),
            finished => finished,
        }
    }

    /// Whether every picture of the set is there.
    fn is_complete(&self, dir: &Path) -> bool {
        let is_there = |path: &Path| fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() > 0);
        self.places(dir).iter().all(|(path, _)| is_there(path))
    }

    /// Each picture's file and animal; numbers are counted through, first `train`'s.
    fn places(&self, dir: &Path) -> Vec<(PathBuf, Animal)> {
        let mut places = Vec::new();
        let mut first = 1;
        for (part, count) in self.counts {
            for &animal in self.animals {
                let folder = dir.join(part).join(format!("{animal}s"));
                for number in first..first + count {
                    places.push((folder.join(format!("{animal}.{number:04}.jpg")), animal));
                }
            }
            first += count;
        }
        places
    }

    /// Creates the folders and lists what to draw in them.
    fn jobs(&self, dir: &Path, seed: u64) -> Result<Vec<Job>> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut jobs = Vec::new();
        for (path, animal) in self.places(dir) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
            }
            jobs.push(Job { path, animal, seed: dice.next_u64() });
        }
        Ok(jobs)
    }
}

/// Draws a few at a time, so that progress is told and a stop heard in between.
fn draw_all(jobs: &[Job], progress: &mut dyn FnMut(usize, usize)) -> Result<()> {
    let at_once = 2 * rayon::current_num_threads();
    progress(0, jobs.len());
    for (i, some) in jobs.chunks(at_once).enumerate() {
        interrupt::check_interrupt()?;
        some.par_iter().try_for_each(Job::run)?;
        progress(i * at_once + some.len(), jobs.len());
    }
    interrupt::check_interrupt()
}

impl Job {
    fn run(&self) -> Result<()> {
        let picture = draw(self.animal, self.seed);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .encode_image(&picture)
            .map_err(|e| Error::Invalid(format!("could not encode {}: {e}", self.path.display())))?;
        fs::write(&self.path, bytes).map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_own_seeds() {
        let home = tempfile::tempdir().unwrap();
        let seeds =
            |seed| CATS_AND_DOGS.jobs(home.path(), seed).unwrap().iter().map(|j| j.seed).collect::<Vec<_>>();
        let mut first = seeds(1);
        assert_eq!(first, seeds(1));
        assert!(first.iter().zip(seeds(2)).all(|(a, b)| *a != b));
        first.sort();
        first.dedup();
        assert_eq!(first.len(), 400, "each picture has a seed of its own");
    }

    #[test]
    fn a_file_is_named_for_its_animal() {
        for (path, animal) in CATS_AND_DOGS.places(Path::new("x")) {
            let path = path.to_string_lossy().into_owned();
            assert!(path.contains(&format!("/{animal}s/{animal}.")), "{path}");
        }
    }

    #[test]
    fn a_folder_of_other_things_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let error = write_sample(home.path(), 1, &mut |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("not a complete drawn sample"), "{error}");
    }
}
