//! The training loop on the real convolution base and a few drawn pictures: schedules,
//! early stopping, best weights, metrics, discriminative rates, `fine_tune`, interrupts.

mod support;

use candle_core::{Device, Tensor, safetensors};
use sevenlines::metrics::Metric;
use sevenlines::train::{EarlyStopping, FineTuneOptions, FitOptions, History, Monitor, Schedule};
use sevenlines::{Error, Learner, interrupt};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::drawn::{contrary, drawn};
use support::installed::{convolution_base, some_photographs, vgg16};
use support::tiny::flat;

/// The parameters of conv5_1 to conv5_3, and of a head for two classes.
const BLOCK5: usize = 3 * (512 * 512 * 9 + 512);
const HEAD: usize = 2 * (1024 + 1);

/// An interrupt is the whole process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn saved(vgg: &Learner, folder: &Path) -> HashMap<String, Tensor> {
    let file = folder.join("saved.safetensors");
    vgg.save_weights(&file).unwrap();
    safetensors::load(&file, &Device::Cpu).unwrap()
}

/// The largest change of a tensor's numbers.
fn moved(before: &Tensor, after: &Tensor) -> f64 {
    let pairs = flat(before).into_iter().zip(flat(after));
    pairs.map(|(before, after)| f64::from((after - before).abs())).fold(0.0, f64::max)
}

fn val_losses(history: &History) -> Vec<f32> {
    history.epochs.iter().map(|epoch| epoch.val_loss).collect()
}

#[test]
fn a_schedule_moves_the_rate_batch_by_batch_and_leaves_the_highest() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    // One batch an epoch: the first step of Adam moves each weight by the rate.
    let (batches, val_batches) = drawn(&vgg, folder.path(), (12, 4));
    for (schedule, share) in [(Schedule::Constant, 1.0), (Schedule::one_cycle(), 0.04)] {
        vgg.finetune(&batches).unwrap();
        let before = saved(&vgg, folder.path());
        let options = FitOptions { learning_rate: Some(0.002), schedule, ..Default::default() };
        vgg.fit_with(&batches, &val_batches, options).unwrap();
        let step = moved(&before["head.weight"], &saved(&vgg, folder.path())["head.weight"]);
        assert!((step / (0.002 * share) - 1.0).abs() < 0.01, "{schedule}: {step}");
        assert_eq!(vgg.lr().unwrap(), 0.002, "the highest rate stays");
    }
    // Cosine: the second of two steps is half as fast, up to Adam's memory; the same
    // seed without a schedule moves further.
    let mut ends = Vec::new();
    for schedule in [Schedule::Constant, Schedule::cosine()] {
        let mut vgg = vgg16(0);
        vgg.finetune(&batches).unwrap();
        let options = FitOptions { nb_epoch: 2, learning_rate: Some(0.002), schedule, ..Default::default() };
        vgg.fit_with(&batches, &val_batches, options).unwrap();
        ends.push(saved(&vgg, folder.path()));
    }
    let apart = moved(&ends[0]["head.weight"], &ends[1]["head.weight"]);
    assert!((0.0009..0.0011).contains(&apart), "{apart}");
    let history = vgg.fit_one_cycle(&batches, &val_batches, 3, Some(0.01)).unwrap();
    assert_eq!((history.epochs.len(), vgg.lr().unwrap()), (3, 0.01));
}

#[test]
fn early_stopping_stops_and_the_best_weights_come_back() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = contrary(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    let stopping = EarlyStopping { patience: 2, ..Default::default() };
    let options = FitOptions {
        nb_epoch: 30,
        early_stopping: Some(stopping),
        keep_best: true,
        live_plot: true,
        ..Default::default()
    };
    let history = vgg.fit_with(&batches, &val_batches, options).unwrap();
    let best = history.best().unwrap();
    println!("{history}\nbest: {best:?}");
    assert_eq!(history.epochs.len(), best.epoch + 2, "two epochs without a better one");
    assert_eq!(vgg.evaluate(&val_batches).unwrap().loss, best.val_loss);
    let last = history.epochs.last().unwrap().val_loss;
    assert!(last > best.val_loss, "{last} after {}", best.val_loss);
    // It goes on from there; without keep_best the last weights stay.
    let history = vgg.fit(&batches, &val_batches, 2).unwrap();
    let last = *val_losses(&history).last().unwrap();
    assert_eq!(vgg.evaluate(&val_batches).unwrap().loss, last);
}

#[test]
fn the_best_weights_of_deeper_layers_come_back_too() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = contrary(&vgg, folder.path(), (6, 4));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5_conv3").unwrap();
    let options =
        FitOptions { nb_epoch: 3, learning_rate: Some(1e-4), keep_best: true, ..Default::default() };
    let history = vgg.fit_with(&batches, &val_batches, options).unwrap();
    let losses = val_losses(&history);
    assert!(losses[2] > losses[0], "{losses:?}");
    assert_eq!(vgg.evaluate(&val_batches).unwrap().loss, history.best().unwrap().val_loss);
    // What came back can be trained and used.
    let images = val_batches.epoch(0).next().unwrap().unwrap();
    let before = flat(&vgg.logits(&images.images).unwrap());
    vgg.fit(&batches, &val_batches, 1).unwrap();
    assert_ne!(flat(&vgg.logits(&images.images).unwrap()), before);
}

