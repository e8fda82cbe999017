//! The folder that `fit` writes each epoch's state to, and what such a state is beside
//! the weights.
//!
//! One file an epoch, `epoch-1.safetensors` and so on: a file of `save_weights` that also
//! holds Adam's moments and, as JSON among its metadata, the [`State`].

use super::deep::DeepState;
use super::history::Epoch;
use crate::data::Batches;
use crate::learner::Learner;
use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::path::{Path, PathBuf};

/// All numbers of a run that are not tensors.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    pub nb_epoch: usize,
    /// Epochs of the run that are done.
    pub done: usize,
    /// All epochs since `finetune`, the run's last.
    pub history: Vec<SavedEpoch>,
    pub learning_rate: Exact,
    pub head_epochs: u64,
    pub head_steps: u64,
    pub adam_steps: i32,
    pub heads: u64,
    pub seed: u64,
    pub deep: Option<DeepState>,
    pub set: SetState,
}

/// What the run's batches must have in common with those that it goes on with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SetState {
    pictures: usize,
    batch_size: usize,
    seed: u64,
}

impl SetState {
    pub(super) fn of(batches: &Batches) -> SetState {
        SetState { pictures: batches.len(), batch_size: batches.batch_size(), seed: batches.seed() }
    }
}

impl std::fmt::Display for SetState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} pictures in batches of {}, seed {}", self.pictures, self.batch_size, self.seed)
    }
}

/// A number as text: JSON has no NaN, and its readers may round.
pub(crate) struct Exact(pub f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Exact, D::Error> {
        String::deserialize(deserializer)?.parse().map(Exact).map_err(de::Error::custom)
    }
}

/// An [`Epoch`]: its number; seconds, loss, acc, val_loss and val_acc; metrics.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedEpoch(usize, [Exact; 5], Vec<(String, Exact)>);

impl SavedEpoch {
    pub(crate) fn of(epoch: &Epoch) -> SavedEpoch {
        let figures = [epoch.loss, epoch.acc, epoch.val_loss, epoch.val_acc].map(f64::from);
        let [loss, acc, val_loss, val_acc] = figures.map(Exact);
        let metrics = epoch.metrics.iter().map(|(name, value)| (name.clone(), Exact(f64::from(*value))));
        SavedEpoch(epoch.epoch, [Exact(epoch.seconds), loss, acc, val_loss, val_acc], metrics.collect())
    }

    pub(crate) fn epoch(&self) -> Epoch {
        let SavedEpoch(epoch, [seconds, figures @ ..], metrics) = self;
        let [loss, acc, val_loss, val_acc] = figures.each_ref().map(|figure| figure.0 as f32);
        let metrics = metrics.iter().map(|(name, value)| (name.clone(), value.0 as f32)).collect();
        Epoch { epoch: *epoch, seconds: seconds.0, loss, acc, val_loss, val_acc, metrics }
    }
}

/// The files of one run.
pub(crate) struct Checkpoints {
    folder: PathBuf,
    set: SetState,
}

impl Checkpoints {
    /// For a run that `resume` found in `folder`, with the epochs that it has; or for a new
    /// one: an older run's files then make way.
    pub(super) fn begin(
        vgg: &Learner,
        folder: &Path,
        batches: &Batches,
    ) -> Result<(Checkpoints, Vec<Epoch>)> {
        let absolute = absolute(folder)?;
        let epochs = match vgg.resumed.as_ref().filter(|run| run.folder == absolute) {
            Some(run) => {
                run.check(batches)?;
                run.epochs.clone()
            }
            None => {
                set_aside(folder)?;
                Vec::new()
            }
        };
        Ok((Checkpoints { folder: folder.to_owned(), set: SetState::of(batches) }, epochs))
    }

    pub(super) fn write(
        &self,
        vgg: &Learner,
        done: usize,
        nb_epoch: usize,
        learning_rate: f64,
    ) -> Result<()> {
        let file = self.folder.join(file_name(done));
        vgg.write_checkpoint(&file, (done, nb_epoch, learning_rate), self.set.clone())
    }

    /// The network after epoch `done`.
    pub(super) fn read(&self, vgg: &Learner, done: usize) -> Result<Learner> {
        Ok(vgg.read_checkpoint(&self.folder.join(file_name(done)))?.0)
    }
}

/// Where `resume` found a run.
#[derive(Clone)]
pub(crate) struct Resumed {
    /// Absolute.
    pub folder: PathBuf,
    pub set: SetState,
    pub epochs: Vec<Epoch>,
}

