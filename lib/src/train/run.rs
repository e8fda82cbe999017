//! The epochs of one `fit`: training and measuring in turn, and what is decided, kept
//! and shown after each.

use super::checkpoint::Checkpoints;
use super::early_stopping::Monitor;
use super::epoch::Set;
use super::fit::FitOptions;
use super::history::{Epoch, History};
use super::loss_plot::LossPlot;
use crate::Result;
use crate::data::Batches;
use crate::learner::Learner;
use crate::show::Together;
use std::time::Instant;

/// What an epoch asks and tells, batch by batch.
pub(crate) struct Turn<'a> {
    /// How the training loss differs from plain cross-entropy.
    pub loss: &'a super::LossOptions,
    /// The learning rate of the epoch's batch i, from 0; `None`: as it is.
    pub rate: &'a dyn Fn(usize) -> Option<f64>,
    /// Hears each batch's loss.
    pub heard: &'a mut dyn FnMut(f32),
}

/// A `fit` that runs.
struct Run<'a> {
    batches: &'a Batches,
    val_batches: &'a Batches,
    options: &'a FitOptions,
    history: History,
    // Looked up once: whether a file has changed is asked for each, and takes longer
    // than an epoch.
    train_set: Option<Set>,
    val_set: Option<Set>,
    /// The highest learning rate, which stays when the schedule is over.
    rate: f64,
    checkpoints: Option<Checkpoints>,
    /// The place of the best epoch in the history, and the network as it was then.
    best: Option<(usize, Learner)>,
    plot: Option<LossPlot>,
}

impl Learner {
    pub(super) fn run_epochs(
        &mut self,
        batches: &Batches,
        val_batches: &Batches,
        options: &FitOptions,
    ) -> Result<History> {
        let _one_bar = Together::new();
        let mut run = Run::begin(self, batches, val_batches, options)?;
        let ran = run.all_epochs(self);
        run.end(self, ran.is_ok());
        ran.map(|()| run.history)
    }

    /// Takes all that `fit` trains from an earlier self; what counts epochs and steps goes
    /// on counting.
    fn go_back(&mut self, earlier: Learner) {
        let counts = self.head.as_ref().map(|head| (head.epochs, head.steps));
        let Learner { body, classifier, head, deep, .. } = earlier;
        (self.body, self.classifier, self.head, self.deep) = (body, classifier, head, deep);
        if let (Some(head), Some(counts)) = (&mut self.head, counts) {
            (head.epochs, head.steps) = counts;
        }
    }
}

