//! What is said before and while a command works, and what `--quiet` and `--json` leave
//! of it.

use crate::outcome::Outcome;
use crate::place::{BINARY, Place, events, names};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes a notebook of these Python cells.
pub fn notebook(folder: &Path, cells: &[&str]) {
    let cell = |source: &&str| json!({ "cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": null });
    let cells: Vec<Value> = cells.iter().map(cell).collect();
    let book = json!({ "nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells });
    fs::write(folder.join("n.ipynb"), book.to_string()).expect("it is written");
}

/// `sevenlines run` on it, with JupyterLab's own Python kernel, which starts in no time.
pub fn run_with(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["run", "--kernel", "python3"]).args(more).arg(folder.join("n.ipynb"));
    command.arg("--out").arg(folder.join("out/n.ipynb")).current_dir(folder);
    for unset in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(unset);
    }
    command
}

/// The lines on stderr but for those of the Python kernel itself.
fn ours(outcome: &Outcome) -> Vec<&str> {
    outcome.err.lines().filter(|line| !line.starts_with("[IPKernelApp]")).collect()
}

#[test]
fn a_setup_tells_its_plan_its_steps_and_its_time() {
    let place = Place::new();
    let weights = place.path("home/weights/vgg16-conv.safetensors");
    let spec = place.path("venv/share/jupyter/kernels/sevenlines");
    fs::remove_dir_all(&spec).expect("it is removed");
    fs::remove_file(&weights).expect("they are removed");
    let outcome = place.run(&["setup"]).ends(0);
    let plan = outcome.err.lines().next().unwrap_or_default();
    assert!(plan.starts_with("To do: 2 of 6 steps, about ") && plan.contains(" on "), "{}", outcome.err);
    assert!(plan.ends_with("core.") || plan.ends_with("cores."), "{plan}");
    let at =
        |words: &str| outcome.err.find(words).unwrap_or_else(|| panic!("no {words:?} in {}", outcome.err));
    assert!(at("  [3/6] VGG16's convolution base ") < at("[1/6] Jupyter"), "the plan comes first");
    assert!(at("[1/6] Jupyter") < at("[3/6] VGG16's convolution base … "));
    assert!(outcome.out.starts_with("Ready after "), "{}", outcome.out);
    // The next plan knows how long it took here.
    fs::remove_file(&weights).expect("they are removed");
    let again = place.run(&["setup"]).ends(0);
    assert!(again.err.contains(", as it took before"), "{}", again.err);
    let all_there = place.run(&["setup"]).ends(0);
    assert!(!all_there.err.contains("To do"), "{}", all_there.err);
}

#[test]
fn a_setup_speaks_json_or_is_quiet() {
    let place = Place::new();
    let spec = place.path("venv/share/jupyter/kernels/sevenlines");
    fs::remove_dir_all(&spec).expect("it is removed");
    let outcome = place.run(&["--json", "setup"]).ends(0);
    assert_eq!(outcome.err, "", "errors alone go to stderr");
    let all = events(&outcome.out);
    let there = "step_finished";
    assert_eq!(
        names(&all),
        ["plan", there, "step_started", there, there, there, there, there, "finished"],
        "{}",
        outcome.out
    );
    assert_eq!(all[0]["steps"].as_array().map(Vec::len), Some(6));
    assert!(
        all[0]["steps"][1]["expected_seconds"].is_f64() && all[0]["steps"][2]["expected_seconds"].is_null()
    );
    let made = &all[3];
    assert!(made["id"] == "kernel-sevenlines" && made["state"] == "done" && made["step"] == 2, "{made}");
    assert!(made["seconds"].as_f64().is_some_and(|time| time < 60.0), "{made}");
    assert_eq!(all[4]["state"], "there");

    fs::remove_dir_all(&spec).expect("it is removed");
    let quiet = place.run(&["setup", "--quiet"]).ends(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    assert!(spec.join("kernel.json").exists());

    fs::remove_file(place.packages().join("borrowed.pth")).expect("it is removed");
    for mode in ["--json", "-q"] {
        let failed =
            Outcome::of(place.command(&["setup", "--offline", mode]).env("PIP_CONFIG_FILE", "/dev/null"));
        let failed = failed.ends(1);
        assert!(
            failed.err.starts_with("error: ") && failed.err.contains("goes on from here"),
            "{}",
            failed.err
        );
        let all = events(&failed.out);
        match mode {
            "-q" => assert!(all.is_empty(), "{}", failed.out),
            _ => {
                assert_eq!(names(&all), ["plan", "step_started", "step_finished", "error"]);
                assert_eq!(all[2]["state"], "failed");
            }
        }
    }
}

#[test]
fn a_notebook_tells_what_is_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    notebook(folder.path(), &["x = 1", "x + 1"]);
    let first = Outcome::of(&mut run_with(folder.path(), &[])).ends(0);
    assert!(
        first.out.starts_with("2 cells\n") && first.out.contains("2 of 2 cells ran in "),
        "{}",
        first.out
    );
    let second = Outcome::of(&mut run_with(folder.path(), &[])).ends(0);
    assert!(second.out.starts_with("2 cells, a few seconds as it took before\n"), "{}", second.out);
    let quiet = Outcome::of(&mut run_with(folder.path(), &["--quiet"])).ends(0);
    let wrote = |name: &str| format!("wrote {}\n", folder.path().join("out").join(name).display());
    assert_eq!((quiet.out.as_str(), ours(&quiet)), ((wrote("n.ipynb") + &wrote("n.html")).as_str(), vec![]));
}

