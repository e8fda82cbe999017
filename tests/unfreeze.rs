//! Training below the new last layer, on the real convolution base.

mod support;

use candle_core::Tensor;
use sevenlines::data::Batches;
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::train::History;
use sevenlines::{Error, Learner, interrupt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use support::installed::{some_photographs, vgg16};
use support::tiny::flat;

/// The parameters of conv5_1 to conv5_3, and of a head for two classes.
const BLOCK5: usize = 3 * (512 * 512 * 9 + 512);
const HEAD: usize = 2 * (1024 + 1);

/// An interrupt is the whole process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 12 drawn pictures to train on and 4 to validate with, in batches of 5 and 4.
fn drawn(vgg: &Learner, folder: &Path) -> (Batches, Batches) {
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        for n in 0..8 {
            let class = folder.join(if n < 6 { "train" } else { "valid" }).join(class);
            std::fs::create_dir_all(&class).unwrap();
            draw(animal, n).save(class.join(format!("{n}.png"))).unwrap();
        }
    }
    let batches = vgg.get_batches(folder.join("train"), 5).unwrap();
    (batches, vgg.get_batches(folder.join("valid"), 4).unwrap())
}

/// The head alone for two epochs, then block5 too.
fn trained(vgg: &mut Learner, batches: &Batches, val_batches: &Batches) -> (Learner, History) {
    vgg.finetune(batches).unwrap();
    vgg.fit(batches, val_batches, 2).unwrap();
    let head_only = vgg.clone();
    vgg.unfreeze("block5").unwrap();
    let history = vgg.fit(batches, val_batches, 2).unwrap();
    (head_only, history)
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    flat(tensor).into_iter().map(f32::to_bits).collect()
}

fn losses(history: &History) -> Vec<[u32; 2]> {
    history.epochs.iter().map(|epoch| [epoch.loss, epoch.val_loss].map(f32::to_bits)).collect()
}

#[test]
fn block5_trains_and_its_results_are_used_saved_and_loaded() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = drawn(&vgg, path);
    let (mut head_only, history) = trained(&mut vgg, &batches, &val_batches);
    assert_eq!(vgg.summary().trainable(), BLOCK5 + HEAD);
    assert_eq!(vgg.history().epochs.len(), 4);

    let (before, after) = (head_only.evaluate(&batches).unwrap(), vgg.evaluate(&batches).unwrap());
    println!("on the training pictures, the head alone: {before}; block5 too: {after}");
    assert!(after.loss < before.loss, "{before} before, {after} after");

    let images = val_batches.epoch(0).next().unwrap().unwrap();
    let (old, new) = (head_only.logits(&images.images).unwrap(), vgg.logits(&images.images).unwrap());
    assert_ne!(bits(&old), bits(&new));
    let again = vgg16(3);
    let pool5 = |vgg: &Learner| bits(&vgg.pool5(&images.images).unwrap());
    assert_eq!(pool5(&head_only), pool5(&again), "training changed a clone");
    everything_uses_the_trained_layers(&mut vgg, &val_batches, path);

    // A file with the trained layers, and one without.
    let [deep, plain] = ["deep.safetensors", "plain.safetensors"].map(|name| path.join(name));
    vgg.save_weights(&deep).unwrap();
    head_only.save_weights(&plain).unwrap();
    let length = std::fs::metadata(&deep).unwrap().len() as usize;
    assert!((4 * BLOCK5..4 * BLOCK5 + 100_000).contains(&length), "{length} bytes");
    let mut other = again;
    other.load_weights(&deep).unwrap();
    assert_eq!(bits(&other.logits(&images.images).unwrap()), bits(&new));
    other.load_weights(&plain).unwrap();
    assert_eq!(bits(&other.logits(&images.images).unwrap()), bits(&old));

    // Frozen again, the layers keep what they learned, and the head goes on.
    let learned = pool5(&vgg);
    vgg.freeze();
    assert_eq!(vgg.summary().trainable(), HEAD);
    vgg.fit(&batches, &val_batches, 1).unwrap();
    assert_eq!(pool5(&vgg), learned);

    let mut repeated = vgg16(3);
    let (_, same) = trained(&mut repeated, &batches, &val_batches);
    assert_eq!(losses(&history), losses(&same), "the same seed gives the same numbers");
}

