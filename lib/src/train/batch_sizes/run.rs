//! The running: one head after the other on the same features.

use super::peak::Peak;
use super::result::{BatchSizeRun, BatchSizes};
use crate::data::Batches;
use crate::learner::Learner;
use crate::show::{SizesDisplay, Together};
use crate::train::epoch::{Pass, Set};
use crate::train::fit::FitOptions;
use crate::train::head::Head;
use crate::train::history::{Epoch, History};
use crate::train::loss_options::LossOptions;
use crate::{Count, Error, Result};
use std::time::Instant;

/// What all sizes have in common.
struct Trial<'a> {
    batches: &'a Batches,
    val_set: Set,
    /// The training pictures; `None` if they are augmented, anew in each epoch.
    set: Option<Set>,
    start: Head,
    loss: &'a LossOptions,
}

impl Learner {
    pub(super) fn run_batch_sizes(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        sizes: Vec<usize>,
        options: &FitOptions,
    ) -> Result<BatchSizes> {
        let nb_epoch = options.nb_epoch.at_least_one("nb_epoch")?;
        check(&sizes)?;
        if batches.classes() != val_batches.classes() {
            let (expected, got) = (batches.classes().to_vec(), val_batches.classes().to_vec());
            return Err(Error::ClassMismatch { what: "validation", expected, got });
        }
        let _one_bar = Together::new();
        let trial = self.trial(batches, val_batches, options)?;
        let learning_rate = trial.start.adam.learning_rate;
        let pictures = batches.len();
        let mut found =
            BatchSizes { runs: Vec::new(), sizes, nb_epoch, pictures, learning_rate, shown: None };
        let mut display = SizesDisplay::new();
        let ran = self.run_all(&trial, &mut found, &mut display);
        found.shown = display.finish(&found.view());
        self.batch_sizes = Some(found.clone());
        ran.map(|()| found)
    }

    fn trial<'a>(
        &mut self,
        batches: &'a Batches,
        val_batches: &Batches,
        options: &'a FitOptions,
    ) -> Result<Trial<'a>> {
        options.loss.check(batches.classes().len())?;
        let mut start = self.next_head(batches.classes().len())?;
        start.classes = Some(batches.classes().to_vec());
        if let Some(rate) = options.learning_rate {
            start.set_lr(rate)?;
        }
        let set = match batches.options().augment {
            Some(_) => None,
            None => Some(self.feature_set(batches, 0)?),
        };
        set.iter().for_each(|set| start.measure_scaling(&set.rows));
        Ok(Trial { batches, val_set: self.feature_set(val_batches, 0)?, set, start, loss: &options.loss })
    }

    fn run_all(&mut self, trial: &Trial, found: &mut BatchSizes, display: &mut SizesDisplay) -> Result<()> {
        for batch_size in found.sizes.clone() {
            let history = History { epochs: Vec::new(), nb_epoch: found.nb_epoch };
            let run = BatchSizeRun { batch_size, history, batch_losses: Vec::new(), peak_memory: None };
            found.runs.push(run);
            let peak = Peak::begin();
            let mut head = trial.start.clone();
            for _epoch in 0..found.nb_epoch {
                let Some(run) = found.runs.last_mut() else { break };
                let trained = self.one_epoch(trial, &mut head, run);
                run.peak_memory = peak.bytes();
                trained?;
                display.update(|| found.view());
            }
            display.size_done(&found.view());
        }
        Ok(())
    }

    /// As `fit` trains an epoch, with another batch size.
    fn one_epoch(&mut self, trial: &Trial, head: &mut Head, run: &mut BatchSizeRun) -> Result<()> {
        let start = Instant::now();
        let augmented = match trial.set {
            Some(_) => None,
            None => Some(self.feature_set(trial.batches, head.epochs)?),
        };
        let Some(set) = trial.set.as_ref().or(augmented.as_ref()) else { return Ok(()) };
        let order = trial.batches.order(head.epochs);
        let losses = &mut run.batch_losses;
        let heard = &mut |loss| losses.push(loss);
        let (batch_size, loss) = (run.batch_size, trial.loss);
        let pass = Pass { order: &order, batch_size, loss, rate: &|_| None, heard };
        let train = self.train_head(head, set, pass)?;
        let val = self.measure_head(head, &trial.val_set)?;
        run.history.epochs.push(Epoch {
            epoch: run.history.epochs.len() + 1,
            seconds: start.elapsed().as_secs_f64(),
            loss: train.loss,
            acc: train.acc,
            val_loss: val.loss,
            val_acc: val.acc,
            metrics: Vec::new(),
        });
        Ok(())
    }
}

fn check(sizes: &[usize]) -> Result<()> {
    if sizes.is_empty() {
        let hint = "there is no batch size to try; give some, such as &[8, 16, 32, 64, 128]";
        return Err(Error::Invalid(hint.to_owned()));
    }
    let twice = (1..sizes.len()).find(|&at| sizes[..at].contains(&sizes[at]));
    match twice {
        Some(at) => {
            Err(Error::Invalid(format!("the batch size {} is there twice; name each once", sizes[at])))
        }
        None => Ok(()),
    }
}
