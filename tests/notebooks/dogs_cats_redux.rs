//! `dogs_cats_redux.ipynb`.

use crate::harness::*;
use serde_json::Value;
use std::path::PathBuf;

fn redux() -> PathBuf {
    notebook("dogs_cats_redux.ipynb")
}

/// What the code cells printed and showed as text, one a cell.
fn texts(notebook: &Notebook) -> Vec<String> {
    let text = |output: &Value| joined(&output["text"]) + &joined(&output["data"]["text/plain"]) + "\n";
    notebook.code().into_iter().map(|cell| outputs(cell).into_iter().map(text).collect()).collect()
}

/// The numbers in a text, in order.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|word| word.trim_matches('.').parse().ok())
        .collect()
}

/// The first text that has `what` in it.
#[track_caller]
fn with<'a>(texts: &'a [String], what: &str) -> &'a str {
    texts.iter().find(|text| text.contains(what)).unwrap_or_else(|| panic!("{what:?} is in no output"))
}

/// What every executed notebook on the drawn sample must have.
#[track_caller]
fn is_complete(notebook: &Notebook) {
    is_executed(notebook);
    let texts = texts(notebook);
    // 300 drawn pictures, a fifth of each class set aside; 100 without labels.
    let sorted = with(&texts, "unlabelled");
    let rows: Vec<Vec<&str>> = sorted.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in [["train", "120", "120", "-"], ["valid", "30", "30", "-"], ["test", "-", "-", "100"]] {
        assert!(rows.contains(&row.to_vec()), "{sorted}");
    }
    assert!(with(&texts, "Found 200 images").contains("Found 50 images"), "the sample is tried first");
    let trained = with(&texts, "Found 240 images");
    let val_loss = |line: &str| line.split_once("val_loss: ").map(|(_, rest)| numbers(rest)[0]);
    let val_losses: Vec<f64> = trained.lines().filter_map(val_loss).collect();
    let least = val_losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(val_losses.len(), 3, "{trained}");
    // The weights of the best epoch, loaded and measured again.
    let evaluated = texts.iter().flat_map(|text| text.lines()).find(|line| line.starts_with("loss: "));
    assert!(
        (numbers(evaluated.expect("an evaluation"))[0] - least).abs() < 2e-4,
        "{evaluated:?}, not {least}"
    );

    let looks = with(&texts, "mean of five looks");
    for name in ["one look", "mean of five looks"] {
        let line = looks.lines().find(|line| line.starts_with(name)).expect("its row");
        let [accuracy, log_loss] = numbers(line)[..] else { panic!("{line}") };
        assert!((0.85..=1.0).contains(&accuracy) && (0.0..0.5).contains(&log_loss), "{line}");
    }

    let clips = with(&texts, "at most 0.999");
    let losses: Vec<(bool, f64)> = clips
        .lines()
        .filter(|line| line.starts_with("not clipped") || line.starts_with("at most"))
        .map(|line| (line.ends_with("best"), *numbers(line).last().expect("a log-loss")))
        .collect();
    assert_eq!(losses.len(), 6, "{clips}");
    let least = losses.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
    let best: Vec<f64> = losses.iter().filter(|(best, _)| *best).map(|(_, loss)| *loss).collect();
    assert_eq!(best, [least], "{clips}");

    let submitted = with(&texts, "submission of 100 rows: id,label");
    let ids: Vec<&str> = submitted.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for (a, b) in [("1", "2"), ("2", "3"), ("7", "8")] {
        let at = |id: &str| ids.iter().position(|other| *other == id).expect("a row of this id");
        assert_eq!(at(a) + 1, at(b), "{submitted}");
    }
    let read = with(&texts, "the same as written: true");
    assert!(read.contains("100 rows, one for each of 100 pictures"), "{read}");
    let scored = with(&texts, " not clipped, ");
    let [before, after, clip] = numbers(scored)[..] else { panic!("{scored}") };
    assert!((0.9..1.0).contains(&clip) && (0.0..0.5).contains(&after), "{scored}");
    // Clipping takes that much from the right answers at most, whatever the mistakes.
    assert!(after <= before - clip.ln() + 1e-4, "{scored}");

    let html = notebook.html();
    assert!(html.matches("src=\"data:image/svg+xml;base64,").count() >= 4, "no plots");
    let pictures = html.matches("src=\"data:image/jpeg;base64,").count();
    assert!(
        pictures >= 28,
        "two grids of eight and one of twelve are expected, there are {pictures} pictures"
    );
}

#[test]
fn dogs_cats_redux_runs_on_the_drawn_sample() {
    let (executed, page) = execute(&redux(), "dogs_cats_redux", &[]);
    is_complete(&executed);
    assert_eq!(Notebook::read(&redux()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn dogs_cats_redux_scores_on_photographs() {
    let Some(data) = photographs("dogs_cats_redux_scores_on_photographs") else { return };
    let (executed, _) = execute(&redux(), "dogs_cats_redux_photos", &["--data", &data, "--seed", "0"]);
    is_executed(&executed);
    let texts = texts(&executed);
    println!("{}\n{}", with(&texts, "mean of five looks"), with(&texts, "at most 0.999"));
    assert!(with(&texts, "the same as written: true").starts_with("98 rows"));
    let scored = with(&texts, " not clipped, ");
    println!("{scored}");
    let [_, after, _] = numbers(scored)[..] else { panic!("{scored}") };
    assert!((0.0..0.15).contains(&after), "{scored}");
}

#[test]
fn the_committed_dogs_cats_redux_is_executed_and_says_nothing_of_the_machine() {
    is_complete(&committed(&redux()));
}
