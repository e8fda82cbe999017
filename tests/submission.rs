//! From a test folder to the file that a competition takes, and back.

mod support;

use sevenlines::data::sorting::SortOptions;
use sevenlines::data::{BatchOptions, Batches, kaggle_form, sort_pictures};
use sevenlines::learner::Probs;
use sevenlines::submission::{Submission, clip_losses};
use sevenlines::utils::do_clip;
use std::path::Path;
use support::installed::vgg16;
use support::pictures::{classes, write};

/// A test folder of these files.
fn opened(folder: &Path, names: &[&str]) -> Batches {
    for (n, name) in names.iter().enumerate() {
        write(folder, name, n as u8);
    }
    let options = BatchOptions { shuffle: false, unlabelled: true, ..Default::default() };
    Batches::open(folder, 4, options, 0).unwrap()
}

fn two(rows: &[f32]) -> Probs {
    let rows = rows.iter().map(|&dog| vec![1.0 - dog, dog]).collect();
    Probs { classes: vec!["cats".into(), "dogs".into()], rows }
}

/// For each picture a probability that its file's number tells.
fn by_number(batches: &Batches) -> Probs {
    let number = |item: &sevenlines::data::Item| {
        let stem = item.path.file_stem().unwrap().to_string_lossy().into_owned();
        stem.parse::<f32>().unwrap() / 1000.0
    };
    two(&batches.items().iter().map(number).collect::<Vec<f32>>())
}

fn ids(submission: &Submission) -> Vec<&str> {
    submission.rows().iter().map(|row| row.id.as_str()).collect()
}

#[test]
fn ids_are_numbers_sorted_as_numbers_with_their_own_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(folder.path(), &["10.png", "9.jpg", "123.bmp", "2.jpeg", "0100.PNG"]);
    let probs = by_number(&batches);
    let submission = Submission::new(&batches, &probs, "dogs").unwrap();
    assert_eq!(submission.columns(), ["label"]);
    assert_eq!(ids(&submission), ["2", "9", "10", "100", "123"]);
    for row in submission.rows() {
        assert_eq!(row.probs, [row.id.parse::<f32>().unwrap() / 1000.0]);
    }
    let cats = Submission::new(&batches, &probs, "cats").unwrap();
    assert!((cats.rows()[0].probs[0] - 0.998).abs() < 1e-6);
    submission.check(&batches).unwrap();
    let error = Submission::new(&batches, &probs, "birds").unwrap_err().to_string();
    assert_eq!(error, "there is no class \"birds\" among cats, dogs");
}

#[test]
fn a_test_folder_may_have_its_pictures_in_a_folder_beside_one_and_both() {
    for (names, expected) in [
        (vec!["1.jpg", "2.png"], vec!["1", "2"]),
        (vec!["unknown/1.jpg", "unknown/2.JPG", "unknown/10.png"], vec!["1", "2", "10"]),
        (vec!["3.bmp", "unknown/1.jpg", "unknown/more/2.png"], vec!["1", "2", "3"]),
        (vec!["photo.png", "cat.7.jpg", "5.png"], vec!["5", "cat.7.jpg", "photo.png"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let batches = opened(folder.path(), &names);
        let submission = Submission::new(&batches, &two(&vec![0.5; names.len()]), "dogs").unwrap();
        assert_eq!(ids(&submission), expected);
    }
}

#[test]
fn more_classes_have_a_column_each() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(folder.path(), &["2.png", "1.png"]);
    let rows = vec![vec![0.2, 0.3, 0.5], vec![1.000_001, 0.0, 0.0]];
    let probs = Probs { classes: vec!["cat".into(), "dog, large".into(), "fox".into()], rows };
    let submission = Submission::all_classes(&batches, &probs).unwrap();
    let file = folder.path().join("all.csv");
    submission.write(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, "id,cat,\"dog, large\",fox\n1,0.2,0.3,0.5\n2,1,0,0\n");
    assert_eq!(Submission::read(&file).unwrap(), submission);
}

#[test]
fn what_is_written_reads_back_to_the_last_digit() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["1.png", "2.png", "a \"b\", c.png", "3.png"];
    let batches = opened(&folder.path().join("test"), &names);
    let submission = Submission::new(&batches, &two(&[1e-9, 0.1, 1.0 / 3.0, 0.975]), "dogs").unwrap();
    let file = folder.path().join("submission.csv");
    for _again in 0..2 {
        submission.write(&file).unwrap();
        assert_eq!(Submission::read(&file).unwrap(), submission);
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("id,label\n1,0.000000001\n2,0.1\n3,0.33333334\n"), "{text}");
    assert!(text.ends_with("\"a \"\"b\"\", c.png\",0.975\n"), "{text}");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let error = submission.write(folder.path().join("none/submission.csv")).unwrap_err().to_string();
    assert!(error.contains("could not write") && error.contains("none/submission.csv"), "{error}");
    assert_eq!(submission.to_string(), "submission of 4 rows: id,label");
}

