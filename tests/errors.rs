//! Bad input: one clear error each, which says what was wrong, with which file, and
//! what to do; never a panic.

mod support;

use candle_core::{DType, Device, Tensor};
use sevenlines::data::{BatchOptions, Batches};
use sevenlines::train::FitOptions;
use sevenlines::weights::{Weights, save_safetensors};
use sevenlines::{Error, Vgg16, home, utils};
use std::collections::HashMap;
use std::path::Path;
use support::installed::vgg16;
use support::pictures::{classes, write};
use support::tiny;

fn open(folder: &Path) -> Result<Batches, Error> {
    Batches::open(folder, 2, BatchOptions::default(), 0)
}

/// The message names all of `parts`.
fn says<T>(result: Result<T, Error>, variant: &str, parts: &[&str]) {
    let Err(error) = result else { panic!("no error, but {variant} was expected") };
    let message = error.to_string();
    assert_eq!(error.name(), variant, "{message}");
    assert_eq!(format!("{error:?}"), message, "a notebook's `?` shows the same");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn folders_that_are_no_set_of_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let vgg = vgg16(0);
    let get = |path: &Path| vgg.get_batches(path, 4);
    let missing = root.join("no-such");
    says(get(&missing), "Missing", &[missing.to_str().unwrap(), "does not exist", "subfolder"]);
    let file = write(root, "flat/0.png", 0);
    says(get(&file), "Invalid", &["0.png is a file, not a folder"]);
    let flat = root.join("flat");
    says(get(&flat), "NoClasses", &[flat.to_str().unwrap(), "no subfolders", "flat/cats"]);
    let empty = root.join("set/dogs");
    classes(&root.join("set"), &[("cats", 2)]);
    std::fs::create_dir_all(&empty).unwrap();
    says(get(&root.join("set")), "EmptyClass", &[empty.to_str().unwrap(), "no pictures"]);
    std::fs::write(empty.join("notes.txt"), "no picture").unwrap();
    says(get(&root.join("set")), "EmptyClass", &[empty.to_str().unwrap()]);
    std::fs::write(empty.join("text.png"), "no picture").unwrap();
    let options = BatchOptions { skip_broken: true, ..Default::default() };
    let skipping = vgg.get_batches_with(root.join("set"), 4, options);
    says(skipping, "EmptyClass", &[empty.to_str().unwrap()]);
    says(get(&root.join("set")), "BrokenPictures", &["text.png"]);
}

#[test]
fn a_batch_size_or_a_number_of_epochs_of_0() {
    let folder = tempfile::tempdir().unwrap();
    let path = classes(folder.path(), &[("cats", 2), ("dogs", 2)]);
    let mut vgg = vgg16(0);
    says(vgg.get_batches(&path, 0), "OutOfRange", &["batch_size is 0", "at least 1"]);
    says(vgg.get_batches(&path, -64), "OutOfRange", &["batch_size is -64", "at least 1"]);
    let batches = vgg.get_batches(&path, 2).unwrap();
    vgg.finetune(&batches).unwrap();
    says(vgg.fit(&batches, &batches, 0), "OutOfRange", &["nb_epoch is 0", "at least 1"]);
    let none = FitOptions { nb_epoch: 0, ..Default::default() };
    says(vgg.fit_with(&batches, &batches, none), "OutOfRange", &["nb_epoch is 0"]);
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        says(vgg.set_lr(rate), "OutOfRange", &["the learning rate", "above 0"]);
    }
    assert_eq!(vgg.lr().unwrap(), 0.01, "a refused rate changes nothing");
    let options = FitOptions { nb_epoch: 1, learning_rate: Some(0.0), ..Default::default() };
    says(vgg.fit_with(&batches, &batches, options), "OutOfRange", &["the learning rate"]);
    assert_eq!(vgg.features_kept(), 0, "all this is said before the body runs");
}

