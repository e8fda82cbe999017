//! Executes a notebook as the README's command does, and reads what it shows.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A notebook of the repository.
pub fn notebook(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks").join(name)
}

/// The photographs beside the checkout; without them says that `test` is skipped.
pub fn photographs(test: &str) -> Option<String> {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos");
    if !photos.is_dir() {
        println!("SKIPPED {test}: {} is not there", photos.display());
        return None;
    }
    Some(photos.to_str().expect("a path in UTF-8").to_owned())
}

/// Executes a notebook into a folder of its own below the build folder: the notebook
/// and the page.
pub fn execute(notebook: &Path, name: &str, arguments: &[&str]) -> (Notebook, String) {
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
        // As a learner's: the notebooks share pictures, and each is looked at once.
        .env_remove("SEVENLINES_FEATURES")
        .status()
        .expect("the binary starts");
    assert!(status.success(), "`sevenlines run` ended with {status}");
    let page = std::fs::read_to_string(out.with_extension("html")).expect("the HTML page");
    (Notebook::read(&out), page)
}

/// A notebook's cells.
pub struct Notebook(Vec<Value>);

impl Notebook {
    pub fn read(path: &Path) -> Notebook {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let notebook: Value = serde_json::from_str(&text).expect("a notebook is JSON");
        Notebook(notebook["cells"].as_array().expect("it has cells").clone())
    }

    pub fn sources(&self) -> Vec<String> {
        self.0.iter().map(|cell| joined(&cell["source"])).collect()
    }

    pub fn code(&self) -> Vec<&Value> {
        self.0.iter().filter(|cell| cell["cell_type"] == "code").collect()
    }

    pub fn outputs(&self) -> Vec<&Value> {
        self.code().into_iter().flat_map(outputs).collect()
    }

    /// What the first code cell, the seven lines, printed.
    pub fn said(&self) -> String {
        outputs(self.code()[0]).iter().map(|output| joined(&output["text"])).collect()
    }

    /// Everything that was displayed as HTML.
    pub fn html(&self) -> String {
        self.outputs().iter().map(|output| joined(&output["data"]["text/html"])).collect()
    }
}

pub fn outputs(cell: &Value) -> Vec<&Value> {
    cell["outputs"].as_array().expect("a code cell has outputs").iter().collect()
}

/// Notebooks keep text as lines, or whole.
pub fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Every cell ran, and none failed.
#[track_caller]
pub fn is_executed(notebook: &Notebook) {
    for output in notebook.outputs() {
        assert_ne!(output["output_type"], "error", "{output}");
        assert!(!joined(&output["text"]).contains("panicked"), "{output}");
    }
    assert!(notebook.code().iter().all(|cell| cell["execution_count"].is_u64()), "a cell was not executed");
}

/// The page loads nothing: every picture, style and script is in it. Links in the
/// prose may lead elsewhere.
#[track_caller]
pub fn stands_alone(page: &str) {
    assert!(page.contains("val_acc: "), "the page lacks the outputs");
    for (index, _) in page.match_indices("src=") {
        let target = page[index + 4..].trim_start_matches(['"', '\'', '\\']);
        assert!(target.starts_with("data:"), "the page loads {:.80}", target);
    }
    for loading in ["<script src", "<link rel", "@import", "url(http", "url(\"http", "require.config"] {
        assert!(!page.contains(loading), "the page has {loading:?} in it");
    }
}

/// A notebook as it is committed: small, and nothing in it tells where it was made.
#[track_caller]
pub fn committed(notebook: &Path) -> Notebook {
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
