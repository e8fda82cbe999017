//! What features depend on beside the picture: the weights, how the picture becomes
//! 224 x 224, what is computed, and by which code.

use super::block::Key;
use crate::data::{Content, Resize};
use crate::train::Features;
use sha2::{Digest, Sha256};

/// Counts what was changed in decoding, resizing or the convolutions so that the same
/// picture gives other features. **Count it up with such a change**: features stored by
/// the code before it are then not found any more, and make way in time.
const VERSION: u32 = 1;

/// Everything but the picture, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Recipe([u8; 8]);

impl Recipe {
    /// Of the weights file's content. `arithmetic` names where and how exactly the body
    /// computes.
    pub(super) fn new(weights: &Content, resize: Resize, features: Features, arithmetic: &str) -> Recipe {
        Recipe::of_version(VERSION, weights, resize, features, arithmetic)
    }

    fn of_version(version: u32, weights: &Content, resize: Resize, features: Features, by: &str) -> Recipe {
        let mut hash = Sha256::new();
        hash.update(weights.0);
        hash.update(format!("{version}\n{resize:?}\n{features:?}\n{by}"));
        Recipe(first(&hash.finalize()))
    }

    /// What a picture's features are found by. All keys of a recipe lie together.
    pub(super) fn key(&self, picture: &Content) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.0);
        key[8..].copy_from_slice(&first::<24>(&picture.0));
        key
    }

    /// The first and the last key of this recipe.
    pub(super) fn keys(&self) -> (Key, Key) {
        (self.key(&Content([0; 32])), self.key(&Content([255; 32])))
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_ingredient_makes_another_recipe() {
        let (a, b) = (Content::of(b"a"), Content::of(b"b"));
        let (pool5, fc6) = (Features::PooledPool5, Features::Fc6);
        let recipes = [
            Recipe::new(&a, Resize::Squash, pool5, "f32"),
            Recipe::new(&b, Resize::Squash, pool5, "f32"),
            Recipe::new(&a, Resize::CenterCrop, pool5, "f32"),
            Recipe::new(&a, Resize::Squash, fc6, "f32"),
            Recipe::new(&a, Resize::Squash, pool5, "bf16"),
            Recipe::of_version(VERSION + 1, &a, Resize::Squash, pool5, "f32"),
        ];
        assert_eq!(HashSet::from(recipes).len(), recipes.len());
        assert_eq!(recipes[0], Recipe::new(&a, Resize::Squash, pool5, "f32"));
        assert_ne!(recipes[0].key(&a), recipes[0].key(&b));
        assert_ne!(recipes[0].key(&a), recipes[1].key(&a));
        let (first, last) = recipes[0].keys();
        assert!(
            (first..=last).contains(&recipes[0].key(&a)) && !(first..=last).contains(&recipes[1].key(&a))
        );
    }
}