#[test]
fn what_needs_finetune_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = classes(folder.path(), &[("cats", 2), ("dogs", 2)]);
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(&path, 2).unwrap();
    let advice = ["1000 ImageNet outputs", "call vgg.finetune(&batches)? first"];
    says(vgg.fit(&batches, &batches, 1), "NotFinetuned", &advice);
    says(vgg.evaluate(&batches), "NotFinetuned", &advice);
    says(vgg.set_lr(0.1), "NotFinetuned", &advice);
    says(vgg.lr(), "NotFinetuned", &advice);
    says(vgg.save_weights(path.join("head")), "NotFinetuned", &advice);
    assert!(!path.join("head").exists());
    let images = Tensor::zeros((1, 3, 224, 224), DType::F32, &Device::Cpu).unwrap();
    let advice = ["only the convolution base is installed", "sevenlines setup --full"];
    says(vgg.predict(&images, false), "NeedsFullWeights", &advice);
    says(vgg.logits(&images), "NeedsFullWeights", &advice);
    says(vgg.probs(&batches), "NeedsFullWeights", &advice);
    assert_eq!(vgg.features_kept(), 0, "it is said before the body runs");
}

#[test]
fn classes_that_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let train = classes(&folder.path().join("train"), &[("cats", 2), ("dogs", 2)]);
    let other = classes(&folder.path().join("other"), &[("cats", 2), ("wolves", 2)]);
    let three = classes(&folder.path().join("three"), &[("cats", 1), ("dogs", 1), ("rats", 1)]);
    let one = classes(&folder.path().join("one"), &[("cats", 1)]);
    let mut vgg = vgg16(0);
    let [train, other, three, one] = [train, other, three, one].map(|path| open(&path).unwrap());
    says(vgg.finetune(&one), "OutOfRange", &["the number of classes is 1", "at least 2"]);
    for num in [0, 1] {
        says(vgg.ft(num), "OutOfRange", &["the number of classes", "at least 2"]);
    }
    vgg.finetune(&train).unwrap();
    says(vgg.fit(&train, &other, 1), "ClassMismatch", &["validation", "wolves", "dogs", "same names"]);
    says(vgg.fit(&other, &train, 1), "ClassMismatch", &["training", "wolves"]);
    says(vgg.fit(&train, &three, 1), "ClassMismatch", &["validation", "rats"]);
    says(vgg.evaluate(&other), "ClassMismatch", &["wolves"]);
    vgg.ft(3).unwrap();
    says(vgg.fit(&train, &train, 1), "ClassMismatch", &["training"]);
    assert_eq!(vgg.features_kept(), 0, "all this is said before the body runs");
    vgg.finetune(&train).unwrap();
    vgg.fit(&train, &train, 1).expect("none of these spoils the model");
}

#[test]
fn pictures_of_another_shape() {
    let vgg = vgg16(0);
    for shape in [vec![3, 224, 224], vec![1, 1, 224, 224], vec![1, 3, 299, 299], vec![0, 3, 224, 224]] {
        let images = Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        says(vgg.pool5(&images), "OutOfRange", &["the shape of images", "(N, 3, 224, 224)"]);
        says(vgg.predict(&images, true), "OutOfRange", &["the shape of images"]);
    }
}

#[test]
fn files_that_are_no_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let narrow = file("narrow.safetensors");
    tiny::write(&narrow, &tiny::torchvision(1));
    let name = narrow.to_str().unwrap();
    says(
        Vgg16::from_file(&narrow),
        "WeightShape",
        &[name, "features.0.weight", "[64, 3, 3, 3]", "[2, 3, 3, 3]"],
    );
    let other = file("other.safetensors");
    let tensor = Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap();
    save_safetensors(&other, &[("conv.weight".to_owned(), tensor)], HashMap::new()).unwrap();
    says(Vgg16::from_file(&other), "WeightMissing", &[other.to_str().unwrap(), "features.0.weight"]);
    let text = file("text.pth");
    std::fs::write(&text, "these are not weights").unwrap();
    says(Vgg16::from_file(&text), "Corrupt", &[text.to_str().unwrap(), "neither", "sevenlines setup"]);
    let empty = file("empty.safetensors");
    std::fs::write(&empty, "").unwrap();
    says(Vgg16::from_file(&empty), "Corrupt", &[empty.to_str().unwrap()]);
    let gone = file("gone.safetensors");
    says(Vgg16::from_file(&gone), "Missing", &[gone.to_str().unwrap()]);
    says(Weights::open(folder.path()), "Io", &["directory", folder.path().to_str().unwrap()]);
    drop(vgg16(0));
    let whole = std::fs::read(home::weights().join("vgg16-conv.safetensors")).unwrap();
    let cut = file("cut.safetensors");
    for length in [whole.len() - 1, whole.len() / 2, 1000, 8, 3] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        says(Vgg16::from_file(&cut), "Corrupt", &[cut.to_str().unwrap()]);
    }
}

