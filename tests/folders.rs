//! Any folder of folders: nested, named in any language, lopsided, with other things
//! among the pictures; 2 to 100 classes; and what does not fit is said clearly.

mod support;

use sevenlines::data::{BatchOptions, Batches, split_folder};
use sevenlines::show;
use sevenlines::utils::{confusion_matrix, plot_classes, plot_confusion_matrix, plot_predictions};
use std::path::{Path, PathBuf};
use support::installed::vgg16;
use support::pictures::write;

/// Class names that a photographer in any country may have, sorted as bytes are.
const NAMES: [&str; 5] =
    ["<b>bold & \"quoted\"", "Zürich – a very long name for a class of pictures", "two words", "Кошки", "猫"];

/// How many training pictures each class has: lopsided, one of them alone.
const COUNTS: [usize; 5] = [2, 9, 1, 3, 4];

/// Pictures in the endings and depths that folders have, and what is none beside them.
fn untidy(root: &Path) -> PathBuf {
    let endings = ["png", "JPG", "Jpeg", "BMP", "PNG", "gif", "jpg", "jpeg", "webp"];
    let mut seed = 0;
    for (name, count) in NAMES.iter().zip(COUNTS) {
        for (n, ending) in endings.iter().enumerate().take(count) {
            let deep = if n % 2 == 1 { "2024/summer holiday/" } else { "" };
            seed += 1;
            write(root, &format!("{name}/{deep}{n}.{ending}"), seed);
        }
        for junk in [".DS_Store", "._0.png", "Thumbs.db", "notes.txt", ".hidden/0.png"] {
            let file = root.join(name).join(junk);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "no picture").unwrap();
        }
    }
    std::fs::create_dir(root.join(".ipynb_checkpoints")).unwrap();
    std::fs::write(root.join(".DS_Store"), "no picture").unwrap();
    std::fs::write(root.join("labels.csv"), "id,label").unwrap();
    root.to_owned()
}

#[test]
fn the_seven_lines_take_any_folder_of_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = untidy(&folder.path().join("train"));
    let batch_size = 4;
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(&path, batch_size).unwrap();
    let val_batches = vgg.get_batches(&path, batch_size * 2).unwrap();
    assert_eq!(batches.to_string(), "Found 19 images belonging to 5 classes.");
    assert_eq!(batches.classes(), NAMES);
    assert_eq!(batches.class_counts(), COUNTS);
    vgg.finetune(&batches).unwrap();
    let history = vgg.fit(&batches, &val_batches, 20).unwrap();
    assert!(history.val_acc() > 0.9, "19 pictures are soon learnt by heart: {history}");

    let probs = vgg.probs(&val_batches).unwrap();
    assert_eq!((probs.len(), probs.classes.len()), (19, 5));
    let counts = confusion_matrix(&val_batches, &probs).unwrap();
    assert_eq!(counts.iter().map(|row| row.iter().sum()).collect::<Vec<usize>>(), COUNTS);
    let svg = plot_confusion_matrix(&val_batches, &probs).unwrap();
    for name in ["Кошки", "猫", "&lt;b&gt;bold &amp; &quot;quoted"] {
        assert!(svg.svg().contains(name), "{name} is not on the plot");
    }
    let grid = plot_predictions(&val_batches, &probs, &[0, 18]).unwrap();
    // The last in the order of the files: those of inner folders come among the others.
    assert_eq!(grid.tiles()[1].caption, "3.BMP");
    let file = &val_batches.items()[17].path;
    let predictions = vgg.predict_files(&[file]).unwrap();
    assert_eq!(predictions.classes[0], NAMES[predictions.idxs[0]]);

    let saved = folder.path().join("head.safetensors");
    vgg.save_weights(&saved).unwrap();
    let mut again = vgg16(1);
    again.load_weights(&saved).unwrap();
    assert_eq!(again.classes(), NAMES);
    assert_eq!(again.predict_files(&[file]).unwrap(), predictions);
}

#[test]
fn two_to_a_hundred_classes() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..100).map(|n| format!("class {n:03}")).collect();
    let mut vgg = vgg16(0);
    for count in [2, 37, 100] {
        // One picture a class; those of fewer classes are among those of more, which
        // the body has seen already.
        let path = folder.path().join(count.to_string());
        for (n, name) in names.iter().enumerate().take(count) {
            write(&path, &format!("{name}/0.png"), n as u8);
        }
        let batches = vgg.get_batches(&path, 64).unwrap();
        vgg.finetune(&batches).unwrap();
        let history = vgg.fit(&batches, &batches, 2).unwrap();
        assert!(history.epochs[1].loss < history.epochs[0].loss, "{count} classes: {history}");
        let probs = vgg.probs(&batches).unwrap();
        assert_eq!(probs.to_string(), format!("probabilities of {count} pictures for {count} classes"));
        for row in &probs.rows {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        }
        assert_eq!(probs.top(0, 5).len(), count.min(5));
        assert_eq!(vgg.summary().outputs(), count);
        let figure = plot_confusion_matrix(&batches, &probs).unwrap();
        assert!(figure.svg().len() < 400_000, "{count} classes: {} bytes", figure.svg().len());
        keep(&format!("confusion_{count}.svg"), figure.svg());
    }
}

