//! Checkpoints: a run that was stopped and resumed ends as one that was not, to the last
//! bit; files that are damaged or another's are named and harm nothing.

mod support;

use candle_core::{Device, safetensors};
use sevenlines::data::Batches;
use sevenlines::metrics::Metric;
use sevenlines::train::{EarlyStopping, FitOptions, History, Schedule};
use sevenlines::{Error, Learner};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::drawn::{contrary, drawn};
use support::installed::vgg16;
use support::tiny::flat;

/// Every number that a checkpoint has, as bits.
fn bits(file: &Path) -> BTreeMap<String, Vec<u32>> {
    let tensors = safetensors::load(file, &Device::Cpu).unwrap();
    let bits = |tensor| flat(tensor).into_iter().map(f32::to_bits).collect();
    tensors.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect()
}

/// All figures but the time.
fn figures(history: &History) -> Vec<Vec<u32>> {
    let of = |epoch: &sevenlines::train::Epoch| {
        let figures = [epoch.loss, epoch.acc, epoch.val_loss, epoch.val_acc];
        figures.into_iter().chain(epoch.metrics.iter().map(|metric| metric.1)).map(f32::to_bits).collect()
    };
    history.epochs.iter().map(of).collect()
}

fn file(run: &Path, epoch: usize) -> PathBuf {
    run.join(format!("epoch-{epoch}.safetensors"))
}

/// A folder as it was when a run had done `epochs` epochs.
fn stopped_after(run: &Path, epochs: usize, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for epoch in 1..=epochs {
        std::fs::copy(file(run, epoch), file(to, epoch)).unwrap();
    }
}

fn options(nb_epoch: usize, run: &Path) -> FitOptions {
    FitOptions {
        nb_epoch,
        schedule: Schedule::one_cycle(),
        metrics: vec![Metric::Auc],
        checkpoints: Some(run.to_owned()),
        ..Default::default()
    }
}

/// What a learner says of some pictures.
fn answers(vgg: &Learner, batches: &Batches) -> Vec<u32> {
    let images = batches.epoch(0).next().unwrap().unwrap().images;
    flat(&vgg.logits(&images).unwrap()).into_iter().map(f32::to_bits).collect()
}

#[test]
fn a_resumed_run_ends_as_one_that_was_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let mut vgg = vgg16(5);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (5, 4));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    let history = vgg.fit_with(&batches, &val_batches, options(5, &whole)).unwrap();

    stopped_after(&whole, 2, &parts);
    let mut other = vgg16(6);
    let before = other.resume(&parts).unwrap();
    assert_eq!((before.epochs.len(), before.nb_epoch, other.history().epochs.len()), (2, 5, 3));
    let resumed = other.fit_with(&batches, &val_batches, options(5, &parts)).unwrap();
    assert_eq!(figures(&resumed), figures(&history));
    assert_eq!(figures(&other.history()), figures(&vgg.history()));
    assert_eq!(resumed.epochs.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for epoch in 3..=5 {
        assert_eq!(bits(&file(&parts, epoch)), bits(&file(&whole, epoch)), "epoch {epoch}");
    }
    // And so does all that follows, dropout's and shuffling's randomness included.
    let more = [&mut vgg, &mut other].map(|vgg| figures(&vgg.fit(&batches, &val_batches, 2).unwrap()));
    assert_eq!(more[0], more[1]);

    // All done: nothing is left to do, and a fit after that is a new run.
    other.resume(&parts).unwrap();
    let done = other.fit_with(&batches, &val_batches, options(5, &parts)).unwrap();
    assert_eq!(figures(&done), figures(&history));
    assert!(!parts.join("earlier-1").exists());
    other.fit_with(&batches, &val_batches, options(1, &parts)).unwrap();
    assert!(file(&parts.join("earlier-1"), 5).is_file() && !file(&parts, 2).exists(), "set aside");
}

