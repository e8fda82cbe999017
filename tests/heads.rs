//! Heads with hidden layers, batch normalisation and other dropout, other losses, and
//! models on precomputed features: on the real convolution base and a few drawn pictures.

mod support;

use candle_core::Tensor;
use sevenlines::data::Batches;
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::train::{FitOptions, HeadOptions, History, LinearModel, LossOptions, class_weights};
use sevenlines::utils::{load_array, save_array};
use sevenlines::{Error, Learner};
use std::path::Path;
use support::installed::vgg16;
use support::tiny::flat;

/// 10 drawn cats and 6 dogs to train on, 2 and 2 to validate with.
fn drawn(vgg: &Learner, folder: &Path) -> (Batches, Batches) {
    for (animal, class, count) in [(Animal::Cat, "cats", 10), (Animal::Dog, "dogs", 6)] {
        for n in 0..count + 2 {
            let class = folder.join(if n < count { "train" } else { "valid" }).join(class);
            std::fs::create_dir_all(&class).unwrap();
            draw(animal, n).save(class.join(format!("{n}.png"))).unwrap();
        }
    }
    // 16 = 5 + 5 + 5 + 1: the last batch has a single picture.
    let batches = vgg.get_batches(folder.join("train"), 5).unwrap();
    (batches, vgg.get_batches(folder.join("valid"), 4).unwrap())
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    flat(tensor).into_iter().map(f32::to_bits).collect()
}

fn losses(history: &History) -> Vec<[u32; 2]> {
    history.epochs.iter().map(|epoch| [epoch.loss, epoch.val_loss].map(f32::to_bits)).collect()
}

fn heads() -> [HeadOptions; 4] {
    let with =
        |hidden: &[usize], batch_norm, dropout| HeadOptions { hidden: hidden.to_vec(), batch_norm, dropout };
    [with(&[], true, 0.5), with(&[32], false, 0.0), with(&[32], true, 0.5), with(&[24, 12], true, 0.2)]
}

#[test]
fn heads_of_any_form_learn_are_saved_and_loaded_and_stand_in_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, path);
    let images = val_batches.epoch(0).next().unwrap().unwrap().images;
    for options in heads() {
        vgg.finetune_with(&batches, options.clone()).unwrap();
        assert_eq!(vgg.classes(), ["cats", "dogs"]);
        let before = vgg.evaluate(&batches).unwrap();
        vgg.fit(&batches, &val_batches, 15).unwrap();
        let after = vgg.evaluate(&batches).unwrap();
        println!("{options:?}: {before}, then {after}");
        assert!(after.loss < before.loss / 2.0 && after.acc > 0.9, "{options:?}: {before}, then {after}");

        let file = path.join("head.safetensors");
        vgg.save_weights(&file).unwrap();
        let mut other = vgg16(9);
        other.load_weights(&file).unwrap();
        assert_eq!(bits(&other.logits(&images).unwrap()), bits(&vgg.logits(&images).unwrap()), "{options:?}");
        assert_eq!(other.summary().rows, vgg.summary().rows);
        other.fit(&batches, &val_batches, 1).expect("it can be trained further");

        let message = vgg.unfreeze("block5").unwrap_err().to_string();
        assert!(message.contains("hidden layers or batch normalisation"), "{message}");
    }
}

#[test]
fn the_summary_counts_a_head_s_layers() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, _) = drawn(&vgg, folder.path());
    let body = vgg.summary().rows.len();
    let options = HeadOptions { hidden: vec![32], batch_norm: true, dropout: 0.5 };
    vgg.finetune_with(&batches, options).unwrap();
    let rows: Vec<(String, usize, bool)> = vgg
        .summary()
        .rows
        .into_iter()
        .skip(body)
        .map(|row| (row.layer, row.parameters, row.trainable))
        .collect();
    let row = |layer: &str, parameters, trainable| (layer.to_owned(), parameters, trainable);
    assert_eq!(
        rows,
        [
            row("batch_norm_1", 2 * 1024, true),
            row("batch_norm_1_statistics", 2 * 1024, false),
            row("hidden_1", 1025 * 32, true),
            row("batch_norm_2", 2 * 32, true),
            row("batch_norm_2_statistics", 2 * 32, false),
            row("hidden_1_dropout", 0, false),
            row("dense", 33 * 2, true),
        ]
    );
    vgg.finetune(&batches).unwrap();
    assert_eq!(vgg.summary().trainable(), 1025 * 2);
}

#[test]
fn the_default_head_is_finetune_s_and_every_seed_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, folder.path());
    let run = |vgg: &Learner, options: Option<HeadOptions>| {
        let mut vgg = vgg.clone();
        match options {
            None => vgg.finetune(&batches).unwrap(),
            Some(options) => vgg.finetune_with(&batches, options).unwrap(),
        }
        losses(&vgg.fit(&batches, &val_batches, 2).unwrap())
    };
    vgg.precompute(&batches).unwrap();
    vgg.precompute(&val_batches).unwrap();
    assert_eq!(run(&vgg, None), run(&vgg, Some(HeadOptions::default())));
    // pooled pool5 has no dropout behind it.
    assert_eq!(run(&vgg, None), run(&vgg, Some(HeadOptions { dropout: 0.0, ..Default::default() })));
    let hidden = |dropout| Some(HeadOptions { hidden: vec![16], dropout, ..Default::default() });
    assert_eq!(run(&vgg, hidden(0.5)), run(&vgg, hidden(0.5)));
    assert_ne!(run(&vgg, hidden(0.5)), run(&vgg, hidden(0.0)));
    let message =
        vgg.finetune_with(&batches, HeadOptions { dropout: 1.0, ..Default::default() }).unwrap_err();
    assert!(message.to_string().contains("dropout is 1"), "{message}");
}

