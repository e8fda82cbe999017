//! `sevenlines bench`: its JSON, its table, its options and what it refuses. On weights
//! made by a formula, so that nothing need be installed; times are only looked at for
//! sense.

#[allow(dead_code, reason = "only the weights' formula is used here")]
#[path = "support/formulas.rs"]
mod formulas;
#[path = "support/outcome.rs"]
mod outcome;

use outcome::Outcome;
use serde_json::Value;
use sevenlines::candle_core::{DType, Device, Tensor, safetensors};
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::weights::{Layout, Normalisation, provenance, save_safetensors};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home, pictures with train and valid, and weights of VGG16's convolution base.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with_pictures(self) -> Place {
        for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
            for number in 0..3 {
                let part = if number < 2 { "train" } else { "valid" };
                let folder = self.path("pictures").join(part).join(class);
                std::fs::create_dir_all(&folder).expect("creates");
                draw(animal, number).save(folder.join(format!("{number}.jpg"))).expect("writes");
            }
        }
        self
    }

    fn with_weights(self) -> Place {
        let mut tensors = Vec::new();
        let places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
        for ((block, i), place) in Layout::convolutions().zip(places) {
            let shape = Layout::VGG16.kernel_shape(block, i);
            // He's variance, 2 / inputs, so that numbers keep their size from layer to layer.
            let inputs = shape[1..].iter().product::<usize>() as f64;
            let kernel = formulas::uniform(place, shape.iter().product(), (6.0 / inputs).sqrt());
            let bias = formulas::uniform(100 + place, shape[0], 0.1);
            let tensor =
                |values, shape: &[usize]| Tensor::from_vec(values, shape, &Device::Cpu).expect("fits");
            tensors.push((format!("features.{place}.weight"), tensor(kernel, &shape)));
            tensors.push((format!("features.{place}.bias"), tensor(bias, &shape[..1])));
        }
        let about = provenance("a formula", "none", Normalisation::CAFFE);
        save_safetensors(&self.path("weights.safetensors"), &tensors, about).expect("writes");
        self
    }

    fn bench(&self, options: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sevenlines"));
        command.arg("bench").args(options).current_dir(self.0.path());
        for unset in ["SEVENLINES_DATA", "RAYON_NUM_THREADS", "SEVENLINES_FEATURES", "SEVENLINES_SEED"] {
            command.env_remove(unset);
        }
        command.env("HOME", self.0.path()).env("HF_HOME", self.path("hf"));
        command.env("SEVENLINES_HOME", self.path("home")).env_remove("SEVENLINES_WEIGHTS");
        if self.path("weights.safetensors").is_file() {
            command.env("SEVENLINES_WEIGHTS", self.path("weights.safetensors"));
        }
        Outcome::of(&mut command)
    }

    fn pool5(&self, file: &str) -> (Tensor, Tensor) {
        let mut tensors = safetensors::load(self.path(file), &Device::Cpu).expect("safetensors");
        let mut take = |name: &str| tensors.remove(name).unwrap_or_else(|| panic!("no {name} in {file}"));
        (take("pictures"), take("pool5"))
    }
}

impl Outcome {
    /// Its standard output, which must be one JSON object and nothing else.
    #[track_caller]
    fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out));
        assert!(value.is_object(), "{value}");
        value
    }
}