#[test]
fn probabilities_that_are_none_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(folder.path(), &["1.png", "2.png"]);
    for (prob, shown) in [(f32::NAN, "NaN"), (1.2, "1.2"), (-0.1, "-0.1"), (f32::INFINITY, "inf")] {
        let error = Submission::new(&batches, &two(&[0.5, prob]), "dogs").unwrap_err().to_string();
        assert!(
            error.contains("2.png: ") && error.contains(&format!("{shown} is no probability")),
            "{error}"
        );
    }
    let error = Submission::new(&batches, &two(&[0.5]), "dogs").unwrap_err().to_string();
    assert!(error.starts_with("1 rows of probabilities are not of these 2 pictures"), "{error}");
    let uneven = Probs { classes: vec!["a".into(), "b".into()], rows: vec![vec![0.5, 0.5], vec![1.0]] };
    for made in [Submission::new(&batches, &uneven, "b"), Submission::all_classes(&batches, &uneven)] {
        let error = made.unwrap_err().to_string();
        assert!(error.contains("2.png: it has "), "{error}");
    }
}

#[test]
fn two_pictures_of_one_id_are_both_named() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(folder.path(), &["7.png", "8.png", "007.jpg"]);
    let error = Submission::new(&batches, &two(&[0.1, 0.2, 0.3]), "dogs").unwrap_err().to_string();
    assert!(error.contains("the id 7,") && error.contains("/7.png") && error.contains("/007.jpg"), "{error}");
}

#[test]
fn a_bad_file_is_told_of_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kaggle.csv");
    for (text, reason) in [
        ("", "it is empty"),
        ("id,label\n", "it has no rows"),
        ("id\n1\n", "line 1 has no column after id"),
        ("image,label\n1,0.5\n", "line 1 begins with \"image\" and not with id"),
        ("id,label\n1,0.5\n2,NaN\n", "line 3: NaN is no probability between 0 and 1"),
        ("id,label\n1,0.5\n2,1.5\n", "line 3: 1.5 is no probability between 0 and 1"),
        ("id,label\n1,-0.1\n", "line 2: -0.1 is no probability between 0 and 1"),
        ("id,label\n1,dog\n", "line 2: \"dog\" is no number"),
        ("id,label\n1,0.5\n2,0.5\n\n1,0.5\n", "line 5: it has the id 1, as line 2 has"),
        ("id,label\r\n1,0.5\r\n\r\n2,dog\r\n", "line 4: \"dog\" is no number"),
        ("id,label\n\"a\nb\",0.5\n2,dog\n", "line 4: \"dog\" is no number"),
        ("id,label\n1,0.5\n2\n", "line 3: it has 0 values for 1 columns"),
        ("id,label\n1,0.5,0.5\n", "line 2: it has 2 values for 1 columns"),
        ("id,label\n,0.5\n", "line 2: it has no id"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Submission::read(&file).unwrap_err().to_string();
        assert!(error.contains(&format!("kaggle.csv is damaged: {reason};")), "{text:?}: {error}");
    }
    std::fs::write(&file, b"id,label\n\xff,0.5\n").unwrap();
    assert_eq!(Submission::read(&file).unwrap_err().name(), "Corrupt");
    assert_eq!(Submission::read(folder.path().join("none.csv")).unwrap_err().name(), "Missing");
    // As spreadsheets write: a mark at the beginning, two characters at each end.
    std::fs::write(&file, "\u{feff}id,label\r\n1,0.5\r\n2, 0.25\r\n").unwrap();
    let submission = Submission::read(&file).unwrap();
    assert_eq!((ids(&submission), submission.rows()[1].probs[0]), (vec!["1", "2"], 0.25));
}