/// Puts a picture where one can look at it.
fn keep(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("folders");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_confusion_matrix_of_long_names_has_room_for_them() {
    let counts: Vec<Vec<usize>> =
        (0..5).map(|i| (0..5).map(|j| if i == j { 1234 } else { 7 * i + j }).collect()).collect();
    for normalised in [false, true] {
        let figure = show::confusion_matrix(&counts, &NAMES, normalised).unwrap();
        assert!(figure.to_string().contains(NAMES[1]), "the text has the whole name");
        assert!(!figure.svg().contains(NAMES[1]), "the plot has the beginning");
        keep(&format!("long_names_{normalised}.svg"), figure.svg());
    }
}

#[test]
fn each_class_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let batches = Batches::open(untidy(folder.path()), 4, BatchOptions::default(), 0).unwrap();
    let grid = plot_classes(&batches, 3).unwrap();
    let shown: Vec<(&str, &str)> =
        grid.tiles().iter().map(|tile| (tile.title.as_str(), tile.caption.as_str())).collect();
    let of = |class: &str| -> Vec<&str> {
        shown.iter().filter(|(title, _)| *title == class).map(|(_, file)| *file).collect()
    };
    assert_eq!(NAMES.map(|name| of(name).len()), [2, 3, 1, 3, 3]);
    assert_eq!(of(NAMES[2]), ["0.png"]);
    let error = plot_classes(&batches, 0).unwrap_err().to_string();
    assert!(error.contains("per_class is 0"), "{error}");
}

#[test]
fn a_class_that_valid_lacks_or_has_beyond_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, counts: &[(&str, u8)]| {
        let path = folder.path().join(name);
        for (n, (class, count)) in counts.iter().enumerate() {
            for i in 0..*count {
                write(&path, &format!("{class}/{i}.png"), 2 * n as u8 + i);
            }
        }
        Batches::open(path, 2, BatchOptions::default(), 0).unwrap()
    };
    let train = open("train", &[("cats", 2), ("dogs", 2), ("rabbits", 2)]);
    let lacks = open("lacks", &[("cats", 1), ("dogs", 1)]);
    let more = open("more", &[("cats", 1), ("dogs", 1), ("mice", 1), ("rabbits", 1)]);
    let mut vgg = vgg16(0);
    vgg.finetune(&train).unwrap();
    let mut error = |batches: &Batches| vgg.fit(&train, batches, 1).unwrap_err().to_string();
    assert_eq!(
        error(&lacks),
        "the validation classes are not the model's: they lack \"rabbits\"; use folders of the same names"
    );
    assert_eq!(
        error(&more),
        "the validation classes are not the model's: they have beyond them \"mice\"; use folders of the same \
         names"
    );
    let many: Vec<(String, u8)> = (0..60).map(|n| (format!("class {n}"), 1)).collect();
    let many: Vec<(&str, u8)> = many.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    let long = error(&open("many", &many));
    assert!(long.contains("and 54 more") && long.len() < 300, "{long}");
    assert_eq!(vgg.features_kept(), 0, "all this is said before the body runs");
}

#[test]
fn any_folder_of_folders_is_split() {
    let folder = tempfile::tempdir().unwrap();
    let path = untidy(&folder.path().join("mine"));
    let alone = split_folder(&path, 0.2, 0).unwrap_err().to_string();
    assert!(alone.contains("two words has one picture alone"), "{alone}");
    write(&path, "two words/1.png", 200);
    let split = split_folder(&path, 0.2, 0).unwrap();
    let open = |part: &str| Batches::open(split.join(part), 4, BatchOptions::default(), 0).unwrap();
    let (train, valid) = (open("train"), open("valid"));
    assert_eq!(train.classes(), NAMES);
    assert_eq!(valid.classes(), NAMES);
    assert_eq!(valid.class_counts(), [1, 2, 1, 1, 1], "a fifth, at least one");
    assert_eq!(train.class_counts(), [1, 7, 1, 2, 3]);
    assert_eq!(split_folder(&path, 0.2, 0).unwrap(), split, "again is the same");
}
