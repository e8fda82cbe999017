//! `lesson1.ipynb`.

use crate::harness::*;
use std::path::PathBuf;

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
    assert!(html.matches("src=\"data:image/svg+xml;base64,").count() >= 3, "no plots");
    let pictures = html.matches("src=\"data:image/jpeg;base64,").count();
    assert!(pictures >= 8 + 4 + 8 + 4 + 4 + 4, "there are {pictures} pictures");
    looks_at_the_pictures(notebook);
}

/// The text of what cell `id` shows.
fn shown(notebook: &Notebook, id: &str) -> String {
    let cell = notebook.code().into_iter().find(|cell| cell["id"] == id);
    let cell = cell.unwrap_or_else(|| panic!("there is a cell {id}"));
    let texts: Vec<String> = outputs(cell).iter().map(|o| joined(&o["data"]["text/plain"])).collect();
    texts.join("\n")
}

/// The figures of the part that looks at the pictures, which must agree with each other
/// and with what `fit` said.
#[track_caller]
fn looks_at_the_pictures(notebook: &Notebook) {
    let summary = shown(notebook, "look");
    let number = |before: &str| -> f64 {
        let text = summary.split_once(before).unwrap_or_else(|| panic!("{before} in {summary}")).1;
        text.split_whitespace().next().and_then(|text| text.parse().ok()).expect("a number")
    };
    let words: Vec<&str> = summary.split_whitespace().collect();
    let [right, wrong] = [0, 3].map(|at| words[at].parse::<usize>().expect("a number of pictures"));
    let acc = number("acc: ");
    assert!((acc - right as f64 / (right + wrong) as f64).abs() < 1e-4, "{summary}");

    let last =
        notebook.code().into_iter().find(|cell| cell["id"] == "more").expect("the cell of more epochs");
    let said: String = outputs(last).iter().map(|output| joined(&output["text"])).collect();
    let line = said.lines().rfind(|line| line.starts_with("Epoch 3/3")).expect("the last epoch");
    assert!(line.ends_with(&format!("val_acc: {acc:.4}")), "{line} against {summary}");

    let counts: Vec<Vec<usize>> = shown(notebook, "confusion")
        .lines()
        .skip(2)
        .map(|row| row.split_whitespace().filter_map(|cell| cell.parse().ok()).collect())
        .collect();
    let diagonal: usize = counts.iter().enumerate().map(|(class, row)| row[class]).sum();
    let all: usize = counts.iter().flatten().sum();
    assert_eq!((diagonal, all), (right, right + wrong), "{counts:?}");
    let recall = format!("{:.0}%", counts[0][0] as f64 / counts[0].iter().sum::<usize>() as f64 * 100.0);
    assert!(shown(notebook, "confusion-shares").contains(&recall), "{recall}");

    let correct = shown(notebook, "correct");
    assert!(correct.starts_with(&format!("Correct, at random: 4 of {right}\n✓ ")), "{correct}");
    let incorrect = shown(notebook, "incorrect");
    let expected = match wrong {
        0 => "no picture was wrong".to_owned(),
        _ => format!("Incorrect, at random: {} of {wrong}\n✗ ", wrong.min(4)),
    };
    assert!(incorrect.starts_with(&expected), "{incorrect}");
    assert_eq!(incorrect.contains('✗'), wrong > 0);
    for (id, heading) in [
        ("most-correct", "Most surely "),
        ("uncertain", "Most uncertain: 4 of "),
        ("losses", "Top losses: predicted / actual / loss / probability\n"),
        ("heat", "probability "),
        ("heats", "Top losses: light is "),
        ("confused", if wrong > 0 { "actual  predicted  pictures" } else { "no picture was wrong" }),
    ] {
        let text = shown(notebook, id);
        assert!(text.contains(heading), "{id}: {text}");
    }
    let mistaken = shown(notebook, "most-incorrect");
    let grids =
        mistaken.matches("and are not: ").count() + mistaken.matches("no picture was wrongly").count();
    assert_eq!((grids, mistaken.contains('✗')), (2, wrong > 0), "{mistaken}");
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
    let Some(data) = photographs("lesson_1_learns_from_photographs") else { return };
    let (executed, _) = execute(&lesson(), "photos", &["--data", &data, "--seed", "0"]);
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