#[test]
fn metrics_are_measured_after_each_epoch() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    let metrics = vec![Metric::TopK(2), Metric::Auc, Metric::LogLoss];
    let options = FitOptions { nb_epoch: 2, metrics: metrics.clone(), ..Default::default() };
    let history = vgg.fit_with(&batches, &val_batches, options).unwrap();
    let (probs, labels) = (vgg.probs(&val_batches).unwrap(), val_batches.labels());
    let last = history.epochs.last().unwrap();
    for metric in metrics {
        let (got, expected) =
            (last.metric(&metric.name()).unwrap(), metric.measure(&probs, &labels).unwrap());
        assert!((got - expected).abs() < 1e-5, "{metric}: {got} and {expected}");
    }
    assert!((last.metric("log_loss").unwrap() - last.val_loss).abs() < 1e-4, "{history}");
    assert_eq!(last.metric("top_2"), Some(1.0), "of two classes");
    let (line, table) = (history.to_string(), history.table().to_string());
    assert!(
        line.contains(" - val_top_2: 1.0000 - val_auc: ") && table.contains("val_auc"),
        "{line}\n{table}"
    );
    assert!(history.plot().unwrap().svg().contains("validation metrics"));
    assert_eq!(vgg.history().epochs[1].metrics, last.metrics);

    let monitor = Monitor::Metric(Metric::F1);
    let early_stopping = Some(EarlyStopping { monitor, ..Default::default() });
    let error = vgg.fit_with(&batches, &val_batches, FitOptions { early_stopping, ..Default::default() });
    assert!(error.unwrap_err().to_string().contains("f1"));
}

#[test]
fn lower_layers_move_less_by_the_ratio_of_their_rates() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (12, 4));
    vgg.finetune(&batches).unwrap();
    let head = saved(&vgg, folder.path());
    vgg.unfreeze("block5").unwrap();
    let options =
        FitOptions { learning_rate: Some(8e-3), lowest_learning_rate: Some(1e-3), ..Default::default() };
    vgg.fit_with(&batches, &val_batches, options).unwrap();
    let base = safetensors::load(convolution_base(), &Device::Cpu).unwrap();
    let after = saved(&vgg, folder.path());
    let convs: Vec<&String> = after.keys().filter(|name| base.contains_key(*name)).collect();
    assert_eq!(convs.len(), 6, "three convolutions: {convs:?}");
    let mut names: Vec<&String> = convs.into_iter().filter(|name| name.ends_with("weight")).collect();
    names.sort();
    // The first step of Adam moves a weight by its layer's rate.
    let mut steps: Vec<f64> = names.iter().map(|name| moved(&base[*name], &after[*name])).collect();
    steps.push(moved(&head["head.weight"], &after["head.weight"]));
    for (step, rate) in steps.iter().zip([1e-3, 2e-3, 4e-3, 8e-3]) {
        assert!((step / rate - 1.0).abs() < 0.005, "{names:?}: {steps:?}");
    }
    let too_high = FitOptions { lowest_learning_rate: Some(1.0), ..Default::default() };
    let error = vgg.fit_with(&batches, &val_batches, too_high).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { name: "lowest_learning_rate", .. }), "{error}");
}

#[test]
fn fine_tune_trains_the_head_then_block5_too() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    let runs = folder.path().join("runs");
    let fit =
        FitOptions { checkpoints: Some(runs.clone()), metrics: vec![Metric::Auc], ..Default::default() };
    let options = FineTuneOptions { freeze_epochs: 2, fit, ..Default::default() };
    let history = vgg.fine_tune_with(&batches, &val_batches, options).unwrap();
    let numbers: Vec<usize> = history.epochs.iter().map(|epoch| epoch.epoch).collect();
    assert_eq!((numbers, history.nb_epoch), (vec![1, 2, 3], 3));
    assert!(history.epochs.iter().all(|epoch| epoch.metric("auc").is_some()));
    assert_eq!((vgg.summary().trainable(), vgg.lr().unwrap()), (BLOCK5 + HEAD, 0.001));
    for file in ["frozen/epoch-2.safetensors", "unfrozen/epoch-1.safetensors"] {
        assert!(runs.join(file).is_file(), "{file}");
    }
    // Again, from frozen layers that keep what they learned.
    let again = FineTuneOptions { unfreeze: "block5_conv3".into(), ..Default::default() };
    assert_eq!(vgg.fine_tune_with(&batches, &val_batches, again).unwrap().epochs.len(), 2);
    assert_eq!(vgg.summary().trainable(), BLOCK5 / 3 + HEAD);

    let before = vgg.history().epochs.len();
    let wrong = [
        FineTuneOptions { unfreeze: "block9".into(), ..Default::default() },
        FineTuneOptions { epochs: 0, ..Default::default() },
        FineTuneOptions { lr_mult: 0.5, ..Default::default() },
        FineTuneOptions { base_lr: f64::NAN, ..Default::default() },
    ];
    for options in wrong {
        assert!(vgg.fine_tune_with(&batches, &val_batches, options).is_err());
    }
    assert_eq!(vgg.history().epochs.len(), before, "nothing was trained");
}