#[test]
fn other_losses_train_the_head_and_the_layers_below() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, folder.path());
    let weights = class_weights(&batches);
    assert_eq!(weights, [16.0 / 20.0, 16.0 / 12.0]);
    let weighted = LossOptions { class_weights: Some(weights), ..Default::default() };
    let smoothed = LossOptions { label_smoothing: 0.2, ..Default::default() };
    let mixed = LossOptions { mixup: 0.4, ..Default::default() };
    let fit = |vgg: &mut Learner, loss: &LossOptions, nb_epoch| {
        let options = FitOptions { nb_epoch, loss: loss.clone(), ..Default::default() };
        vgg.fit_with(&batches, &val_batches, options)
    };
    vgg.finetune(&batches).unwrap();
    let fresh = vgg.clone();
    let plain = fit(&mut vgg, &LossOptions::default(), 6).unwrap();
    let confidence = |vgg: &mut Learner| {
        let probs = vgg.probs(&batches).unwrap();
        probs.rows.iter().map(|row| row[0].max(row[1])).sum::<f32>() / probs.len() as f32
    };
    let sure = confidence(&mut vgg);
    for loss in [&weighted, &smoothed, &mixed] {
        let mut vgg = fresh.clone();
        let history = fit(&mut vgg, loss, 6).unwrap();
        let (after, confidence) = (vgg.evaluate(&batches).unwrap(), confidence(&mut vgg));
        println!("{loss:?}: {after}, sure {confidence:.4} (plain {sure:.4})");
        assert_ne!(losses(&history), losses(&plain), "{loss:?}");
        assert!(after.acc > 0.9, "{loss:?}: {after}");
        if loss.label_smoothing > 0.0 {
            assert!(confidence < sure, "{loss:?} makes less sure: {confidence} against {sure}");
        }
        if loss.mixup > 0.0 {
            // What lies between two classes cannot be learnt by heart.
            let last = |history: &History| history.epochs.last().map_or(0.0, |epoch| epoch.loss);
            assert!(last(&history) > 10.0 * last(&plain), "{history} against {plain}");
        }
        let mut again = fresh.clone();
        assert_eq!(losses(&fit(&mut again, loss, 6).unwrap()), losses(&history), "{loss:?} repeats");
    }
    let bad = LossOptions { class_weights: Some(vec![1.0; 3]), ..Default::default() };
    let message = fit(&mut vgg, &bad, 1).unwrap_err().to_string();
    assert!(message.contains("3 class weights for 2 classes"), "{message}");
    vgg.unfreeze("block5_conv3").unwrap();
    let deep = vgg.clone();
    let deep_plain = fit(&mut deep.clone(), &LossOptions::default(), 1).unwrap();
    let deep_smoothed = fit(&mut vgg, &smoothed, 1).unwrap();
    assert!(deep_smoothed.epochs[0].loss > deep_plain.epochs[0].loss, "a smoothed loss is never 0");
    let message = fit(&mut vgg, &mixed, 1).unwrap_err().to_string();
    assert!(message.contains("freeze()"), "{message}");
}

#[test]
fn precomputed_features_are_an_array_for_a_model_of_one_s_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, folder.path());
    let features = vgg.precompute(&batches).unwrap();
    assert_eq!(features.dims(), [16, 1024]);
    let file = folder.path().join("features.npy");
    save_array(&file, &features).unwrap();
    let loaded = load_array(&file).unwrap();
    assert_eq!(bits(&loaded), bits(&features));

    let labels: Vec<u32> = batches.items().iter().map(|item| item.class).collect();
    let mut lm = LinearModel::new(1024, batches.classes()).unwrap();
    let before = lm.evaluate(&loaded, &labels).unwrap();
    lm.fit(&loaded, &labels, 5).unwrap();
    let after = lm.evaluate(&loaded, &labels).unwrap();
    assert!(after.acc > 0.9 && after.loss < before.loss, "{before}, then {after}");
    let probs = lm.predict(&vgg.precompute(&val_batches).unwrap()).unwrap();
    assert_eq!((probs.len(), &probs.classes[..]), (4, batches.classes()));

    let error = vgg.imagenet_probs(&batches).unwrap_err();
    assert!(matches!(error, Error::NeedsFullWeights { .. }), "{error}");
    assert!(error.to_string().contains("sevenlines setup --full"), "{error}");
}

#[test]
fn a_head_with_hidden_layers_is_resumed_as_if_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, folder.path());
    let options = HeadOptions { hidden: vec![16], batch_norm: true, dropout: 0.3 };
    vgg.finetune_with(&batches, options).unwrap();
    let whole = vgg.clone().fit(&batches, &val_batches, 4).unwrap();
    let checkpoints = Some(folder.path().join("run"));
    let run = |nb_epoch| FitOptions { nb_epoch, checkpoints: checkpoints.clone(), ..Default::default() };
    vgg.fit_with(&batches, &val_batches, run(2)).unwrap();
    let mut later = vgg16(9);
    later.resume(folder.path().join("run")).unwrap();
    let resumed = later.fit_with(&batches, &val_batches, run(4)).unwrap();
    assert_eq!(losses(&resumed), losses(&whole));
}
