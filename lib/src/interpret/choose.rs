//! Which pictures to look at: indices into the set, by what was said of them.

use super::Interpretation;
use crate::rng::{self, Purpose};
use crate::{Error, Result};
use rand::seq::SliceRandom;

impl Interpretation {
    /// The pictures that were named correctly, in the order of the set.
    pub fn right(&self) -> Vec<usize> {
        (0..self.len()).filter(|&index| self.is_right(index)).collect()
    }

    /// The pictures that were not.
    pub fn wrong(&self) -> Vec<usize> {
        (0..self.len()).filter(|&index| !self.is_right(index)).collect()
    }

    pub(super) fn is_right(&self, index: usize) -> bool {
        self.predicted[index] == self.labels[index] as usize
    }

    /// The probability of what was said.
    pub(super) fn confidence(&self, index: usize) -> f32 {
        self.probs.rows[index][self.predicted[index]]
    }

    /// The pictures said to be of class `class`, rightly or not, most confident first.
    pub(super) fn said_to_be(&self, class: &str, right: bool) -> Result<Vec<usize>> {
        let class = self.class(class)?;
        let mut chosen: Vec<usize> = (0..self.len())
            .filter(|&index| self.predicted[index] == class && self.is_right(index) == right)
            .collect();
        chosen.sort_by(|&a, &b| self.confidence(b).total_cmp(&self.confidence(a)));
        Ok(chosen)
    }

    /// All pictures, the least confident first.
    pub(super) fn by_doubt(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| self.confidence(a).total_cmp(&self.confidence(b)));
        order
    }

    /// All pictures, the greatest loss first.
    pub(super) fn by_loss(&self) -> Vec<usize> {
        let losses = self.losses();
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]));
        order
    }

    /// In an order that the set's seed decides: the same at each call.
    pub(super) fn shuffled(&self, mut indices: Vec<usize>, which: u64) -> Vec<usize> {
        indices.shuffle(&mut rng::stream(self.batches.seed(), Purpose::Pick, which));
        indices
    }

    fn class(&self, name: &str) -> Result<usize> {
        class_index(self.classes(), name)
    }
}

/// The index of a class; an error names some of those there are.
pub(super) fn class_index(classes: &[String], name: &str) -> Result<usize> {
    classes.iter().position(|class| class == name).ok_or_else(|| {
        let shown = 10;
        let mut names: Vec<&str> = classes.iter().take(shown).map(String::as_str).collect();
        let more = format!("and {} more", classes.len().saturating_sub(shown));
        if classes.len() > shown {
            names.push(&more);
        }
        Error::Invalid(format!("there is no class {name:?}; the classes are {}", names.join(", ")))
    })
}
