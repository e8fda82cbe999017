//! A model of VGG16's full size runs the seven lines: the real convolution base, and
//! seeded random numbers for fc6, fc7 and fc8, which cannot be had everywhere.
//!
//! One test, since the file takes half a gigabyte and each model as much again.

mod support;

use candle_core::{DType, Device, Tensor};
use candle_nn::{ModuleT, VarBuilder};
use candle_transformers::models::vgg::{Models, Vgg};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::data::{Batches, Resize};
use sevenlines::train::{HeadOptions, History, LinearModel};
use sevenlines::weights::{Dense, Layout, Normalisation, Weights, imagenet_classes, provenance};
use sevenlines::{Learner, Vgg16};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::installed;
use support::tiny::{FEATURES, Tensors, flat};

const SEED: u64 = 5;

/// All 16 layers under torchvision's names.
fn tensors() -> Tensors {
    let base = installed::vgg16(0).weights().clone();
    let mut tensors = Tensors::new();
    for ((block, i), n) in Layout::convolutions().zip(FEATURES) {
        let (kernel, bias) = base.conv(block, i, &Device::Cpu).unwrap();
        tensors.push((format!("features.{n}.weight"), kernel));
        tensors.push((format!("features.{n}.bias"), bias));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    for (layer, name) in Dense::ALL.into_iter().zip(["classifier.0", "classifier.3", "classifier.6"]) {
        let [outputs, inputs] = Layout::VGG16.dense_shape(layer);
        // Uniform, with He's variance 2 / inputs.
        let limit = (6.0 / inputs as f32).sqrt();
        let numbers: Vec<f32> = (0..outputs * inputs).map(|_| rng.random_range(-limit..limit)).collect();
        let weight = Tensor::from_vec(numbers, (outputs, inputs), &Device::Cpu).unwrap();
        tensors.push((format!("{name}.weight"), weight));
        let bias: Vec<f32> = (0..outputs).map(|_| rng.random_range(-0.1..0.1)).collect();
        tensors.push((format!("{name}.bias"), Tensor::from_vec(bias, outputs, &Device::Cpu).unwrap()));
    }
    tensors
}

/// 12 pictures to train on and 4 to validate with, png and jpg.
fn pictures(folder: &Path) {
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        for n in 0..8 {
            let part = if n < 6 { "train" } else { "valid" };
            let class = folder.join(part).join(class);
            std::fs::create_dir_all(&class).unwrap();
            let ending = if n % 2 == 0 { "png" } else { "jpg" };
            draw(animal, n).save(class.join(format!("{n}.{ending}"))).unwrap();
        }
    }
}

fn model(file: &Path) -> Learner {
    Vgg16::builder().weights(file).seed(SEED).keep_features(false).build().unwrap()
}

/// The lines from `get_batches` to `fit`, two epochs.
fn train(vgg: &mut Learner, path: &Path) -> (Batches, Batches, History) {
    let batches = vgg.get_batches(path.join("train"), 8).unwrap();
    let val_batches = vgg.get_batches(path.join("valid"), 8 * 2).unwrap();
    vgg.finetune(&batches).unwrap();
    let history = vgg.fit(&batches, &val_batches, 2).unwrap();
    (batches, val_batches, history)
}

fn losses(history: &History) -> Vec<[u32; 4]> {
    let bits = |e: &sevenlines::train::Epoch| [e.loss, e.acc, e.val_loss, e.val_acc].map(f32::to_bits);
    history.epochs.iter().map(bits).collect()
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    flat(tensor).into_iter().map(f32::to_bits).collect()
}

/// One picture's logits before `finetune` by candle-transformers' own VGG16, which
/// wants timm's names, takes one prepared picture and ends in a ReLU.
fn candle_agrees(logits: &Tensor, image: &Tensor, tensors: &Tensors) {
    let renamed = tensors.iter().map(|(name, tensor)| match name.as_str() {
        "classifier.0.weight" => ("pre_logits.fc1.weight".into(), tensor.reshape((4096, 512, 7, 7)).unwrap()),
        "classifier.3.weight" => {
            ("pre_logits.fc2.weight".into(), tensor.reshape((4096, 4096, 1, 1)).unwrap())
        }
        name => {
            let name =
                name.replace("classifier.0", "pre_logits.fc1").replace("classifier.3", "pre_logits.fc2");
            (name.replace("classifier.6", "head.fc"), tensor.clone())
        }
    });
    let vb = VarBuilder::from_tensors(renamed.collect(), DType::F32, &Device::Cpu);
    let means = Tensor::new(&Normalisation::CAFFE.mean, &Device::Cpu).unwrap();
    let prepared = image.squeeze(0).unwrap().broadcast_sub(&means.reshape((3, 1, 1)).unwrap()).unwrap();
    let theirs = Vgg::new(vb, Models::Vgg16).unwrap().forward_t(&prepared, false).unwrap();
    let theirs = flat(&theirs);
    let greatest = theirs.iter().fold(0f32, |a, b| a.max(*b));
    let ours: Vec<f32> = flat(logits).into_iter().map(|v| v.max(0.0)).collect();
    assert_eq!(ours.len(), theirs.len());
    let difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("1000 logits of up to {greatest} differ from candle-transformers' by {difference}");
    assert!(greatest > 0.0 && difference <= 1e-3 * greatest, "{difference} of {greatest}");
}

