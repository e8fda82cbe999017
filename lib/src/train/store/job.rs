//! Features that others are to train with: when a job that computes them ends well, all
//! are on disk. `fit` goes on in memory where the disk cannot be had; a job must not.

use super::FeatureStore;
use super::disk::Disk;
use super::info;
use super::settings::{VARIABLE, size};
use crate::data::Batches;
use crate::{Error, Result, home};
use std::time::Duration;

/// How long a job waits for other processes: many jobs write into one store, and a
/// network's disk may be slow.
const PATIENCE: Duration = Duration::from_secs(600);

impl FeatureStore {
    /// Before the body looks at the first of `pictures`, the whole array's: refuses if
    /// their features would not be kept, or if the last of them would take the room of
    /// the first.
    pub(crate) fn begin_job(&self, pictures: usize) -> Result<()> {
        let mut memory = self.memory();
        let width = memory.width();
        let Some(disk) = memory.disk() else {
            return Err(Error::Invalid(format!(
                "features are kept in memory only: {VARIABLE} is off, or the model was built so; \
                 set {VARIABLE} to a size, such as 5GB"
            )));
        };
        if disk.capacity(width) < pictures as u64 {
            return Err(too_small(disk, pictures, width));
        }
        disk.wait_for(PATIENCE);
        Ok(())
    }

    /// After the body has looked at `batches`, the job's own pictures: writes what is not
    /// on disk yet, and looks whether all is there.
    pub(crate) fn end_job(&self, batches: &Batches) -> Result<()> {
        let mut memory = self.memory();
        if let Some(reason) = memory.save() {
            return Err(Error::Invalid(format!(
                "not all features could be stored: {reason}; mend that and run it again, which goes on with \
                 what is there"
            )));
        }
        let Some(disk) = memory.disk().cloned() else { return Ok(()) };
        let there = memory.count_on_disk(batches).map_err(|trouble| info::error(&disk, trouble))?;
        match (batches.len() as u64).saturating_sub(there) {
            0 => Ok(()),
            gone => Err(Error::Invalid(format!(
                "the features of {gone} of {} pictures are no longer in {}: it was cleared, or others took \
                 their room; run it again, with a larger {VARIABLE} in every process",
                batches.len(),
                home::shown(disk.folder())
            ))),
        }
    }
}

fn too_small(disk: &Disk, pictures: usize, width: usize) -> Error {
    let need = Disk::limit_for(pictures as u64, width);
    Error::Invalid(format!(
        "the features of {pictures} pictures may need {}, and {} are allowed: the last would take the room \
         of the first. Set {VARIABLE}={}GB for all jobs, and for the notebooks that train with them; \
         nothing was computed",
        size(need),
        size(disk.limit()),
        need.div_ceil(1_000_000_000)
    ))
}
