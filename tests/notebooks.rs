//! The notebooks from their first cell to their last, as the README's command runs
//! them, and what is committed of them. `sevenlines run` sets up what is missing, so these tests
//! may be the first thing that is ever run in a clone.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn notebook(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks").join(name)
}

fn lesson() -> PathBuf {
    notebook("lesson1.ipynb")
}

fn batch_sizes() -> PathBuf {
    notebook("batch_sizes.ipynb")
}

/// Executes a notebook into a folder of its own below the build folder: the notebook
/// and the page.
fn execute(notebook: &Path, name: &str, arguments: &[&str]) -> (Notebook, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("notebooks").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let out = folder.join("executed.ipynb");
    let status = Command::new(env!("CARGO_BIN_EXE_sevenlines"))
        .arg("run")
        .arg(notebook)
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

/// Every cell ran, and none failed.
#[track_caller]
fn is_executed(notebook: &Notebook) {
    for output in notebook.outputs() {
        assert_ne!(output["output_type"], "error", "{output}");
        assert!(!joined(&output["text"]).contains("panicked"), "{output}");
    }
    assert!(notebook.code().iter().all(|cell| cell["execution_count"].is_u64()), "a cell was not executed");
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

/// A notebook as it is committed: small, and nothing in it tells where it was made.
#[track_caller]
fn committed(notebook: &Path) -> Notebook {
    let text = std::fs::read_to_string(notebook).expect("the notebook");
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    let committed = Notebook::read(notebook);
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
    committed
}

/// What the executed notebook on batch sizes must have: for each size a row that agrees
/// with arithmetic, and the plots.
#[track_caller]
fn compares_batch_sizes(notebook: &Notebook) {
    is_executed(notebook);
    let cells = notebook.code();
    let shown = |cell: &Value, mime: &str| -> Vec<String> {
        outputs(cell).iter().map(|output| joined(&output["data"][mime])).collect()
    };
    let tables = shown(cells[0], "text/plain");
    let table = tables.iter().find(|text| text.starts_with("batch size")).expect("the table of sizes");
    let rows: Vec<Vec<&str>> =
        table.lines().skip(2).map(|row| row.split_whitespace().collect::<Vec<_>>()).collect();
    let sizes = [8, 16, 32, 64, 128];
    assert_eq!(rows.len(), sizes.len(), "{table}");
    for (row, size) in rows.iter().zip(sizes) {
        assert_eq!(row[..2], [size.to_string(), (5 * 300usize.div_ceil(size)).to_string()], "{table}");
        let val_acc: f64 = row.last().and_then(|text| text.parse().ok()).expect("a val_acc");
        assert!((0.5..=1.0).contains(&val_acc), "{table}");
    }
    let plots: Vec<usize> = cells
        .iter()
        .map(|cell| shown(cell, "text/html").concat().matches("data:image/svg+xml").count())
        .collect();
    assert_eq!(plots[0], 1, "the first cell has one plot, not {}", plots[0]);
    assert_eq!(plots.iter().sum::<usize>(), 5, "plots in the cells: {plots:?}");
}

#[test]
fn batch_sizes_runs_on_the_drawn_sample() {
    let (executed, page) = execute(&batch_sizes(), "batch_sizes", &[]);
    compares_batch_sizes(&executed);
    assert_eq!(Notebook::read(&batch_sizes()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn the_committed_batch_sizes_are_executed_and_say_nothing_of_the_machine() {
    compares_batch_sizes(&committed(&batch_sizes()));
}
