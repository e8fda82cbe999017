//! `your_own_photos.ipynb`.

use crate::harness::*;
use serde_json::Value;
use std::path::PathBuf;

fn your_own_photos() -> PathBuf {
    notebook("your_own_photos.ipynb")
}

/// The output of the code cell whose source has `mark` in it, as text.
#[track_caller]
fn said(notebook: &Notebook, mark: &str) -> String {
    let cell: &Value = notebook
        .code()
        .into_iter()
        .find(|cell| joined(&cell["source"]).contains(mark))
        .unwrap_or_else(|| panic!("no cell has {mark}"));
    let text = |output: &&Value| joined(&output["text"]) + &joined(&output["data"]["text/plain"]) + "\n";
    outputs(cell).iter().map(text).collect()
}

/// The numbers of a table's rows.
fn numbers(table: &str) -> Vec<Vec<f64>> {
    let row = |line: &str| line.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<f64>>();
    table.lines().map(row).filter(|row| row.len() >= 3).collect()
}

fn val_accs(text: &str) -> Vec<f64> {
    text.lines()
        .filter_map(|line| line.rsplit_once("val_acc: ")?.1.split_whitespace().next()?.parse().ok())
        .collect()
}

/// What every executed notebook must have on `classes` classes with so many pictures in
/// `train` and in `valid`; the accuracy after the first epoch.
#[track_caller]
fn is_complete(notebook: &Notebook, classes: usize, train: usize, valid: usize) -> f64 {
    is_executed(notebook);
    let lines = notebook.said();
    let found = format!(
        "Found {train} images belonging to {classes} classes.\nFound {valid} images belonging to {classes} classes."
    );
    assert!(lines.contains(&found), "{lines}");
    let split = said(notebook, "split_folder(");
    assert!(split.contains(&format!("Found {} images belonging to {classes}", classes * 8)), "{split}");
    assert!(split.contains(&format!("Found {} images belonging to {classes}", classes * 2)), "{split}");

    // A row a class: precision, recall and F1 between 0 and 1, and the counts add up.
    let rows = numbers(&said(notebook, "interp.per_class()"));
    assert_eq!(rows.len(), classes, "{rows:?}");
    assert!(rows.iter().all(|row| row.iter().filter(|number| (0.0..=1.0).contains(*number)).count() >= 3));
    let matrix = numbers_of_matrix(&said(notebook, "interp.confusion_matrix()"), classes);
    assert_eq!(matrix.iter().flatten().sum::<f64>(), valid as f64, "{matrix:?}");

    // The share on the diagonal is the accuracy of the last epoch trained before it.
    let right: f64 = (0..classes).map(|class| matrix[class][class]).sum();
    let more = val_accs(&said(notebook, "nb_epoch: 4"));
    let last = *more.last().expect("more epochs");
    assert!((right / valid as f64 - last).abs() < 0.0051, "{right} of {valid}, but val_acc {last}");

    let answer = said(notebook, "Probability of each class");
    let probs: f64 =
        answer.lines().filter_map(|line| line.split_whitespace().last()?.parse::<f64>().ok()).sum();
    assert!((probs - 1.0).abs() < 0.01, "{answer}");
    assert!(said(notebook, "load_weights").contains("bytes, classes ["));
    let resnet = said(notebook, "Backbone::ResNet18");
    assert!(
        !val_accs(&resnet).is_empty() || resnet.contains("sevenlines setup --backbone resnet18"),
        "neither trained nor told how: {resnet}"
    );
    let html = notebook.html();
    let plots = html.matches("src=\"data:image/svg+xml;base64,").count();
    assert!(plots >= 5, "counts, history, two matrices, probabilities: {plots}");
    let pictures = html.matches("src=\"data:image/jpeg;base64,").count();
    assert!(pictures >= 4 * classes + 9, "{pictures} pictures");
    val_accs(&lines)[0]
}

/// The counts of a confusion matrix's text: names, then a number for each class.
#[track_caller]
fn numbers_of_matrix(text: &str, classes: usize) -> Vec<Vec<f64>> {
    let row = |line: &str| {
        line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).collect::<Vec<f64>>()
    };
    let rows: Vec<Vec<f64>> = text.lines().map(row).filter(|row| row.len() == classes).collect();
    assert_eq!(rows.len(), classes, "{text}");
    rows
}

#[test]
fn your_own_photos_runs_on_five_drawn_kinds() {
    let (executed, page) = execute(&your_own_photos(), "your_own_photos", &[]);
    let val_acc = is_complete(&executed, 5, 300, 100);
    println!("val_acc {val_acc} on five drawn kinds");
    assert!((0.85..1.0).contains(&val_acc), "some are to be wrong, and most right: {val_acc}");
    assert_eq!(Notebook::read(&your_own_photos()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn your_own_photos_runs_on_a_folder_of_ones_own() {
    let Some(data) = photographs("your_own_photos_runs_on_a_folder_of_ones_own") else { return };
    let (executed, _) =
        execute(&your_own_photos(), "your_own_photos_data", &["--data", &data, "--seed", "0"]);
    let val_acc = is_complete(&executed, 2, 395, 98);
    println!("val_acc {val_acc} on photographs");
    assert!((0.97..=1.0).contains(&val_acc), "{val_acc}");
}

#[test]
fn the_committed_your_own_photos_is_executed_and_says_nothing_of_the_machine() {
    let committed = committed(&your_own_photos());
    let val_acc = is_complete(&committed, 5, 300, 100);
    assert!((0.85..1.0).contains(&val_acc), "{val_acc}");
}