fn names_come_before_finetune(vgg: &mut Learner, path: &Path) {
    let batches = vgg.get_batches(path.join("valid"), 4).unwrap();
    let probs = vgg.probs(&batches).unwrap();
    assert_eq!((probs.len(), probs.classes.len()), (4, 1000));
    let top = probs.top(0, 5);
    assert_eq!(top.len(), 5);
    assert!(top.iter().all(|(name, _)| imagenet_classes().contains(&name.as_str())), "{top:?}");
    assert!(top.is_sorted_by(|a, b| a.1 >= b.1 && a.0 != b.0), "{top:?}");
    let imagenet = vgg.imagenet_probs(&batches).unwrap();
    assert_eq!(bits(&imagenet), bits(&probs.tensor().unwrap()));
    let mut lm = LinearModel::new(1000, batches.classes()).unwrap();
    let labels: Vec<u32> = batches.items().iter().map(|item| item.class).collect();
    lm.fit(&imagenet, &labels, 30).unwrap();
    assert_eq!(lm.evaluate(&imagenet, &labels).unwrap().acc, 1.0);
    let batch = batches.into_iter().next().unwrap().unwrap();
    assert_eq!(vgg.predict(&batch.images, false).unwrap().classes.len(), 4);
}

/// What was saved, in a model that was never fine-tuned: the same answers, bit by bit,
/// so all that lies below the new head is the same too.
fn a_saved_head_gives_the_same(vgg: &Learner, other: &Learner, image: &Tensor, folder: &Path) {
    let file = folder.join("head.safetensors");
    vgg.save_weights(&file).unwrap();
    let mut other = other.clone();
    other.load_weights(&file).unwrap();
    assert_eq!(other.classes(), ["cats", "dogs"]);
    assert_eq!(bits(&other.logits(image).unwrap()), bits(&vgg.logits(image).unwrap()));
    let predictions = |vgg: &Learner| vgg.predict(image, false).unwrap();
    assert!(predictions(&other) == predictions(vgg));
    assert!(std::fs::metadata(&file).unwrap().len() < 100_000, "the frozen layers are not repeated");
}

#[test]
fn the_seven_lines_on_a_full_vgg16() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    pictures(path);
    let file = path.join("vgg16.safetensors");
    let tensors = tensors();
    let by_name = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let about = provenance("a test's", "no licence", Normalisation::CAFFE);
    safetensors::serialize_to_file(by_name, Some(about), &file).unwrap();

    let mut vgg = model(&file);
    assert!(Weights::open(&file).unwrap().is_full());
    assert_eq!(vgg.weights().parameter_count(), 138_357_544);
    let summary = vgg.summary();
    assert_eq!((summary.outputs(), summary.parameters(), summary.trainable()), (1000, 138_357_544, 0));

    let picture = Resize::Squash.apply(&draw(Animal::Dog, 99));
    let image = Tensor::from_vec(picture.into_raw(), (1, 224, 224, 3), &Device::Cpu).unwrap();
    let image = image.permute((0, 3, 1, 2)).unwrap().to_dtype(DType::F32).unwrap().contiguous().unwrap();
    let original = vgg.clone();
    let logits = original.logits(&image).unwrap();
    assert_eq!(logits.dims(), [1, 1000]);
    candle_agrees(&logits, &image, &tensors);
    drop(tensors);
    names_come_before_finetune(&mut vgg, path);

    let (batches, _, history) = train(&mut vgg, path);
    let summary = vgg.summary();
    assert_eq!((summary.outputs(), summary.trainable()), (2, 8_194));
    assert_eq!(summary.parameters(), 138_357_544 - 4_097_000 + 8_194);
    assert_eq!(bits(&original.logits(&image).unwrap()), bits(&logits), "fit changed a frozen layer");
    assert_eq!(vgg.features_kept(), 16);
    println!("{history}");
    assert_eq!(history.epochs.len(), 2);
    let mut fresh = original.clone();
    fresh.finetune(&batches).unwrap();
    let (before, after) = (fresh.evaluate(&batches).unwrap(), vgg.evaluate(&batches).unwrap());
    println!("on the training pictures, before: {before}; after: {after}");
    assert!(after.loss < before.loss, "{before} before, {after} after");
    a_saved_head_gives_the_same(&vgg, &original, &image, path);

    fc7_trains_too(&mut vgg, &batches, &image, path);
    dropout_can_be_removed(&original, path);
    let after = bits(&original.logits(&image).unwrap());
    assert_eq!(after, bits(&logits), "training fc7 changed a clone's");

    drop((original, fresh, vgg));
    let (_, _, again) = train(&mut model(&file), path);
    assert_eq!(losses(&history), losses(&again), "the same seed gives the same numbers");
    memory_stays_below(700, path);
}