/// `evaluate`, `probs`, `test` and `predict` agree.
fn everything_uses_the_trained_layers(vgg: &mut Learner, batches: &Batches, path: &Path) {
    let probs = vgg.probs(batches).unwrap();
    let (_, tested) = vgg.test(path.join("valid"), 3).unwrap();
    let files: Vec<_> = batches.items().iter().map(|item| item.path.clone()).collect();
    let predicted = vgg.predict_files(&files).unwrap().all;
    let mut loss = 0.0;
    for (at, item) in batches.items().iter().enumerate() {
        let label = item.class as usize;
        loss -= probs.rows[at][label].ln() / batches.len() as f32;
        for other in [&tested, &predicted] {
            let (a, b) = (probs.rows[at][label], other.rows[at][label]);
            assert!((a - b).abs() < 1e-4, "picture {at}: {a} and {b}");
        }
    }
    let evaluated = vgg.evaluate(batches).unwrap().loss;
    assert!((evaluated - loss).abs() < 1e-4, "{evaluated} and {loss}");
}

#[test]
fn what_cannot_be_unfrozen_says_what_to_do() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    assert!(matches!(vgg.unfreeze("block5"), Err(Error::NotFinetuned)));
    vgg.ft(2).unwrap();
    assert!(matches!(vgg.unfreeze("fc7"), Err(Error::NeedsFullWeights { .. })));
    let message = vgg.unfreeze("block9").unwrap_err().to_string();
    assert!(message.contains("block9") && message.contains("block5_conv1"), "{message}");
    assert_eq!(vgg.summary().trainable(), HEAD);
    vgg.unfreeze("block5_conv3").unwrap();
    assert_eq!(vgg.summary().trainable(), BLOCK5 / 3 + HEAD);
    assert_eq!(vgg.lr().unwrap(), 1e-5);
    let (batches, _) = drawn(&vgg, folder.path());
    vgg.finetune(&batches).unwrap();
    assert_eq!((vgg.summary().trainable(), vgg.lr().unwrap()), (HEAD, 0.01), "finetune freezes");
}

#[test]
fn an_interrupt_leaves_a_network_that_goes_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(1);
    let (batches, val_batches) = drawn(&vgg, folder.path());
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5").unwrap();
    vgg.fit(&batches, &val_batches, 1).unwrap();
    let trained = vgg.evaluate(&val_batches).unwrap();
    interrupt::request();
    assert!(matches!(vgg.fit(&batches, &val_batches, 1), Err(Error::Interrupted)));
    assert_eq!(vgg.evaluate(&val_batches).unwrap(), trained);
    assert_eq!(vgg.history().epochs.len(), 2);
    vgg.fit(&batches, &val_batches, 1).unwrap();
    assert_ne!(vgg.evaluate(&val_batches).unwrap(), trained);
}

#[test]
fn block5_learns_cats_from_dogs_without_forgetting() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    if !some_photographs("block5_learns_cats_from_dogs_without_forgetting", path, 60, 25) {
        return;
    }
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(path.join("train"), 64).unwrap();
    let val_batches = vgg.get_batches(path.join("valid"), 128).unwrap();
    vgg.finetune(&batches).unwrap();
    let head = vgg.fit(&batches, &val_batches, 1).unwrap();
    vgg.unfreeze("block5").unwrap();
    let deep = vgg.fit(&batches, &val_batches, 2).unwrap();
    println!("the head alone:\n{head}\nblock5 too:\n{deep}");
    for epoch in &deep.epochs {
        assert!(epoch.val_acc >= 0.97, "{deep}");
    }
    assert!(deep.epochs[1].loss < deep.epochs[0].loss, "{deep}");
}