#[track_caller]
fn number(json: &Value, key: &str) -> f64 {
    json[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {json:#}"))
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).expect("f32")
}

#[test]
fn every_piece_is_measured_and_every_key_is_documented() {
    let place = Place::new().with_pictures().with_weights();
    let options = [
        "--json",
        "--only",
        "decode,body,fit,lesson",
        "--data",
        "pictures",
        "--rounds",
        "2",
        "--batch",
        "3",
        "--threads",
        "1",
        "--fit-images",
        "40",
        "--save-pool5",
        "ours.safetensors",
    ];
    let json = place.bench(&options).ends(0).json();
    let help = place.bench(&["--help"]).ends(0).out;
    for measured in [
        "decode_images_per_s",
        "decode_cold_images_per_s",
        "body_f32_images_per_s",
        "body_f32_cold_s",
        "features_images_per_s",
        "fit_epoch_ms",
        "fit_first_ms",
        "lesson_s",
        "lesson_val_acc",
    ] {
        let [median, least, most] =
            ["", "_least", "_most"].map(|ending| number(&json, &format!("{measured}{ending}")));
        assert!(0.0 <= least && least <= median && median <= most, "{measured}: {json:#}");
        assert!(most > 0.0 || measured == "lesson_val_acc", "{measured}: {json:#}");
    }
    for (key, expected) in
        [("threads", 1.0), ("batch", 3.0), ("rounds", 2.0), ("fit_images", 40.0), ("lesson_images", 6.0)]
    {
        assert_eq!(number(&json, key), expected, "{key}: {json:#}");
    }
    for key in json.as_object().expect("an object").keys() {
        let key = key.trim_end_matches("_least").trim_end_matches("_most");
        let key = key.split_inclusive("body_bf16_").next().unwrap_or(key);
        assert!(help.contains(key), "--help does not say what {key} is");
    }
    assert!(json["pictures"].as_str().is_some_and(|folder| folder.ends_with("train")), "{json:#}");
    assert!(!place.path("home/features").exists(), "a measurement keeps no features");

    let (pictures, pool5) = place.pool5("ours.safetensors");
    assert_eq!((pictures.dims(), pictures.dtype()), ([3, 224, 224, 3].as_slice(), DType::U8));
    assert_eq!((pool5.dims(), pool5.dtype()), ([3, 512, 7, 7].as_slice(), DType::F32));
}

#[test]
fn candle_s_own_way_computes_the_same_as_ours() {
    let place = Place::new().with_pictures().with_weights();
    for (body, file) in [("f32", "ours.safetensors"), ("candle", "candle.safetensors")] {
        let options = ["--only", "body", "--data", "pictures/train", "--rounds", "1", "--batch", "1"];
        let table =
            place.bench(&[&options[..], &["--body", body, "--save-pool5", file]].concat()).ends(0).out;
        for words in ["median", "least", "most", &format!("body, {body}"), "images/s", "rounds 1"] {
            assert!(table.contains(words), "no {words:?} in\n{table}");
        }
        assert!(!table.contains('\x1b') && !table.contains("fit"), "{table}");
    }
    let ((pictures, ours), (same, candle)) =
        (place.pool5("ours.safetensors"), place.pool5("candle.safetensors"));
    assert_eq!(flat(&pictures.to_dtype(DType::F32).unwrap()), flat(&same.to_dtype(DType::F32).unwrap()));
    let (ours, candle) = (flat(&ours), flat(&candle));
    let largest = candle.iter().fold(0f32, |most, value| most.max(value.abs()));
    let difference = ours.iter().zip(&candle).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
    assert!(largest > 0.1, "{largest}");
    assert!(difference < 1e-3 * largest, "{difference} of {largest}");
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let place = Place::new();
    for (options, reason) in [
        (["--batch", "0"], "0 is not in 1..=4096"),
        (["--batch", "many"], "many"),
        (["--threads", "0"], "0 is not in"),
        (["--rounds", "-1"], "-1"),
        (["--only", "tea"], "decode, body, fit, lesson"),
        (["--body", "int8"], "f32, bf16, candle"),
        (["--fit-images", "0"], "0 is not in"),
    ] {
        let err = place.bench(&options).ends(2).err;
        assert!(err.contains(reason) && err.contains("--help"), "{options:?}: {err}");
    }
}

#[test]
fn what_cannot_be_measured_ends_with_1_and_a_reason() {
    let place = Place::new().with_pictures();
    for (options, reason) in [
        (vec!["--data", "nowhere"], "nowhere"),
        (vec!["--data", "pictures/train", "--only", "body"], "sevenlines setup"),
        (vec!["--data", "pictures/train", "--only", "lesson"], "has no train and valid"),
        (vec!["--only", "decode", "--save-pool5", "x"], "add body to --only"),
    ] {
        let outcome = place.bench(&options).ends(1);
        assert_eq!(outcome.out, "", "{options:?}");
        let said: Vec<&str> = outcome.err.lines().filter(|line| line.contains("error: ")).collect();
        assert!(said.len() == 1 && said[0].contains(reason), "{options:?}: {}", outcome.err);
    }
}

#[test]
fn without_data_the_pictures_are_those_that_a_notebook_finds() {
    let place = Place::new().with_pictures();
    std::fs::create_dir(place.path("data")).expect("creates");
    std::fs::rename(place.path("pictures"), place.path("data/dogscats")).expect("moves");
    let json = place.bench(&["--json", "--only", "decode", "--rounds", "1"]).ends(0).json();
    let folder = Path::new(json["pictures"].as_str().unwrap_or_default()).to_owned();
    assert!(folder.ends_with("data/dogscats/train"), "{}", folder.display());
}