/// fc7 unfrozen, trained, saved and loaded.
fn fc7_trains_too(vgg: &mut Learner, batches: &Batches, image: &Tensor, folder: &Path) {
    let before = vgg.evaluate(batches).unwrap();
    let kept = vgg.clone();
    vgg.unfreeze("fc7").unwrap();
    assert_eq!(vgg.summary().trainable(), 4097 * 4096 + 8_194);
    vgg.fit(batches, batches, 3).unwrap();
    let after = vgg.evaluate(batches).unwrap();
    println!("before fc7 was trained: {before}; after: {after}");
    assert!(after.loss < before.loss, "{before} before, {after} after");
    assert_eq!(vgg.features_kept(), 16, "fc6 stays, and so do the features");
    let file = folder.join("fc7.safetensors");
    vgg.save_weights(&file).unwrap();
    let mut other = kept.clone();
    other.load_weights(&file).unwrap();
    assert_eq!(bits(&other.logits(image).unwrap()), bits(&vgg.logits(image).unwrap()));
    assert_ne!(bits(&kept.logits(image).unwrap()), bits(&vgg.logits(image).unwrap()));
}

/// Without dropout, the loss of an epoch of a single step is the one measured before it;
/// with it, it is not: for the new last layer alone, and with fc7 unfrozen.
fn dropout_can_be_removed(original: &Learner, folder: &Path) {
    let batches = original.get_batches(folder.join("train"), 12).unwrap();
    for dropout in [0.0, 0.5] {
        let mut vgg = original.clone();
        vgg.finetune_with(&batches, HeadOptions { dropout, ..Default::default() }).unwrap();
        let named = |layer: &str| vgg.summary().rows.iter().any(|row| row.layer == layer);
        assert_eq!([named("dropout_1"), named("dropout_2")], [dropout > 0.0; 2]);
        for unfrozen in [false, true] {
            if unfrozen {
                vgg.unfreeze("fc7").unwrap();
            }
            let before = vgg.evaluate(&batches).unwrap().loss;
            let ran = vgg.fit(&batches, &batches, 1).unwrap().epochs[0].loss;
            println!("dropout {dropout}, fc7 unfrozen {unfrozen}: {before} measured, {ran} while it ran");
            assert_eq!((before - ran).abs() < 1e-4 * before.max(1.0), dropout == 0.0);
        }
    }
}

/// Names the folder to the process that [`memory_stays_below`] starts.
const FOLDER: &str = "SEVENLINES_TEST_FULL_MODEL";

/// The seven lines in a process of their own: memory that is not the file's, in MB.
fn memory_stays_below(limit: u64, folder: &Path) {
    if !Path::new("/proc/self/status").exists() {
        return println!("SKIPPED memory_stays_below: this system has no /proc");
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "seven_lines_in_a_process_of_their_own", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{text}\n{}", String::from_utf8_lossy(&child.stderr));
    let line = text.lines().find(|line| line.starts_with("MEMORY")).expect("the child measures");
    println!("{line}");
    let megabytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap();
    assert!(megabytes < limit, "{line}");
}

/// A line of /proc/self/status, in MB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).expect("the kernel says so");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap() / 1000
}

#[test]
#[ignore = "a part of the_seven_lines_on_a_full_vgg16, which starts it"]
fn seven_lines_in_a_process_of_their_own() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder);
    let done = AtomicBool::new(false);
    let greatest = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut greatest = 0;
            while !done.load(Ordering::Relaxed) {
                greatest = greatest.max(status("RssAnon"));
                std::thread::sleep(Duration::from_millis(5));
            }
            greatest
        });
        train(&mut model(&path.join("vgg16.safetensors")), path);
        done.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    println!("MEMORY {greatest} MB of its own at most; with the pages of files {} MB", status("VmHWM"));
}
