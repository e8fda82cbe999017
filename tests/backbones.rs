//! The seven lines on each backbone, with weights made by formulas and small pictures:
//! that all of a learner's methods work, and what is said where they cannot.
//! (That the features are right, lib/src/backbone/golden_tests.rs shows.)

mod support;

use candle_core::Tensor;
use sevenlines::conv::Precision;
use sevenlines::{Backbone, Error, Learner};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use support::{checkpoints, pictures};
use tempfile::TempDir;

/// All but VGG16, which the other tests are about.
fn others() -> impl Iterator<Item = Backbone> {
    Backbone::ALL.into_iter().filter(|backbone| *backbone != Backbone::Vgg16)
}

fn learner(backbone: Backbone, weights: &Path) -> Learner {
    Learner::builder(backbone).weights(weights).seed(1).keep_features(false).build().unwrap()
}

/// Weights, and a folder of pictures: two and one of each of two classes.
struct World {
    folder: TempDir,
    weights: PathBuf,
}

impl World {
    fn new(backbone: Backbone) -> World {
        let folder = tempfile::tempdir().unwrap();
        pictures::classes(&folder.path().join("train"), &[("cats", 2), ("dogs", 2)]);
        pictures::write(&folder.path().join("valid/cats"), "7.png", 7);
        pictures::write(&folder.path().join("valid/dogs"), "7.png", 107);
        let weights = checkpoints::write(backbone.id(), folder.path());
        World { folder, weights }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn seven_lines(backbone: Backbone) {
    let world = World::new(backbone);
    let mut model = learner(backbone, &world.weights);
    assert_eq!((model.backbone(), model.features().width()), (backbone, backbone.width()));
    let batches = model.get_batches(world.path("train"), 4).unwrap();
    let val_batches = model.get_batches(world.path("valid"), 8).unwrap();
    model.finetune(&batches).unwrap();
    model.set_lr(0.001).unwrap();
    let history = model.fit(&batches, &val_batches, 8).unwrap();
    let losses: Vec<f32> = history.epochs.iter().map(|epoch| epoch.loss).collect();
    assert!(losses.iter().all(|loss| loss.is_finite()) && losses[7] < losses[0], "{backbone}: {losses:?}");
    assert_eq!(model.features_kept(), 6, "{backbone} looks at each picture once");

    let summary = model.summary();
    assert_eq!(summary.trainable(), 2 * (backbone.width() + 1));
    assert_eq!(summary.parameters(), backbone.parameters() + summary.trainable());
    assert!(model.to_string().starts_with(backbone.name()), "{model}");

    let evaluation = model.evaluate(&val_batches).unwrap();
    assert_eq!(evaluation.loss, history.epochs[7].val_loss);
    let probs = model.probs(&val_batches).unwrap();
    assert!(probs.rows.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    let batch = (&val_batches).into_iter().next().unwrap().unwrap();
    let predictions = model.predict(&batch.images, false).unwrap();
    let files: Vec<&Path> = batch.indices.iter().map(|&at| val_batches.items()[at].path.as_path()).collect();
    let of_files = model.predict_files(&files).unwrap();
    for (at, &index) in batch.indices.iter().enumerate() {
        assert!(close(&predictions.all.rows[at], &probs.rows[index]), "{backbone}: {predictions}");
        assert!(close(&of_files.all.rows[at], &probs.rows[index]), "{backbone}: {of_files}");
    }
    assert_eq!(model.logits(&batch.images.narrow(0, 0, 1).unwrap()).unwrap().dims(), [1, 2]);
    let (unlabelled, tested) = model.test(world.path("valid"), 3).unwrap();
    assert_eq!((unlabelled.len(), tested.len()), (2, 2));
    assert!(tested.rows.iter().zip(&probs.rows).all(|(a, b)| close(a, b)));

    let head = world.path("head.safetensors");
    model.save_weights(&head).unwrap();
    let mut again = learner(backbone, &world.weights);
    again.load_weights(&head).unwrap();
    assert_eq!(again.classes(), ["cats", "dogs"]);
    assert!(again.probs(&val_batches).unwrap().rows.iter().zip(&probs.rows).all(|(a, b)| close(a, b)));
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
}

#[test]
fn seven_lines_on_resnet18() {
    seven_lines(Backbone::ResNet18);
}

#[test]
fn seven_lines_on_resnet50() {
    seven_lines(Backbone::ResNet50);
}

#[test]
fn seven_lines_on_convnext() {
    seven_lines(Backbone::ConvNextTiny);
}

#[test]
fn seven_lines_on_mobilenet() {
    seven_lines(Backbone::MobileNetV4);
}

#[test]
fn seven_lines_on_dinov2() {
    seven_lines(Backbone::DinoV2Small);
}

#[test]
fn what_only_vgg16_can_do_is_one_clear_error() {
    let world = World::new(Backbone::MobileNetV4);
    let mut model = learner(Backbone::MobileNetV4, &world.weights);
    let images = Tensor::zeros((1, 3, 224, 224), candle_core::DType::F32, model.device()).unwrap();
    let before_finetune = model.predict(&images, false).unwrap_err();
    model.ft(2).unwrap();
    let precise =
        Learner::builder(Backbone::MobileNetV4).weights(&world.weights).precision(Precision::Single);
    let conv = model.weights().conv(1, 1, model.device()).unwrap_err();
    let errors = [
        before_finetune,
        model.pool5(&images).unwrap_err(),
        model.unfreeze("block5").unwrap_err(),
        precise.build().unwrap_err(),
        conv,
    ];
    for error in errors {
        assert!(matches!(error, Error::NeedsVgg16 { backbone: Backbone::MobileNetV4, .. }), "{error}");
        assert!(error.to_string().contains("this model is a MobileNetV4-Small"), "{error}");
    }
    // The model is none the worse for it.
    model.freeze();
    assert_eq!(model.logits(&images).unwrap().dims(), [1, 2]);
    let error = model.predict(&images.narrow(2, 0, 100).unwrap(), false).unwrap_err().to_string();
    assert!(error.contains("(N, 3, 224, 224)"), "{error}");
}

#[test]
fn a_head_of_another_backbone_is_refused() {
    let (small, large) = (World::new(Backbone::MobileNetV4), World::new(Backbone::ResNet18));
    let mut model = learner(Backbone::MobileNetV4, &small.weights);
    model.ft(3).unwrap();
    let head = small.path("head.safetensors");
    model.save_weights(&head).unwrap();
    let mut other = learner(Backbone::ResNet18, &large.weights);
    other.ft(2).unwrap();
    let error = other.load_weights(&head).unwrap_err().to_string();
    assert!(error.contains("was trained on MobileNetV4-Small, and this model is a ResNet-18"), "{error}");
    assert_eq!(other.classes().len(), 2, "the model keeps what it had");
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let world = World::new(Backbone::MobileNetV4);
    let open = |backbone: Backbone, file: &Path| {
        Learner::builder(backbone).weights(file).keep_features(false).build().unwrap_err().to_string()
    };
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(world.path(name), bytes).unwrap();
        world.path(name)
    };
    let error = open(Backbone::ResNet18, &world.weights);
    assert!(error.contains("no tensor conv1.weight") && error.contains("ResNet-18"), "{error}");
    assert!(error.contains("setup --backbone resnet18"), "{error}");

    let whole = std::fs::read(&world.weights).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 1000] {
        let error = open(Backbone::MobileNetV4, &write("cut.safetensors", &whole[..length]));
        assert!(error.contains("damaged") && error.contains("setup --backbone mobilenetv4"), "{error}");
    }
    let error = open(Backbone::MobileNetV4, &world.path("nowhere.safetensors"));
    assert!(error.contains("nowhere.safetensors does not exist"), "{error}");

    // A tensor that candle's network would go without, silently.
    let mut tensors = checkpoints::tensors("mobilenetv4");
    tensors.retain(|(name, _)| name != "blocks.2.0.dw_start.conv.weight");
    let error = open(Backbone::MobileNetV4, &write("less.safetensors", &checkpoints::bytes(&tensors)));
    assert!(error.contains("parameters in place of 2493024"), "{error}");

    let mut tensors = checkpoints::tensors("mobilenetv4");
    tensors[0].1 = Tensor::zeros((32, 3, 5, 5), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
    let error = open(Backbone::MobileNetV4, &write("wide.safetensors", &checkpoints::bytes(&tensors)));
    assert!(error.contains("conv_stem.weight has shape [32, 3, 5, 5], not [32, 3, 3, 3]"), "{error}");
}

/// What the children are told by the environment: the folder of a world, whose weights
/// are MobileNetV4's and ResNet-18's.
const WORLD: &str = "SEVENLINES_TEST_WORLD";

/// Runs `child` here in a process of its own, at home in `folder`; what it printed.
fn run(child: &str, folder: &Path, backbone: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", child, "--ignored", "--nocapture"]).env_clear();
    command.env("HOME", folder).env(WORLD, folder).env("BACKBONE", backbone);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The body looks at all pictures of a world, unless their features are stored.
#[test]
#[ignore = "another test runs it, in a process of its own"]
fn looking_child() {
    let (Some(folder), Ok(backbone)) = (std::env::var_os(WORLD), std::env::var("BACKBONE")) else { return };
    let folder = PathBuf::from(folder);
    let weights = folder.join(format!("{backbone}.safetensors"));
    let mut model = Learner::builder(backbone.parse().unwrap()).weights(weights).build().unwrap();
    let batches = model.get_batches(folder.join("train"), 4).unwrap();
    model.finetune(&batches).unwrap();
    println!("probs {:?}", model.probs(&batches).unwrap().rows);
}

#[test]
fn features_are_stored_under_the_backbone() {
    let world = World::new(Backbone::MobileNetV4);
    checkpoints::write("resnet18", world.folder.path());
    let probs = |text: &str| text.lines().find_map(|line| line.strip_prefix("probs ").map(str::to_owned));
    let first = run("looking_child", world.folder.path(), "mobilenetv4");
    assert!(first.contains("MobileNetV4-Small looked at 4 images"), "{first}");
    let again = run("looking_child", world.folder.path(), "mobilenetv4");
    assert!(!again.contains("looked at") && probs(&first).is_some(), "{again}");
    assert_eq!(probs(&first), probs(&again));
    let other = run("looking_child", world.folder.path(), "resnet18");
    assert!(other.contains("ResNet-18 looked at 4 images"), "{other}");
}

/// What `Learner::new` says of each backbone.
#[test]
#[ignore = "another test runs it, in a process of its own"]
fn finding_child() {
    for backbone in Backbone::ALL {
        match Learner::new(backbone) {
            Ok(model) => println!("found {}", model.weights()),
            Err(error) => println!("{}: {error}", error.name()),
        }
    }
}

#[test]
fn weights_are_found_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let ask = || run("finding_child", folder.path(), "");
    let text = ask();
    for backbone in others() {
        assert!(text.contains(&format!("NoBackbone: no weights of {backbone} found in ")), "{text}");
        assert!(text.contains(&format!("run `sevenlines setup --backbone {}`", backbone.id())), "{text}");
    }
    // The hub's cache, as a download leaves it.
    let repository = "models--timm--mobilenetv4_conv_small.e2400_r224_in1k";
    let cache = folder.path().join(".cache/huggingface/hub").join(repository);
    std::fs::create_dir_all(cache.join("snapshots/1f")).unwrap();
    std::fs::create_dir_all(cache.join("refs")).unwrap();
    std::fs::write(cache.join("refs/main"), "1f").unwrap();
    let bytes = checkpoints::bytes(&checkpoints::tensors("mobilenetv4"));
    std::fs::write(cache.join("snapshots/1f/model.safetensors"), &bytes).unwrap();
    let text = ask();
    let found =
        "found MobileNetV4-Small, timm/mobilenetv4_conv_small.e2400_r224_in1k from the Hugging Face hub";
    assert!(text.contains(found), "{text}");
    // One's own file goes first.
    let own = folder.path().join(".cache/sevenlines/weights");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("mobilenetv4.safetensors"), &bytes).unwrap();
    let text = ask();
    assert!(text.contains("found MobileNetV4-Small, from "), "{text}");
}

#[test]
fn every_tensor_of_timms_is_used() {
    for backbone in others() {
        let counted = |name: &str| !name.contains("running_");
        let tensors = checkpoints::tensors(backbone.id());
        let parameters =
            tensors.iter().filter(|(name, _)| counted(name)).map(|(_, tensor)| tensor.elem_count());
        // Network::load wants as many, each by its name.
        assert_eq!(parameters.sum::<usize>(), backbone.parameters(), "{backbone}");
    }
}

/// Run it alone: `cargo test --release -p sevenlines --test backbones speed -- --ignored --nocapture`.
#[test]
#[ignore = "takes a minute and measures alone"]
fn speed() {
    for backbone in others() {
        let folder = tempfile::tempdir().unwrap();
        pictures::classes(folder.path(), &[("cats", 16), ("dogs", 16)]);
        let weights = tempfile::tempdir().unwrap();
        let weights = checkpoints::write(backbone.id(), weights.path());
        let started = Instant::now();
        let mut model = learner(backbone, &weights);
        let load = started.elapsed().as_secs_f64();
        let batches = model.get_batches(folder.path(), 16).unwrap();
        model.finetune(&batches).unwrap();
        let started = Instant::now();
        model.probs(&batches).unwrap();
        let rate = 32.0 / started.elapsed().as_secs_f64();
        println!("{backbone}: opened in {load:.2} s, {rate:.1} images/s");
    }
}
