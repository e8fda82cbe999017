//! Parts of a set of pictures, for several processes that share the work.

use crate::{Error, Result};
use std::str::FromStr;

/// One of several parts of a set of pictures, which together are all of it, each picture
/// in one part alone: every so-many-th picture in sorted order.
///
/// ```
/// use sevenlines::train::Shard;
/// let third: Shard = "3/8".parse()?;
/// assert_eq!(third, Shard::new(3, 8)?);
/// assert_eq!((0..20).filter(|&index| third.holds(index)).collect::<Vec<_>>(), [2, 10, 18]);
/// assert_eq!(Shard::default().to_string(), "1/1");
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// Part `number`, counted from 1, of `of`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is no such part.
    pub fn new(number: usize, of: usize) -> Result<Shard> {
        match (1..=of).contains(&number) {
            true => Ok(Shard { number, of }),
            false => Err(no_shard(&format!("{number}/{of}"))),
        }
    }

    /// The same pictures as so many smaller shards: for work that says how far it is.
    pub fn split(self, pieces: usize) -> impl Iterator<Item = Shard> {
        let of = self.of.saturating_mul(pieces);
        (0..pieces).map(move |piece| Shard { number: self.number + piece * self.of, of })
    }

    /// How many of so many pictures are in it.
    pub fn count(self, pictures: usize) -> usize {
        (pictures + self.of - self.number) / self.of
    }

    /// Whether the picture at `index`, counted from 0, is in it.
    pub fn holds(self, index: usize) -> bool {
        index % self.of == self.number - 1
    }
}

impl Default for Shard {
    /// The whole.
    fn default() -> Shard {
        Shard { number: 1, of: 1 }
    }
}

impl FromStr for Shard {
    type Err = Error;

    /// `K/N`.
    fn from_str(text: &str) -> Result<Shard> {
        let numbers =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let (number, of) = numbers.ok_or_else(|| no_shard(text))?;
        Shard::new(number, of)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

fn no_shard(text: &str) -> Error {
    Error::Invalid(format!("{text:?} is no shard; 1/8 is the first of eight, 8/8 the last"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_in_one_shard() {
        for (pictures, of) in [(0, 3), (2, 3), (7, 3), (9, 3), (10, 1)] {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard::new(number, of).unwrap()).collect();
            for shard in &shards {
                let held: Vec<usize> = (0..pictures).filter(|&index| shard.holds(index)).collect();
                assert_eq!(shard.count(pictures), held.len());
                let mut pieces: Vec<usize> = Vec::new();
                for piece in shard.split(4) {
                    pieces.extend((0..pictures).filter(|&index| piece.holds(index)));
                }
                pieces.sort();
                assert_eq!(pieces, held);
            }
            for index in 0..pictures {
                assert_eq!(
                    shards.iter().filter(|shard| shard.holds(index)).count(),
                    1,
                    "{index} of {pictures}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "3", "0/8", "9/8", "1/0", "-1/8", "a/b", "1/8/8", "1.5/8", "99999999999999999999/8"]
        {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains("is no shard") && error.contains(text), "{error}");
        }
    }
}