#[test]
fn files_that_are_no_trained_head() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let train = open(&classes(&file("set"), &[("cats", 1), ("dogs", 1)])).unwrap();
    let mut vgg = vgg16(0);
    vgg.finetune(&train).unwrap();
    let saved = file("head.safetensors");
    vgg.save_weights(&saved).unwrap();
    says(vgg.load_weights(file("gone")), "Missing", &["gone", "save_weights"]);
    says(vgg.load_weights(folder.path()), "Missing", &["save_weights"]);
    let base = home::weights().join("vgg16-conv.safetensors");
    says(vgg.load_weights(&base), "Corrupt", &[base.to_str().unwrap(), "no head trained by sevenlines"]);
    let text = file("text");
    std::fs::write(&text, "not a head").unwrap();
    says(vgg.load_weights(&text), "Corrupt", &[text.to_str().unwrap(), "save_weights"]);
    let whole = std::fs::read(&saved).unwrap();
    let cut = file("cut");
    for length in [whole.len() - 1, whole.len() / 2, 100, 0] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        says(vgg.load_weights(&cut), "Corrupt", &[cut.to_str().unwrap()]);
    }
    says(vgg.save_weights(file("head.safetensors/below")), "Io", &["head.safetensors"]);
    assert_eq!(vgg.classes(), ["cats", "dogs"], "what could not be loaded changes nothing");

    let head = |features: &str, classes: &str, shape: (usize, usize), dtype| {
        let about = [
            ("format", "sevenlines-head"),
            ("features", features),
            ("classes", classes),
            ("base", "a test's"),
        ];
        let about = about.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let weight = Tensor::zeros(shape, dtype, &Device::Cpu).unwrap();
        let bias = Tensor::zeros(shape.0, dtype, &Device::Cpu).unwrap();
        let other = file("other");
        let tensors = [("head.weight".to_owned(), weight), ("head.bias".to_owned(), bias)];
        save_safetensors(&other, &tensors, about).unwrap();
        other
    };
    let two = r#"["a", "b"]"#;
    let full = head("fc6", two, (2, 4096), DType::F32);
    says(vgg.load_weights(full), "Invalid", &["fc6", "pooled pool5", "a test's"]);
    let narrow = head("pooled pool5", two, (2, 7), DType::F32);
    says(vgg.load_weights(narrow), "WeightShape", &["head.weight", "[2, 1024]", "[2, 7]"]);
    let nameless = head("pooled pool5", "[]", (0, 1024), DType::F32);
    says(vgg.load_weights(nameless), "Corrupt", &["it names 0 classes"]);
    assert_eq!(vgg.classes(), ["cats", "dogs"]);
    let wide = head("pooled pool5", two, (2, 1024), DType::F64);
    vgg.load_weights(wide).expect("numbers of another width are numbers too");
    assert_eq!(vgg.classes(), ["a", "b"]);
}

#[test]
fn arrays_that_cannot_be_saved_or_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("features.npy");
    says(utils::load_array(&file), "Missing", &["features.npy", "save_array"]);
    std::fs::write(&file, "not an array").unwrap();
    says(utils::load_array(&file), "Corrupt", &[file.to_str().unwrap(), "save_array"]);
    let array = Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap();
    says(utils::save_array(folder.path().join("no/such.npy"), &array), "Io", &["such.npy"]);
    utils::save_array(&file, &array).unwrap();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    assert!(utils::load_array(&file).is_err(), "half an array");
}
