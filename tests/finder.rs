//! The learning-rate finder on the real convolution base and a few drawn pictures.

mod support;

use sevenlines::data::Batches;
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::train::{FinderOptions, LossOptions};
use sevenlines::{Error, Learner, interrupt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use support::installed::vgg16;

/// An interrupt is the whole process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 16 drawn pictures in batches of 6: three batches an epoch.
fn drawn(vgg: &Learner, folder: &Path) -> Batches {
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        let class = folder.join(class);
        std::fs::create_dir_all(&class).unwrap();
        (0..8).for_each(|n| draw(animal, n).save(class.join(format!("{n}.png"))).unwrap());
    }
    vgg.get_batches(folder, 6).unwrap()
}

/// What two more epochs give, bit by bit: it depends on the weights, on Adam's moments,
/// and on how many epochs and steps there were.
fn what_follows(vgg: &Learner, batches: &Batches) -> Vec<[u32; 4]> {
    let mut vgg = vgg.clone();
    let history = vgg.fit(batches, batches, 2).unwrap();
    history.epochs.iter().map(|e| [e.loss, e.acc, e.val_loss, e.val_acc].map(f32::to_bits)).collect()
}

#[test]
fn it_finds_a_rate_and_leaves_the_model_as_it_is() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let batches = drawn(&vgg, folder.path());
    assert!(matches!(vgg.lr_find(&batches), Err(Error::NotFinetuned)));
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &batches, 1).unwrap();
    let before = (what_follows(&vgg, &batches), vgg.history(), vgg.lr().unwrap());
    let start = Instant::now();
    let found = vgg.lr_find(&batches).unwrap();
    println!("{found}, in {:.1} ms on 16 stored features", start.elapsed().as_secs_f64() * 1e3);
    let after = (what_follows(&vgg, &batches), vgg.history(), vgg.lr().unwrap());
    assert!(before == after, "the finder changed the model");

    assert_eq!(found.rates.len(), found.losses.len());
    assert!(found.rates.is_sorted_by(|a, b| a < b) && (found.rates[0] / 1e-7 - 1.0).abs() < 1e-9);
    let suggestion = found.suggestion().unwrap();
    assert!((1e-5..1.0).contains(&suggestion), "{found}");
    assert!(found.rates.contains(&found.steepest().unwrap()));
    let svg = found.plot().unwrap().svg().to_owned();
    assert!(svg.contains("learning rate (logarithmic)") && svg.contains("valley"), "{svg}");
    assert_eq!(vgg.lr_find(&batches).unwrap(), found, "the same again");
}

#[test]
fn a_fresh_head_of_unnamed_classes_will_do_and_what_is_asked_for_is_tried() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(4);
    let batches = drawn(&vgg, folder.path());
    vgg.ft(2).unwrap();
    let loss = LossOptions { label_smoothing: 0.1, mixup: 0.3, ..Default::default() };
    let options = FinderOptions { start: 1e-6, end: 1e-4, steps: 9, loss };
    let found = vgg.lr_find_with(&batches, options).unwrap();
    assert_eq!(found.rates.len(), 9, "three epochs of three batches");
    assert!(!found.diverged && (found.rates[8] / 1e-4 - 1.0).abs() < 1e-9, "{found}");
    assert!((found.rates[4] / 1e-5 - 1.0).abs() < 1e-9, "by the same factor each");
    assert_eq!(vgg.classes(), ["0", "1"], "the classes are still unnamed");

    // With smoothing it costs to be sure, so that large weights cannot but diverge.
    let loss = LossOptions { label_smoothing: 0.1, ..Default::default() };
    let far = FinderOptions { start: 1e-2, end: 1e6, steps: 200, loss };
    let found = vgg.lr_find_with(&batches, far).unwrap();
    assert!(found.diverged && found.rates.len() < 200, "{found}");

    for (options, words) in [
        (FinderOptions { steps: 1, ..Default::default() }, "steps is 1"),
        (FinderOptions { start: 0.0, ..Default::default() }, "start is 0"),
        (FinderOptions { start: 1.0, end: 0.1, ..Default::default() }, "end is 0.1"),
    ] {
        let message = vgg.lr_find_with(&batches, options).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn an_interrupt_and_an_unfrozen_network_are_heeded() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(5);
    let batches = drawn(&vgg, folder.path());
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &batches, 1).unwrap();
    let before = what_follows(&vgg, &batches);
    interrupt::request();
    assert!(matches!(vgg.lr_find(&batches), Err(Error::Interrupted)));
    assert!(what_follows(&vgg, &batches) == before);
    vgg.unfreeze("block5").unwrap();
    let message = vgg.lr_find(&batches).unwrap_err().to_string();
    assert!(message.contains("freeze()"), "{message}");
}
