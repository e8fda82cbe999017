//! Grids of pictures with what was said of them: fast.ai's five looks, and the greatest
//! losses.

use super::Interpretation;
use crate::memory::Need;
use crate::show::{Grid, Mark, Tile};
use crate::{Count, Error, Result};
use image::RgbImage;
use rayon::prelude::*;
use std::fmt::Write;

/// Tiles in a row.
pub(super) const COLUMNS: usize = 4;

impl Interpretation {
    /// Up to `n` of the pictures that were named correctly, at random: the same ones at
    /// each call, as the seed of the set decides.
    ///
    /// # Errors
    /// `n` below 1; pictures that cannot be read.
    pub fn correct_at_random(&self, n: impl Count) -> Result<Grid> {
        let right = self.shuffled(self.right(), 0);
        self.chosen(n.at_least_one("n")?, right, "Correct, at random", "no picture was right")
    }

    /// Up to `n` of the pictures that were not, at random.
    ///
    /// # Errors
    /// As [`Interpretation::correct_at_random`].
    pub fn incorrect_at_random(&self, n: impl Count) -> Result<Grid> {
        let wrong = self.shuffled(self.wrong(), 1);
        self.chosen(n.at_least_one("n")?, wrong, "Incorrect, at random", "no picture was wrong")
    }

    /// The pictures most confidently said to be of class `class`, and rightly so.
    ///
    /// # Errors
    /// As [`Interpretation::correct_at_random`]; a class that there is not.
    pub fn most_correct(&self, class: &str, n: impl Count) -> Result<Grid> {
        let found = self.said_to_be(class, true)?;
        let none = format!("no picture was rightly said to be {class}");
        self.chosen(n.at_least_one("n")?, found, &format!("Most surely {class}, and are"), &none)
    }

    /// The pictures most confidently said to be of class `class` that are of another:
    /// `most_incorrect("dogs", 4)` shows cats that were taken for dogs, as fast.ai's
    /// notebook does.
    ///
    /// # Errors
    /// As [`Interpretation::most_correct`].
    pub fn most_incorrect(&self, class: &str, n: impl Count) -> Result<Grid> {
        let found = self.said_to_be(class, false)?;
        let none = format!("no picture was wrongly said to be {class}");
        self.chosen(n.at_least_one("n")?, found, &format!("Most surely {class}, and are not"), &none)
    }

    /// The pictures whose most probable class is least probable: of two classes, those
    /// nearest to 0.5.
    ///
    /// # Errors
    /// As [`Interpretation::correct_at_random`].
    pub fn most_uncertain(&self, n: impl Count) -> Result<Grid> {
        self.chosen(n.at_least_one("n")?, self.by_doubt(), "Most uncertain", "there are no pictures")
    }

    /// The pictures with the greatest losses, right or wrong, each with its predicted
    /// class, its actual class, its loss and the probability of what was predicted.
    ///
    /// # Errors
    /// As [`Interpretation::correct_at_random`].
    pub fn top_losses(&self, n: impl Count) -> Result<Grid> {
        let chosen = first(self.by_loss(), n.at_least_one("n")?);
        let losses = self.losses();
        let tile = |(&index, picture)| {
            let mut tile = self.tile(index, picture);
            tile.title = self.names(index).join(" / ");
            let _ = write!(tile.title, " / {:.2} / {:.2}", losses[index], self.confidence(index));
            tile
        };
        let tiles = chosen.iter().zip(self.seen(&chosen)?).map(tile).collect();
        Ok(Grid::new(tiles, COLUMNS).heading("Top losses: predicted / actual / loss / probability"))
    }

    /// Pictures of your own choice, by their places in [`Interpretation::files`]: what
    /// was said of each, its probability, what it is if that is something else, and its
    /// file.
    ///
    /// # Errors
    /// A place that is none; pictures that cannot be read.
    pub fn grid(&self, indices: &[usize]) -> Result<Grid> {
        indices.iter().try_for_each(|&index| self.check_index(index))?;
        let tile = |(&index, picture)| self.tile(index, picture);
        Ok(Grid::new(indices.iter().zip(self.seen(indices)?).map(tile).collect(), COLUMNS))
    }

    pub(super) fn check_index(&self, index: usize) -> Result<()> {
        let expected = "below the number of pictures";
        match index < self.len() {
            true => Ok(()),
            false => Err(Error::OutOfRange { name: "the picture's index", got: index.to_string(), expected }),
        }
    }

    /// The pictures as the network sees them, 224 x 224, without augmentation.
    pub(super) fn seen(&self, indices: &[usize]) -> Result<Vec<RgbImage>> {
        // Each picture, its thumbnail, and that as text.
        let (what, each) = (format!("showing {} pictures", indices.len()), 300_000);
        Need { what, unit: "pictures", count: indices.len(), each, fixed: 0 }.check()?;
        let resize = self.batches.options().resize;
        indices.par_iter().map(|&index| crate::data::open_resized(&self.files[index], resize)).collect()
    }

    pub(super) fn tile(&self, index: usize, picture: RgbImage) -> Tile {
        let [predicted, actual] = self.names(index);
        let mut title = format!("{predicted} {:.2}", self.confidence(index));
        if !self.is_right(index) {
            let _ = write!(title, ", is {actual}");
        }
        let caption = self.files[index].file_name().unwrap_or_default().to_string_lossy().into_owned();
        Tile { picture, title, caption, mark: if self.is_right(index) { Mark::Right } else { Mark::Wrong } }
    }

    /// What was said, and what it is.
    pub(super) fn names(&self, index: usize) -> [&str; 2] {
        [self.predicted[index], self.labels[index] as usize].map(|class| self.classes()[class].as_str())
    }

    /// The first `n` of the pictures found, under a heading; or that there are none.
    fn chosen(&self, n: usize, found: Vec<usize>, heading: &str, none: &str) -> Result<Grid> {
        let all = found.len();
        let grid = self.grid(&first(found, n))?;
        Ok(match (grid.tiles().len(), all) {
            (_, 0) => grid.heading(none),
            (shown, _) => grid.heading(format!("{heading}: {shown} of {all}")),
        })
    }
}

pub(super) fn first(mut indices: Vec<usize>, n: usize) -> Vec<usize> {
    indices.truncate(n);
    indices
}