#[test]
fn a_submission_of_other_pictures_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(&folder.path().join("test"), &["1.png", "2.png", "3.png"]);
    let file = folder.path().join("short.csv");
    std::fs::write(&file, "id,label\n1,0.5\n3,0.5\n").unwrap();
    let error = Submission::read(&file).unwrap().check(&batches).unwrap_err().to_string();
    assert!(
        error.starts_with("the submission has 2 rows for 3 pictures; 2 (") && error.ends_with(" lacks"),
        "{error}"
    );
    std::fs::write(&file, "id,label\n1,0.5\n2,0.5\n3,0.5\n4,0.5\n").unwrap();
    let error = Submission::read(&file).unwrap().check(&batches).unwrap_err().to_string();
    assert_eq!(error, "the submission has 4 rows for 3 pictures; there is no picture 4");
}

#[test]
fn clipping_pays_where_there_is_a_confident_mistake() {
    // 19 right and sure, one wrong and sure.
    let probs = two(&[1.0; 20]);
    let labels: Vec<u32> = (0..20).map(|n| u32::from(n > 0)).collect();
    let losses = clip_losses(&probs, &labels, &[0.999, 0.99, 0.95, 0.9, 0.75]).unwrap();
    for at in &losses.clips {
        let by_hand = -(19.0 * at.clip.ln() + (1.0 - at.clip).ln()) / 20.0;
        assert!((at.log_loss - by_hand).abs() < 1e-5, "{at:?}, and by hand {by_hand}");
        assert!(at.log_loss < losses.unclipped);
    }
    // One wrong in twenty: the least loss is at 19/20.
    assert_eq!(losses.best(), Some(0.95));
    let text = losses.to_string();
    assert!(text.lines().any(|line| line.starts_with("at most 0.95") && line.ends_with("best")), "{text}");
    assert_eq!(text.matches("best").count(), 1);
    assert!(losses.plot().unwrap().svg().contains("Log-loss (nats) by clip"));

    let right = clip_losses(&two(&[1.0; 3]), &[1, 1, 1], &[0.99, 0.9]).unwrap();
    assert_eq!((right.best(), right.unclipped), (None, 0.0));
    assert!(right.to_string().lines().any(|line| line.starts_with("not clipped") && line.ends_with("best")));
    for (labels, clips) in [(vec![1, 1], vec![0.9]), (vec![1; 3], vec![0.4]), (vec![1; 3], vec![1.0])] {
        clip_losses(&two(&[1.0; 3]), &labels, &clips).unwrap_err();
    }
    clip_losses(&two(&[]), &[], &[0.9]).unwrap_err();
}

#[test]
fn a_score_is_the_log_loss_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let batches = opened(folder.path(), &["2.png", "1.png"]);
    // In the folder's order, 1.png comes first.
    let two = Submission::new(&batches, &two(&[0.9, 0.2]), "dogs").unwrap();
    assert!((two.score(&[1, 0]).unwrap() + (0.9f32.ln() + 0.8f32.ln()) / 2.0).abs() < 1e-6);
    assert!((two.score(&[0, 0]).unwrap() + (0.1f32.ln() + 0.8f32.ln()) / 2.0).abs() < 1e-6);
    let rows = vec![vec![0.2, 0.3, 0.5], vec![0.7, 0.2, 0.1]];
    let three = Probs { classes: ["a", "b", "c"].map(str::to_owned).to_vec(), rows };
    let three = Submission::all_classes(&batches, &three).unwrap();
    assert!((three.score(&[2, 1]).unwrap() + (0.5f32.ln() + 0.2f32.ln()) / 2.0).abs() < 1e-6);
    assert!(
        three.score(&[2]).unwrap_err().to_string().contains("1 labels are not of a submission of 2 rows")
    );
}