#[test]
fn deeper_layers_resume_to_the_last_bit_and_so_do_the_best_weights() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let mut vgg = vgg16(1);
    let (batches, val_batches) = contrary(&vgg, folder.path(), (5, 4));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5_conv2").unwrap();
    let deep = |run: &Path| FitOptions {
        learning_rate: Some(1e-3),
        lowest_learning_rate: Some(1e-4),
        keep_best: true,
        early_stopping: Some(EarlyStopping { patience: 3, ..Default::default() }),
        ..options(3, run)
    };
    let history = vgg.fit_with(&batches, &val_batches, deep(&whole)).unwrap();
    assert!(history.best().unwrap().epoch < 3, "{history}");

    stopped_after(&whole, 2, &parts);
    let mut other = vgg16(1);
    other.resume(&parts).unwrap();
    assert_eq!(other.summary().trainable(), vgg.summary().trainable());
    let resumed = other.fit_with(&batches, &val_batches, deep(&parts)).unwrap();
    assert_eq!(figures(&resumed), figures(&history));
    assert_eq!(bits(&file(&parts, 3)), bits(&file(&whole, 3)));
    assert_eq!(answers(&other, &val_batches), answers(&vgg, &val_batches), "the best weights");
    // Adam's memory too is that of the best epoch.
    let more = [&mut vgg, &mut other].map(|vgg| figures(&vgg.fit(&batches, &val_batches, 1).unwrap()));
    assert_eq!(more[0], more[1]);
    // A checkpoint is a file of weights as well.
    let mut plain = vgg16(9);
    plain.load_weights(file(&whole, 3)).unwrap();
    assert_eq!(plain.classes(), ["cats", "dogs"]);
    assert_eq!(plain.evaluate(&val_batches).unwrap().loss, history.epochs[2].val_loss);
}

#[test]
fn damaged_and_foreign_checkpoints_are_named_and_harm_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (5, 4));
    vgg.finetune(&batches).unwrap();
    let history = vgg.fit_with(&batches, &val_batches, options(3, &run)).unwrap();
    let answer = answers(&vgg, &val_batches);

    // Cut short: the one before is used, and the run ends as it did.
    let bytes = std::fs::read(file(&run, 3)).unwrap();
    std::fs::write(file(&run, 3), &bytes[..bytes.len() - 100]).unwrap();
    let mut other = vgg16(0);
    assert_eq!(other.resume(&run).unwrap().epochs.len(), 2);
    let again = other.fit_with(&batches, &val_batches, options(3, &run)).unwrap();
    assert_eq!(figures(&again), figures(&history));

    // Weights without a state, and what is no file of ours.
    other.save_weights(file(&run, 4)).unwrap();
    std::fs::write(file(&run, 5), "a shopping list").unwrap();
    assert_eq!(other.resume(&run).unwrap().epochs.len(), 3);

    // Nothing that can be used: the newest is named.
    let ruined = folder.path().join("ruined");
    stopped_after(&run, 2, &ruined);
    for epoch in [1, 2] {
        std::fs::write(file(&ruined, epoch), &bytes[..200]).unwrap();
    }
    let error = vgg.resume(&ruined).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("epoch-2.safetensors"), "{error}");
    let error = vgg.resume(folder.path().join("nothing")).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }) && error.to_string().contains("checkpoints"), "{error}");
    assert_eq!(answers(&vgg, &val_batches), answer, "the network is as it was");
    assert_eq!(vgg.history().epochs.len(), 3);

    // Other batches than the run's.
    vgg.resume(&run).unwrap();
    let other_size = vgg.get_batches(folder.path().join("train"), 7).unwrap();
    let error = vgg.fit_with(&other_size, &val_batches, options(6, &run)).unwrap_err().to_string();
    assert!(error.contains("batches of 5") && error.contains("batches of 7"), "{error}");
    let longer = vgg.fit_with(&batches, &val_batches, options(4, &run)).unwrap();
    assert_eq!(longer.epochs.len(), 4, "the run is still there, and may be made longer");
}
