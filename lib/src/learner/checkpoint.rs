//! `resume`: going on with a `fit` from its checkpoints.

use super::Learner;
use super::save::{Saved, corrupt, read};
use crate::train::checkpoint::{self, Exact, Resumed, SavedEpoch, SetState, State};
use crate::train::deep::{Deep, FC7};
use crate::train::{Epoch, History, Moments};
use crate::weights::save_safetensors;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use std::path::Path;

/// Where a file's metadata has the [`State`].
const STATE: &str = "training";

impl Learner {
    /// Takes up a `fit` that wrote [`checkpoints`](crate::train::FitOptions) to `folder`:
    /// the network, Adam and the history become what they were after the last whole epoch.
    /// The next [`Learner::fit_with`] that names the same folder does the epochs that are
    /// left; with the same batches and options the result is, bit for bit, that of a `fit`
    /// that was never stopped. No `finetune` is needed before.
    ///
    /// A checkpoint that is damaged is named, and the one before it used.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is none; [`Error::Corrupt`] if none can be used;
    /// [`Error::Invalid`] or [`Error::WeightShape`] if they belong to another kind of
    /// model. This one is then as it was.
    ///
    /// ```no_run
    /// # use sevenlines::prelude::*;
    /// # let mut vgg = Vgg16::new()?;
    /// # let batches = vgg.get_batches("data/train", 64)?;
    /// # let val_batches = vgg.get_batches("data/valid", 128)?;
    /// # vgg.finetune(&batches)?;
    /// let options = FitOptions { nb_epoch: 20, checkpoints: Some("run1".into()), ..Default::default() };
    /// vgg.fit_with(&batches, &val_batches, options.clone())?; // stopped after epoch 7, say
    ///
    /// let mut vgg = Vgg16::new()?;
    /// vgg.resume("run1")?;
    /// vgg.fit_with(&batches, &val_batches, options)?; // epochs 8 to 20
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn resume(&mut self, folder: impl AsRef<Path>) -> Result<History> {
        self.resume_from(folder.as_ref())
    }

