//! `lesson2_ideas.ipynb`.

use crate::harness::*;
use serde_json::Value;
use std::path::PathBuf;

fn ideas() -> PathBuf {
    notebook("lesson2_ideas.ipynb")
}

/// What the cell of this name printed and showed, as text and as HTML.
#[track_caller]
fn cell<'a>(notebook: &'a Notebook, id: &str) -> (String, String) {
    let cell: &'a Value =
        notebook.code().into_iter().find(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no cell {id}"));
    let texts = |output: &&Value| joined(&output["text"]) + &joined(&output["data"]["text/plain"]);
    let text = outputs(cell).iter().map(texts).collect::<Vec<_>>().join("\n");
    (text, outputs(cell).iter().map(|output| joined(&output["data"]["text/html"])).collect())
}

/// The number behind `name`, in the last line that has it.
#[track_caller]
fn number(text: &str, name: &str) -> f64 {
    let found = text.lines().rev().find_map(|line| line.rsplit_once(name));
    let (_, after) = found.unwrap_or_else(|| panic!("no {name:?} in {text}"));
    let end = after.find(|c: char| !(c.is_ascii_digit() || ".e-".contains(c))).unwrap_or(after.len());
    after[..end].trim().parse().unwrap_or_else(|_| panic!("no number behind {name:?} in {text}"))
}

/// What every executed notebook must have, committed or made just now.
#[track_caller]
fn is_complete(notebook: &Notebook) {
    is_executed(notebook);
    let text = |id| cell(notebook, id).0;
    assert!(text("line-fit").contains("y = 3.00 x + 8.00"), "{}", text("line-fit"));
    assert!(text("onehot").contains("[1.0, 0.0]\n[0.0, 1.0]\n[0.0, 1.0]\n[1.0, 0.0]"), "{}", text("onehot"));
    assert!(text("features").contains("[300, 1024] to train on, [100, 1024] to validate with"));
    assert!(text("array").contains("[100, 1024] again"));
    assert!(number(&text("linear"), "acc: ") >= 0.9, "{}", text("linear"));
    assert!(text("imagenet").contains("sevenlines setup --full"), "{}", text("imagenet"));
    let rate = number(&text("finder-fit"), "learning rate ");
    assert!((1e-5..1.0).contains(&rate), "{rate}");
    for id in ["finder-fit", "smoothing", "mixup", "weights", "one-cycle", "early", "resume", "fine-tune"] {
        let val_acc = number(&text(id), "val_acc: ");
        assert!((0.9..=1.0).contains(&val_acc), "{id}: {val_acc}");
    }
    has_a_row_a_head(&text("heads"));
    assert!(text("weights").contains("[1.0, 1.0]"), "{}", text("weights"));
    assert!(text("early").contains("val_auc: "), "{}", text("early"));
    let resumed = text("resume");
    assert!(resumed.contains("Resumed after epoch 2 of 2") && resumed.contains("Epoch 4/4"), "{resumed}");
    assert!(!resumed.contains("Epoch 2/4"), "what was trained is not trained again: {resumed}");
    for id in ["line-fit", "finder", "schedule", "early"] {
        let plots = cell(notebook, id).1.matches("data:image/svg+xml").count();
        assert_eq!(plots, 1, "{id} has a plot");
    }
}

#[track_caller]
fn has_a_row_a_head(text: &str) {
    let table = text.find("head  ").map(|start| &text[start..]).expect("the table of heads");
    let rows: Vec<Vec<&str>> = table.lines().skip(2).map(|row| row.split_whitespace().collect()).collect();
    let parameters = ["2050", "262914", "262914", "265474"];
    for (row, parameters) in rows.iter().zip(parameters) {
        let numbers = &row[row.len() - 4..];
        assert_eq!(numbers[0], parameters, "{table}");
        let val_acc: f64 = numbers[3].parse().expect("an accuracy");
        assert!((0.85..=1.0).contains(&val_acc), "{table}");
    }
    assert!(rows.len() >= parameters.len(), "{table}");
}

#[test]
fn lesson_2_ideas_run_on_the_drawn_sample() {
    let (executed, page) = execute(&ideas(), "lesson2_ideas", &[]);
    is_complete(&executed);
    assert_eq!(Notebook::read(&ideas()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn the_committed_ideas_are_executed_and_say_nothing_of_the_machine() {
    is_complete(&committed(&ideas()));
}