/// A divided set as `dogs_vs_cats()` returns one.
fn divided(folder: &Path, dogs: &str) -> std::path::PathBuf {
    classes(&folder.join("train"), &[("cats", 12), (dogs, 11)]);
    classes(&folder.join("valid"), &[("cats", 2), (dogs, 3)]);
    folder.to_owned()
}

#[test]
fn kaggles_form_of_a_set_sorts_into_folders_again() {
    let folder = tempfile::tempdir().unwrap();
    let set = divided(&folder.path().join("set"), "dogs");
    let (kaggle, redux) = (folder.path().join("kaggle"), folder.path().join("redux"));
    let mut labels = Vec::new();
    for _again in 0..2 {
        labels = kaggle_form(&set, &kaggle).unwrap();
        let exists = |name: &str| kaggle.join(name).is_file();
        assert!(exists("train/cat.0.png") && exists("train/cat.11.png") && !exists("train/cat.12.png"));
        assert!(exists("train/dog.10.png") && exists("test/1.png") && exists("test/5.png"));
        assert!(!exists("test/0.png") && !exists("test/6.png"));
        let report = sort_pictures(&kaggle, &redux, SortOptions::default()).unwrap();
        assert_eq!((report.train, report.valid, report.unknown), ([10, 9], [2, 2], 5));
    }
    let same = |a: &Path, b: &Path| std::fs::read(a).unwrap() == std::fs::read(b).unwrap();
    let originals = Batches::open(set.join("valid"), 1, BatchOptions::default(), 0).unwrap();
    for n in 1..=5 {
        let file = redux.join(format!("test/unknown/{n}.png"));
        let from: Vec<u32> =
            originals.items().iter().filter(|item| same(&item.path, &file)).map(|item| item.class).collect();
        assert_eq!(from, [labels[n - 1]], "{n}.png");
    }
    let error = kaggle_form(&set, folder.path().join("set")).unwrap_err().to_string();
    assert!(error.contains("was not made by sevenlines"), "{error}");
    let wolves = divided(&folder.path().join("wolves"), "wolves");
    let error = kaggle_form(&wolves, folder.path().join("other")).unwrap_err().to_string();
    assert!(error.contains("[\"cats\", \"wolves\"], and the competition cats and dogs"), "{error}");
    assert!(!folder.path().join("other").exists());
}

#[test]
fn a_trained_model_s_test_becomes_a_submission() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let train = classes(&folder.path().join("train"), &[("cats", 3), ("dogs", 3)]);
    let batches = vgg.get_batches(&train, 3).unwrap();
    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &batches, 5).unwrap();
    // The training pictures under other names: what is learnt tells whether each id has
    // its own picture's probability.
    let test = folder.path().join("test");
    std::fs::create_dir_all(test.join("unknown")).unwrap();
    let names = ["unknown/12.png", "3.png", "unknown/200.PNG", "1.png", "20.png", "unknown/4.png"];
    for (item, name) in batches.items().iter().zip(names) {
        std::fs::copy(&item.path, test.join(name)).unwrap();
    }
    let probs = vgg.probs(&batches).unwrap();
    let (tested, found) = vgg.test(&test, 4).unwrap();
    assert_eq!((tested.len(), tested.classes()), (6, ["unknown".to_owned()].as_slice()));
    let submission = Submission::new(&tested, &do_clip(&found, 0.98).unwrap(), "dogs").unwrap();
    let clipped = do_clip(&probs, 0.98).unwrap();
    for (row, (id, index)) in
        submission.rows().iter().zip([("1", 3), ("3", 1), ("4", 5), ("12", 0), ("20", 4), ("200", 2)])
    {
        let expected = clipped.rows[index][1];
        assert!(row.id == id && (row.probs[0] - expected).abs() < 1e-4, "{row:?}, not {id} {expected}");
        assert_eq!(row.probs[0] > 0.5, index >= 3, "{row:?}: the model knows its own pictures");
    }
    let file = folder.path().join("submission.csv");
    submission.write(&file).unwrap();
    Submission::read(&file).unwrap().check(&tested).unwrap();
}