    fn resume_from(&mut self, folder: &Path) -> Result<History> {
        let found = checkpoint::epochs(folder)?;
        if found.is_empty() {
            let hint = "it should hold epoch-1.safetensors and so on: let fit write them with FitOptions { \
                        checkpoints: Some(folder), .. }";
            return Err(Error::Missing { path: folder.join("epoch-1.safetensors"), hint: hint.to_owned() });
        }
        let mut damage = None;
        for (number, file) in &found {
            match self.read_checkpoint(file) {
                Ok((learner, state)) => {
                    if damage.is_some() {
                        println!("Epoch {number}'s checkpoint is used instead.");
                    }
                    return self.take_up(learner, &state, folder);
                }
                Err(error @ (Error::Corrupt { .. } | Error::WeightMissing { .. } | Error::Io { .. })) => {
                    println!("{error}");
                    damage.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(damage.unwrap_or(Error::NotFinetuned))
    }

    fn take_up(&mut self, learner: Learner, state: &State, folder: &Path) -> Result<History> {
        let folder = checkpoint::absolute(folder)?;
        let count = state.history.len().saturating_sub(state.done);
        let numbered = state.history[count..].iter().enumerate();
        let epochs: Vec<Epoch> =
            numbered.map(|(at, epoch)| Epoch { epoch: at + 1, ..epoch.epoch() }).collect();
        *self = learner;
        self.resumed = Some(Resumed { folder, set: state.set.clone(), epochs: epochs.clone() });
        println!("Resumed after epoch {} of {}", state.done, state.nb_epoch);
        Ok(History { epochs, nb_epoch: state.nb_epoch })
    }

    /// Writes the state after an epoch of a run: its number, that of the run's epochs and
    /// the run's learning rate.
    pub(crate) fn write_checkpoint(
        &self,
        file: &Path,
        (done, nb_epoch, learning_rate): (usize, usize, f64),
        set: SetState,
    ) -> Result<()> {
        let head = self.head.as_ref().ok_or(Error::NotFinetuned)?;
        let (mut tensors, mut metadata) = self.parts()?;
        let (adam_steps, moments) = head.adam.state();
        for (at, moments) in moments.iter().enumerate() {
            add(&mut tensors, &format!("adam.head.{at}"), moments)?;
        }
        for (layer, [weights, bias]) in self.deep.iter().flat_map(Deep::moments) {
            add(&mut tensors, &format!("adam.{layer}.weight"), weights)?;
            add(&mut tensors, &format!("adam.{layer}.bias"), bias)?;
        }
        let state = State {
            nb_epoch,
            done,
            history: self.history.epochs.iter().map(SavedEpoch::of).collect(),
            learning_rate: Exact(learning_rate),
            head_epochs: head.epochs,
            head_steps: head.steps,
            adam_steps,
            heads: self.heads,
            seed: self.seed,
            deep: self.deep.as_ref().map(Deep::state),
            set,
        };
        let state = serde_json::to_string(&state).map_err(|error| Error::Invalid(error.to_string()))?;
        metadata.insert(STATE.to_owned(), state);
        save_safetensors(file, &tensors, metadata)
    }

    /// This learner as a checkpoint has it.
    pub(crate) fn read_checkpoint(&self, file: &Path) -> Result<(Learner, State)> {
        let bytes = read(file)?;
        let saved = Saved::parse(file, &bytes)?;
        let damaged = |reason: String| corrupt(file, reason);
        let state = saved.metadata(STATE).ok_or_else(|| damaged("it holds no state of a fit".to_owned()))?;
        let state: State = serde_json::from_str(state).map_err(|error| damaged(error.to_string()))?;
        let mut learner = self.clone();
        learner.take(&saved)?;
        learner.take_state(&saved, &state)?;
        Ok((learner, state))
    }

    /// What is not weights.
    fn take_state(&mut self, saved: &Saved, state: &State) -> Result<()> {
        let head = self.head.as_mut().ok_or(Error::NotFinetuned)?;
        let counts: Vec<usize> = head.adam.state().1.iter().map(Moments::len).collect();
        let named = counts.iter().enumerate().map(|(at, count)| (format!("adam.head.{at}"), *count));
        let moments = named.map(|(name, count)| found(saved, &name, count)).collect::<Result<_>>()?;
        head.adam.set_state(state.adam_steps, moments);
        head.adam.learning_rate = state.learning_rate.0;
        (head.epochs, head.steps) = (state.head_epochs, state.head_steps);
        let output = [head.dense.weight.len(), head.dense.bias.len()];
        (self.heads, self.seed) = (state.heads, state.seed);
        let epochs: Vec<Epoch> = state.history.iter().map(SavedEpoch::epoch).collect();
        self.history = History { nb_epoch: epochs.len(), epochs };
        self.take_deep_state(saved, state, output)
    }

    fn take_deep_state(&mut self, saved: &Saved, state: &State, output: [usize; 2]) -> Result<()> {
        let dense = self.classifier.as_ref().map_or([[0; 2]; 2], |classifier| {
            [&classifier.fc6, &classifier.fc7].map(|layer| {
                let (inputs, outputs) = layer.sizes();
                [inputs * outputs, outputs]
            })
        });
        self.withdraw();
        if let (Some(deep), Some(state)) = (&mut self.deep, state.deep) {
            if state.from.is_some_and(|from| !(deep.lowest()..=FC7).contains(&from)) {
                return Err(saved.damaged("it says that layers train which it does not hold"));
            }
            let find = |layer: &str, [weights, bias]: [usize; 2]| {
                let name = format!("adam.{layer}.weight");
                match saved.holds(&format!("{name}.first")) {
                    false => Ok(None),
                    true => Ok(Some([
                        found(saved, &name, weights)?,
                        found(saved, &format!("adam.{layer}.bias"), bias)?,
                    ])),
                }
            };
            deep.resume(state, [dense[0], dense[1], output], &find)?;
        }
        self.publish();
        Ok(())
    }
}

fn add(tensors: &mut Vec<(String, Tensor)>, name: &str, moments: &Moments) -> Result<()> {
    for (which, numbers) in ["first", "second"].into_iter().zip(moments.saved()) {
        tensors.push((format!("{name}.{which}"), Tensor::new(numbers, &Device::Cpu)?));
    }
    Ok(())
}

fn found(saved: &Saved, name: &str, count: usize) -> Result<Moments> {
    let numbers =
        |which| -> Result<Vec<f32>> { Ok(saved.tensor(&format!("{name}.{which}"), &[count])?.to_vec1()?) };
    Ok(Moments::from_saved(numbers("first")?, numbers("second")?))
}
