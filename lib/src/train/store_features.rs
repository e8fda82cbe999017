//! Features computed ahead, by one process or by many: a job array fills the store, and
//! who trains then takes them from there.

use super::shard::Shard;
use crate::data::Batches;
use crate::learner::Learner;
use crate::{Error, Result};

/// What [`Learner::store_features`] did; all these pictures' features are on disk then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredShard {
    /// How many pictures the shard has.
    pub pictures: usize,
    /// At how many of them the body looked; the others' features were there.
    pub looked_at: usize,
}

impl Learner {
    /// Has the body look at those pictures of a shard whose features are not on disk yet,
    /// and puts them there. Shards may be computed by processes that run at once, on
    /// several machines where these share a disk; a shard that was cut off goes on where
    /// it was.
    ///
    /// Unlike `fit`, which can do without, this fails if the features are not all on disk
    /// in the end, and it waits for others that write.
    ///
    /// # Errors
    /// [`Error::Invalid`] if features are not kept on disk, cannot be written there, or
    /// have not enough room there; [`Error::BrokenPictures`]; [`Error::Interrupted`].
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// use sevenlines::train::Shard;
    /// # fn main() -> Result<(), Error> {
    /// let mut vgg = Vgg16::new()?;
    /// let batches = vgg.get_batches("photos", 64)?;
    /// let done = vgg.store_features(&batches, Shard::new(3, 8)?)?;
    /// println!("{} pictures, {} looked at", done.pictures, done.looked_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn store_features(&mut self, batches: &Batches, shard: Shard) -> Result<StoredShard> {
        if batches.options().augment.is_some() {
            return Err(Error::Invalid(
                "features of augmented pictures are not stored; open the batches without augment".to_owned(),
            ));
        }
        if self.features_changed() {
            return Err(Error::Invalid(
                "features of layers that were trained are not stored; call this on a model that was not \
                 unfrozen"
                    .to_owned(),
            ));
        }
        self.store.begin_job(batches.len())?;
        let batches = batches.only(|index| shard.holds(index));
        let mut rows = self.store.lookup(&batches);
        let missing: Vec<usize> = (0..batches.len()).filter(|&index| rows[index].is_none()).collect();
        let looked_at = missing.len();
        let looked = self.look_at(&batches, missing, 0, &mut rows);
        // Also what was computed before an error or an interrupt.
        let stored = self.store.end_job(&batches);
        looked?;
        stored?;
        Ok(StoredShard { pictures: batches.len(), looked_at })
    }
}