impl Resumed {
    /// # Errors
    /// Batches that are not those of the run.
    fn check(&self, batches: &Batches) -> Result<()> {
        let set = SetState::of(batches);
        match set == self.set {
            true => Ok(()),
            false => Err(Error::Invalid(format!(
                "the run in {} is one over {}, and these batches are {set}; to go on give it the same ones, or \
                 begin a new run in another folder",
                self.folder.display(),
                self.set
            ))),
        }
    }
}

fn file_name(epoch: usize) -> String {
    format!("epoch-{epoch}.safetensors")
}

/// The epochs in `folder`, the last one first, with their files.
pub(crate) fn epochs(folder: &Path) -> Result<Vec<(usize, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<(usize, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("epoch-").and_then(|name| name.strip_suffix(".safetensors"));
        if let Some(epoch) = number.and_then(|number| number.parse().ok()).filter(|_| path.is_file()) {
            found.push((epoch, path));
        }
    }
    found.sort_by_key(|epoch| std::cmp::Reverse(epoch.0));
    Ok(found)
}

pub(crate) fn absolute(folder: &Path) -> Result<PathBuf> {
    std::path::absolute(folder).map_err(Error::io("find", folder))
}

/// Moves an older run's files into a folder of their own.
fn set_aside(folder: &Path) -> Result<()> {
    let old = epochs(folder)?;
    if old.is_empty() {
        return Ok(());
    }
    let earlier = |number: u32| folder.join(format!("earlier-{number}"));
    let free = |number: &u32| match epochs(&earlier(*number)) {
        Ok(there) => match (there.last(), old.first()) {
            // They are moved from the last one down: a move that was cut off goes on.
            (Some((lowest, _)), Some((highest, _))) => *lowest == highest + 1,
            _ => true,
        },
        Err(_) => false,
    };
    let Some(number) = (1..=u32::MAX).find(free) else { return Ok(()) };
    let name = format!("earlier-{number}");
    let aside = earlier(number);
    std::fs::create_dir_all(&aside).map_err(Error::io("create", &aside))?;
    let shown = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    println!("{shown} had checkpoints of an earlier fit, not resumed: they are in its folder {name} now");
    for (_, file) in old {
        let to = aside.join(file.file_name().unwrap_or_default());
        std::fs::rename(&file, &to).map_err(Error::io("move", &file))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_comes_back_to_the_last_bit() {
        let epoch = Epoch {
            epoch: 3,
            seconds: 0.1 + 0.2,
            loss: f32::from_bits(0x3dcc_cccd),
            acc: f32::MIN_POSITIVE,
            val_loss: f32::NAN,
            val_acc: f32::INFINITY,
            metrics: vec![("top_2".to_owned(), 1.0 / 3.0)],
        };
        let json = serde_json::to_string(&SavedEpoch::of(&epoch)).unwrap();
        let back = serde_json::from_str::<SavedEpoch>(&json).unwrap().epoch();
        assert!(back.val_loss.is_nan());
        assert_eq!(Epoch { val_loss: 0.0, ..back }, Epoch { val_loss: 0.0, ..epoch });
    }

    #[test]
    fn epochs_are_counted_as_numbers_and_other_files_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["epoch-9.safetensors", "epoch-10.safetensors", "epoch-x.safetensors", "head.safetensors"]
        {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let numbers = |folder: &Path| epochs(folder).unwrap().iter().map(|epoch| epoch.0).collect::<Vec<_>>();
        assert_eq!(numbers(folder.path()), [10, 9]);
        set_aside(folder.path()).unwrap();
        assert!(numbers(folder.path()).is_empty());
        assert_eq!(numbers(&folder.path().join("earlier-1")), [10, 9]);
        assert!(folder.path().join("head.safetensors").exists());
        std::fs::write(folder.path().join(file_name(1)), "new").unwrap();
        set_aside(folder.path()).unwrap();
        assert_eq!(numbers(&folder.path().join("earlier-2")), [1]);
        // Killed after the first move of two.
        for epoch in [1, 2] {
            std::fs::write(folder.path().join(file_name(epoch)), "third").unwrap();
        }
        std::fs::create_dir(folder.path().join("earlier-3")).unwrap();
        std::fs::write(folder.path().join("earlier-3").join(file_name(3)), "third").unwrap();
        set_aside(folder.path()).unwrap();
        assert_eq!(numbers(&folder.path().join("earlier-3")), [3, 2, 1]);
        assert!(numbers(&folder.path().join("none")).is_empty());
    }
}
