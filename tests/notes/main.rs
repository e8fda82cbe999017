//! Notebooks as pages in a real browser, and the commands that make pages, clean notebooks and check their outputs.

#[path = "../support/python.rs"]
mod python;

use python::{BINARY, repository, set_up};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for each test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("notes").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn sevenlines(arguments: &[&str]) -> Output {
    set_up();
    Command::new(BINARY).args(arguments).env_remove("SEVENLINES_DATA").output().expect("the binary starts")
}

/// What it printed, after it ended with `code`.
#[track_caller]
fn said(arguments: &[&str], code: i32) -> String {
    let output = sevenlines(arguments);
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "`sevenlines {}`: {text}", arguments.join(" "));
    text
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn pages_in_a_browser() {
    let site = folder("browser");
    said(
        &[
            "notes",
            text(&repository().join("notebooks")),
            "--out",
            text(&site),
            "--title",
            "Lessons",
            "--pdf",
        ],
        0,
    );
    python::run("tests/notes", "test_browser", &[("SEVENLINES_NOTES", text(&site))]);
}

/// A notebook of one cell, as a front end leaves it behind.
fn written(folder: &Path, source: &str, printed: &str) -> PathBuf {
    let path = folder.join("small.ipynb");
    let output = serde_json::json!({"output_type": "stream", "name": "stdout", "text": printed});
    let cell = serde_json::json!({
        "cell_type": "code", "id": "a", "metadata": {"scrolled": true}, "source": source,
        "execution_count": 1, "outputs": [output],
    });
    let notebook = serde_json::json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]});
    std::fs::write(&path, notebook.to_string()).expect("writes");
    path
}

#[test]
fn clean_names_what_it_would_change_and_then_changes_it() {
    let notebook = written(&folder("clean"), "1", "1\n");
    let path = text(&notebook);
    let told = said(&["clean", "--check", path], 1);
    assert!(
        told.contains("would change") && told.contains("small.ipynb: cell 1's metadata (scrolled)"),
        "{told}"
    );
    said(&["clean", path], 0);
    said(&["clean", "--check", path], 0);
    let nothing = said(&["clean", "no/such.ipynb"], 1);
    assert!(nothing.contains("there is no no/such.ipynb"), "{nothing}");
}

#[test]
fn the_committed_notebooks_are_clean() {
    said(&["clean", "--check", text(&repository().join("notebooks"))], 0);
}

#[test]
fn check_tells_a_stale_output_from_a_fresh_one() {
    let folder = folder("check");
    let out = folder.join("out.ipynb");
    let source = "println!(\"{} in {} ms\", 6 * 7, std::process::id());";
    let run = |printed: &str, code| {
        let notebook = written(&folder, source, printed);
        said(&["run", text(&notebook), "--check", "--out", text(&out)], code)
    };
    let same = run("42 in 1 ms\n", 0);
    assert!(same.contains("are those of a fresh run, apart from times"), "{same}");
    let stale = run("41 in 1 ms\n", 1);
    assert!(stale.contains("cell 1 (println!(") && stale.contains("-41 in <time>\n+42 in <time>"), "{stale}");
}

/// Papermill's own command, with the parameters that every notebook has, on a folder of few pictures.
#[test]
fn lesson_1_takes_the_three_parameters_from_papermill() {
    let folder = folder("papermill");
    set_up();
    let data = sevenlines::home::dir().join("data/drawn");
    for (part, class) in ["train", "valid"].into_iter().flat_map(|part| [(part, "cats"), (part, "dogs")]) {
        let to = folder.join("pictures").join(part).join(class);
        std::fs::create_dir_all(&to).expect("a folder");
        let mut from: Vec<PathBuf> = std::fs::read_dir(data.join(part).join(class))
            .expect("the drawn sample")
            .map(|file| file.expect("a file").path())
            .collect();
        from.sort();
        for file in from.iter().take(4) {
            std::fs::copy(file, to.join(file.file_name().expect("a name"))).expect("copies");
        }
    }
    let out = folder.join("out.ipynb");
    let pictures = folder.join("pictures");
    let status = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("kernel/python/papermill_rust.py"))
        .args([text(&repository().join("notebooks/lesson1.ipynb")), text(&out), "--no-progress-bar"])
        .args(["-p", "data", text(&pictures), "-p", "batch_size", "2", "-p", "epochs", "2"])
        .env("SEVENLINES_FEATURES", "off")
        .env("JUPYTER_PATH", repository().join(".venv/share/jupyter"))
        .status()
        .expect("Python starts");
    assert!(status.success(), "papermill ended with {status}");
    let notebook: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&out).expect("the notebook")).expect("JSON");
    let cells = notebook["cells"].as_array().expect("cells");
    let shown = |id: &str| {
        let cell = cells.iter().find(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no cell {id}"));
        cell["outputs"].to_string()
    };
    assert!(shown("seven-lines").contains("Found 8 images"), "the data are for the whole notebook");
    assert!(
        shown("another").contains("Found 8 images") && shown("another").contains("Epoch 2/2"),
        "{}",
        shown("another")
    );
}
