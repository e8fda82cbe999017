//! Lesson 1 from its first cell to its last, as the README's command runs it, and
//! what is committed of it. `sevenlines run` sets up what is missing, so these tests
//! may be the first thing that is ever run in a clone.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn lesson() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks/lesson1.ipynb")
}

/// Executes lesson 1 into a folder of its own below the build folder: the notebook
/// and the page.
fn execute(name: &str, arguments: &[&str]) -> (Notebook, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("notebooks").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let out = folder.join("lesson1.ipynb");
    let status = Command::new(env!("CARGO_BIN_EXE_sevenlines"))
        .arg("run")
        .arg(lesson())
        .arg("--out")
        .arg(&out)
        .args(arguments)
        .env_remove("SEVENLINES_DATA")
        .env("SEVENLINES_FEATURES", "off")
        .status()
        .expect("the binary starts");
    assert!(status.success(), "`sevenlines run` ended with {status}");
    let page = std::fs::read_to_string(out.with_extension("html")).expect("the HTML page");
    (Notebook::read(&out), page)
}

/// A notebook's cells.
struct Notebook(Vec<Value>);

impl Notebook {
    fn read(path: &Path) -> Notebook {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let notebook: Value = serde_json::from_str(&text).expect("a notebook is JSON");
        Notebook(notebook["cells"].as_array().expect("it has cells").clone())
    }

    fn sources(&self) -> Vec<String> {
        self.0.iter().map(|cell| joined(&cell["source"])).collect()
    }

    fn code(&self) -> Vec<&Value> {
        self.0.iter().filter(|cell| cell["cell_type"] == "code").collect()
    }

    fn outputs(&self) -> Vec<&Value> {
        self.code().into_iter().flat_map(outputs).collect()
    }

    /// What the first code cell, the seven lines, printed.
    fn said(&self) -> String {
        outputs(self.code()[0]).iter().map(|output| joined(&output["text"])).collect()
    }

    /// Everything that was displayed as HTML.
    fn html(&self) -> String {
        self.outputs().iter().map(|output| joined(&output["data"]["text/html"])).collect()
    }
}

fn outputs(cell: &Value) -> Vec<&Value> {
    cell["outputs"].as_array().expect("a code cell has outputs").iter().collect()
}

/// Notebooks keep text as lines, or whole.
fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
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
    for output in notebook.outputs() {
        assert_ne!(output["output_type"], "error", "{output}");
        assert!(!joined(&output["text"]).contains("panicked"), "{output}");
    }
    assert!(notebook.code().iter().all(|cell| cell["execution_count"].is_u64()), "a cell was not executed");
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
    let (executed, page) = execute("drawn", &[]);
    is_complete(&executed);
    let val_acc = val_acc(&executed.said());
    println!("val_acc {val_acc} on the drawn sample");
    assert!((0.90..=1.0).contains(&val_acc), "{val_acc}");
    assert_eq!(Notebook::read(&lesson()).sources(), executed.sources());
    stands_alone(&page);
}

/// The page loads nothing: every picture, style and script is in it. Links in the
/// prose may lead elsewhere.
#[track_caller]
fn stands_alone(page: &str) {
    assert!(page.contains("val_acc: "), "the page lacks the outputs");
    for (index, _) in page.match_indices("src=") {
        let target = page[index + 4..].trim_start_matches(['"', '\'', '\\']);
        assert!(target.starts_with("data:"), "the page loads {:.80}", target);
    }
    for loading in ["<script src", "<link rel", "@import", "url(http", "url(\"http", "require.config"] {
        assert!(!page.contains(loading), "the page has {loading:?} in it");
    }
}

#[test]
fn lesson_1_learns_from_photographs() {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos");
    if !photos.is_dir() {
        println!("SKIPPED lesson_1_learns_from_photographs: {} is not there", photos.display());
        return;
    }
    let data = photos.to_str().expect("a path in UTF-8");
    let (executed, _) = execute("photos", &["--data", data, "--seed", "0"]);
    let said = executed.said();
    assert!(said.contains("Found 395 images belonging to 2 classes."), "{said}");
    let val_acc = val_acc(&said);
    println!("val_acc {val_acc} on photographs");
    assert!((0.97..=1.0).contains(&val_acc), "{val_acc}");
}

#[test]
fn the_committed_lesson_is_executed_and_says_nothing_of_the_machine() {
    let text = std::fs::read_to_string(lesson()).expect("the notebook");
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    let committed = Notebook::read(&lesson());
    is_complete(&committed);
    assert!(val_acc(&committed.said()) >= 0.90);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository");
    let home = std::env::home_dir().unwrap_or_default();
    let mut places =
        vec!["/home/".to_owned(), "/root/".into(), "/Users/".into(), "/tmp/".into(), "file://".into()];
    places.extend([repository, home].iter().map(|path| path.display().to_string()));
    for output in committed.outputs() {
        let text = output.to_string();
        for place in places.iter().filter(|place| place.len() > 1) {
            assert!(!text.contains(place.as_str()), "{place} is in the output {text:.300}");
        }
    }
}