#[test]
fn an_error_in_the_middle_of_a_deep_epoch_leaves_a_usable_network() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(2);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (2, 4));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5_conv3").unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    let (before, weights) = (vgg.evaluate(&val_batches).unwrap(), saved(&vgg, folder.path()));

    // The first picture of the third of six steps of the third epoch.
    let file = batches.items()[batches.order(2)[4]].path.clone();
    let picture = std::fs::read(&file).unwrap();
    std::fs::write(&file, "no picture any more").unwrap();
    let error = vgg.fit(&batches, &val_batches, 1).unwrap_err();
    assert!(matches!(error, Error::BrokenPictures { .. }), "{error}");
    std::fs::write(&file, picture).unwrap();

    assert_eq!(vgg.history().epochs.len(), 2, "an epoch that was not finished is none");
    assert_ne!(vgg.evaluate(&val_batches).unwrap(), before, "the two steps before stay");
    // Two steps of Adam at a rate of 1e-5, and no more.
    let step = moved(&weights["head.weight"], &saved(&vgg, folder.path())["head.weight"]);
    assert!((1e-6..3e-5).contains(&step), "{step}");
    let history = vgg.fit(&batches, &val_batches, 1).unwrap();
    assert!(history.epochs[0].val_loss.is_finite());
    assert_eq!(vgg.history().epochs.len(), 3);
}

/// The stop comes at any place of a deep epoch after the first: what holds must hold at
/// all of them.
#[test]
fn an_interrupt_of_a_deep_run_keeps_its_whole_epochs() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut vgg = vgg16(2);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (1, 4));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5_conv3").unwrap();
    let first = run.join("epoch-1.safetensors");
    let stop = std::thread::spawn(move || {
        while !first.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        interrupt::request();
    });
    // More epochs than any machine gets through until then.
    let options = FitOptions { nb_epoch: 1000, checkpoints: Some(run.clone()), ..Default::default() };
    let ended = vgg.fit_with(&batches, &val_batches, options.clone());
    stop.join().unwrap();
    assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
    let done = vgg.history().epochs.len() - 1;
    assert!((1..1000).contains(&done), "{done}");
    assert!(vgg.evaluate(&val_batches).unwrap().loss.is_finite());
    vgg.fit(&batches, &val_batches, 1).expect("it can be trained further");
    // Each whole epoch is on disk, but perhaps the one that was just measured.
    let resumed = vgg.resume(&run).unwrap();
    assert!(resumed.epochs.len() + 1 >= done && resumed.epochs.len() <= done, "{done}");
    let last = resumed.epochs.last().unwrap().val_loss;
    assert_eq!(vgg.evaluate(&val_batches).unwrap().loss, last, "as after its last whole epoch");
    let options = FitOptions { nb_epoch: resumed.epochs.len() + 1, ..options };
    assert_eq!(vgg.fit_with(&batches, &val_batches, options).unwrap().epochs.len(), resumed.epochs.len() + 1);
}

#[test]
fn fine_tune_on_photographs() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    if !some_photographs("fine_tune_on_photographs", path, 60, 25) {
        return;
    }
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(path.join("train"), 64).unwrap();
    let val_batches = vgg.get_batches(path.join("valid"), 128).unwrap();
    vgg.finetune(&batches).unwrap();
    let history = vgg.fine_tune(&batches, &val_batches, 1).unwrap();
    println!("{history}");
    assert!(history.val_acc() >= 0.97, "{history}");
}

#[test]
fn an_error_in_mid_fit_brings_the_best_weights_back() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = contrary(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    // Where the third checkpoint is to be there is a folder.
    let run = folder.path().join("run");
    std::fs::create_dir_all(run.join("epoch-3.safetensors/full")).unwrap();
    let options = FitOptions { nb_epoch: 5, keep_best: true, checkpoints: Some(run), ..Default::default() };
    let error = vgg.fit_with(&batches, &val_batches, options).unwrap_err();
    assert!(error.to_string().contains("epoch-3.safetensors"), "{error}");
    let history = vgg.history();
    assert_eq!(history.epochs.len(), 3);
    let best = history.best().unwrap();
    assert!(best.epoch < 3, "{history}");
    assert_eq!(vgg.evaluate(&val_batches).unwrap().loss, best.val_loss);
    assert_eq!(vgg.lr().unwrap(), 0.01);
}
