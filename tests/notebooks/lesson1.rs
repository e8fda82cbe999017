//! `lesson1.ipynb`.

use crate::harness::*;
use std::path::{Path, PathBuf};

fn lesson() -> PathBuf {
    notebook("lesson1.ipynb")
}

/// The validation accuracy in the line of the only epoch.
fn val_acc(said: &str) -> f64 {
    let line = said.lines().find(|line| line.starts_with("Epoch 1/1 - ")).expect("an epoch's line");
    let number = line.rsplit_once("val_acc: ").expect("its val_acc").1;
    number.trim().parse().expect("a number")
}

/// What every executed lesson must have, committed or made just now.
#[track_caller]
fn is_complete(notebook: &Notebook) {
    is_executed(notebook);
    let said = notebook.said();
    assert!(said.contains("Found 300 images belonging to 2 classes.\nFound 100 images"), "{said}");
    assert!(said.contains("Weights: VGG16's convolution base, the Oxford Visual Geometry Group's"), "{said}");
    let html = notebook.html();
    assert!(html.matches("src=\"data:image/svg+xml;base64,").count() >= 2, "no plots");
    let pictures = html.matches("src=\"data:image/jpeg;base64,").count();
    assert!(pictures >= 16, "two grids of eight pictures are expected, there are {pictures} pictures");
}

#[test]
fn lesson_1_runs_on_the_drawn_sample() {
    let (executed, page) = execute(&lesson(), "drawn", &[]);
    is_complete(&executed);
    let val_acc = val_acc(&executed.said());
    println!("val_acc {val_acc} on the drawn sample");
    assert!((0.90..=1.0).contains(&val_acc), "{val_acc}");
    assert_eq!(Notebook::read(&lesson()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn lesson_1_learns_from_photographs() {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos");
    if !photos.is_dir() {
        println!("SKIPPED lesson_1_learns_from_photographs: {} is not there", photos.display());
        return;
    }
    let data = photos.to_str().expect("a path in UTF-8");
    let (executed, _) = execute(&lesson(), "photos", &["--data", data, "--seed", "0"]);
    let said = executed.said();
    assert!(said.contains("Found 395 images belonging to 2 classes."), "{said}");
    let val_acc = val_acc(&said);
    println!("val_acc {val_acc} on photographs");
    assert!((0.97..=1.0).contains(&val_acc), "{val_acc}");
}

#[test]
fn the_committed_lesson_is_executed_and_says_nothing_of_the_machine() {
    let committed = committed(&lesson());
    is_complete(&committed);
    assert!(val_acc(&committed.said()) >= 0.90);
}