#[test]
fn a_notebook_speaks_json() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    notebook(folder.path(), &["x = 1", "x / 0"]);
    let failed = Outcome::of(&mut run_with(folder.path(), &["--json"])).ends(1);
    assert!(failed.err.contains("ZeroDivisionError"), "{}", failed.err);
    let all = events(&failed.out);
    let cell = ["cell_started", "cell_finished"];
    let begin = ["plan", "kernel_started", "kernel_finished"];
    let expected: Vec<&str> =
        begin.iter().chain(&cell).chain(&cell).chain(&["error", "file"]).copied().collect();
    assert_eq!(names(&all), expected);
    assert!(all[3]["source"] == "x = 1" && all[3]["of"] == 2 && all[4]["seconds"].is_f64(), "{}", failed.out);
    assert_eq!(all[6]["state"], "failed");
    assert!(all[7]["message"].as_str().is_some_and(|text| text.contains("ZeroDivisionError")));

    notebook(folder.path(), &["x = 1"]);
    let done = Outcome::of(&mut run_with(folder.path(), &["--json"])).ends(0);
    assert_eq!(ours(&done), Vec::<&str>::new());
    let all = events(&done.out);
    assert_eq!(names(&all)[3..], [cell[0], cell[1], "finished", "file", "file"]);
    for (event, kind) in all[6..].iter().zip(["notebook", "html"]) {
        assert_eq!(event["kind"], kind);
        assert!(event["path"].as_str().is_some_and(|path| Path::new(path).is_file()), "{event}");
    }
}

#[test]
fn other_results_are_json_too() {
    let place = Place::new();
    for (class, colour) in [("cats", 1), ("dogs", 200)] {
        for number in 0..5_u8 {
            let file = place.path(&format!("mine/{class}/{number}.png"));
            fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
            image::RgbImage::from_pixel(8, 8, image::Rgb([colour, number, 7]))
                .save(file)
                .expect("it is written");
        }
    }
    let split = events(&place.run(&["data", "split", "mine", "--json"]).ends(0).out);
    assert!(split[0]["folder"].as_str().is_some_and(|path| path.ends_with("mine-split")), "{split:?}");
    let features = events(&place.run(&["features", "--json"]).ends(0).out);
    assert!(features.len() == 1 && features[0]["pictures"].is_u64() && features[0]["bytes"].is_u64());
    let cleared = events(&place.run(&["features", "clear", "--json"]).ends(0).out);
    assert!(cleared[0]["removed"].is_u64(), "{cleared:?}");
    let wrong = place.run(&["data", "split", "nowhere", "--json"]).ends(1);
    assert_eq!(names(&events(&wrong.out)), ["error"]);
    assert_eq!(place.run(&["doctor", "--quiet"]).ends(0).out, "");
    fs::remove_dir_all(place.path("venv/share")).expect("it is removed");
    let doctor = place.run(&["doctor", "--quiet"]).ends(1);
    assert!(doctor.out.starts_with("kernel ") && doctor.out.lines().count() == 2, "{}", doctor.out);
}