impl<'a> Run<'a> {
    /// A new run, or what is left of one that `resume` found in the checkpoints' folder.
    fn begin(
        vgg: &mut Learner,
        batches: &'a Batches,
        val_batches: &'a Batches,
        options: &'a FitOptions,
    ) -> Result<Run<'a>> {
        let rate = vgg.lr()?;
        let begin = |folder| Checkpoints::begin(vgg, folder, batches);
        let (checkpoints, epochs) = match options.checkpoints.as_deref().map(begin).transpose()? {
            Some((checkpoints, epochs)) => (Some(checkpoints), epochs),
            None => (None, Vec::new()),
        };
        vgg.resumed = None;
        let history = History { epochs, nb_epoch: options.nb_epoch };
        let plot = options.live_plot.then(LossPlot::new);
        let (train_set, val_set, best) = (None, None, None);
        let mut run =
            Run { batches, val_batches, options, history, train_set, val_set, rate, checkpoints, best, plot };
        run.find_best(vgg)?;
        Ok(run)
    }

    fn all_epochs(&mut self, vgg: &mut Learner) -> Result<()> {
        for epoch in self.history.epochs.len() + 1..=self.options.nb_epoch {
            if self.stops_early() {
                break;
            }
            self.epoch(vgg, epoch)?;
            if let Some(checkpoints) = &self.checkpoints {
                checkpoints.write(vgg, epoch, self.options.nb_epoch, self.rate)?;
            }
            self.keep_if_best(vgg);
        }
        Ok(())
    }

    fn epoch(&mut self, vgg: &mut Learner, epoch: usize) -> Result<()> {
        let start = Instant::now();
        let deeper = vgg.trains_deeper();
        let train = self.train(vgg, epoch)?;
        if deeper {
            // The layers that the features come from have changed.
            self.val_set = None;
        }
        let val = vgg.evaluate_kept(self.val_batches, &mut self.val_set)?;
        let metrics = self.measure(vgg)?;
        let seconds = start.elapsed().as_secs_f64();
        let (loss, acc) = (train.loss, train.acc);
        let epoch = Epoch { epoch, seconds, loss, acc, val_loss: val.loss, val_acc: val.acc, metrics };
        println!("{}", epoch.line(self.options.nb_epoch));
        if let Some(plot) = &mut self.plot {
            plot.push_epoch(epoch.epoch, epoch.val_loss);
        }
        self.history.epochs.push(epoch.clone());
        let count = vgg.history.epochs.len() + 1;
        vgg.history.epochs.push(Epoch { epoch: count, ..epoch });
        vgg.history.nb_epoch = count;
        Ok(())
    }

    fn train(&mut self, vgg: &mut Learner, epoch: usize) -> Result<super::Evaluation> {
        let (count, schedule) = (self.batches.batch_count(), self.options.schedule);
        let (highest, first) = (self.rate, (epoch - 1) * count);
        let steps = self.options.nb_epoch * count;
        let rate = |batch: usize| schedule.rate(highest, first + batch, steps);
        let (plot, mut batch) = (&mut self.plot, first);
        let mut heard = |loss: f32| {
            batch += 1;
            if let Some(plot) = plot {
                plot.push_batch(batch as f64 / count as f64, loss);
            }
        };
        let mut turn = Turn { loss: &self.options.loss, rate: &rate, heard: &mut heard };
        match vgg.trains_deeper() {
            true => vgg.deep_epoch(self.batches, &mut turn),
            false => vgg.train_epoch(self.batches, &mut self.train_set, &mut turn),
        }
    }

    /// The metrics that are asked for, on the validation pictures.
    fn measure(&self, vgg: &Learner) -> Result<Vec<(String, f32)>> {
        let metrics = &self.options.metrics;
        let Some(set) = self.val_set.as_ref().filter(|_| !metrics.is_empty()) else { return Ok(Vec::new()) };
        let probs = vgg.probs_of(&set.rows)?;
        let value = |metric: &crate::metrics::Metric| {
            (metric.name(), metric.measure(&probs, &set.labels).unwrap_or(f32::NAN))
        };
        Ok(metrics.iter().map(value).collect())
    }

    /// Whether early stopping says so; then it says so too.
    fn stops_early(&self) -> bool {
        let epochs = &self.history.epochs;
        let Some(stopping) = self.options.early_stopping.filter(|stopping| stopping.stops(epochs)) else {
            return false;
        };
        let name = stopping.monitor.name();
        match stopping.monitor.best(epochs, stopping.min_delta).map(|best| &epochs[best]) {
            Some(best) => println!(
                "Stopped early: {name} has not been better since epoch {} ({:.4})",
                best.epoch,
                stopping.monitor.value(best).unwrap_or(f32::NAN)
            ),
            None => println!("Stopped early: {name} was never a number"),
        }
        true
    }

    fn monitor(&self) -> Monitor {
        self.options.early_stopping.map_or(Monitor::ValLoss, |stopping| stopping.monitor)
    }

    fn best_epoch(&self) -> Option<usize> {
        self.monitor().best(&self.history.epochs, 0.0).filter(|_| self.options.keep_best)
    }

    fn keep_if_best(&mut self, vgg: &Learner) {
        let last = self.history.epochs.len() - 1;
        if self.best_epoch() == Some(last) {
            // The old one's memory first.
            self.best = None;
            self.best = Some((last, vgg.clone()));
        }
    }

    /// The best of the epochs that a resumed run has already.
    fn find_best(&mut self, vgg: &Learner) -> Result<()> {
        let (Some(best), Some(checkpoints)) = (self.best_epoch(), &self.checkpoints) else { return Ok(()) };
        let network = match best + 1 == self.history.epochs.len() {
            true => vgg.clone(),
            false => checkpoints.read(vgg, best + 1)?,
        };
        self.best = Some((best, network));
        Ok(())
    }

    /// Leaves the network as it is to stay.
    fn end(&mut self, vgg: &mut Learner, finished: bool) {
        if let Some((best, network)) = self.best.take()
            && !(finished && best + 1 == self.history.epochs.len())
        {
            vgg.go_back(network);
            let value = self.monitor().value(&self.history.epochs[best]).unwrap_or(f32::NAN);
            println!("The weights are those of epoch {}, {}: {value:.4}", best + 1, self.monitor().name());
        }
        if let Some(head) = &mut vgg.head {
            head.adam.learning_rate = self.rate;
        }
    }
}
