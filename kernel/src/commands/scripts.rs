//! The Python programs of `kernel/python`: put where the environment's Python finds them, and started.

use super::lab;
use crate::error::{Error, Result};
use crate::paths;
use crate::report::{Mode, mode};
use std::path::PathBuf;
use std::process::Command;

/// Programs, their modules, and the templates of pages.
const FILES: [(&str, &str); 19] = [
    ("run_notebook.py", include_str!("../../python/run_notebook.py")),
    ("notes.py", include_str!("../../python/notes.py")),
    ("clean.py", include_str!("../../python/clean.py")),
    ("cell_times.py", include_str!("../../python/cell_times.py")),
    ("compare.py", include_str!("../../python/compare.py")),
    ("elements.py", include_str!("../../python/elements.py")),
    ("formulas.py", include_str!("../../python/formulas.py")),
    ("notebook_file.py", include_str!("../../python/notebook_file.py")),
    ("page.py", include_str!("../../python/page.py")),
    ("parameters.py", include_str!("../../python/parameters.py")),
    ("pdf.py", include_str!("../../python/pdf.py")),
    ("progress.py", include_str!("../../python/progress.py")),
    ("site_folder.py", include_str!("../../python/site_folder.py")),
    ("templates/cells.html.j2", include_str!("../../python/templates/cells.html.j2")),
    ("templates/frame.html.j2", include_str!("../../python/templates/frame.html.j2")),
    ("templates/page.html.j2", include_str!("../../python/templates/page.html.j2")),
    ("templates/index.html.j2", include_str!("../../python/templates/index.html.j2")),
    ("templates/notes.css", include_str!("../../python/templates/notes.css")),
    ("templates/notes.js", include_str!("../../python/templates/notes.js")),
];

/// The environment's Python about to run one of the programs.
pub fn python(program: &str) -> Result<Command> {
    let folder = paths::environment()?.join("share/sevenlines");
    for (name, text) in FILES {
        paths::write(&folder.join(name), text.as_bytes())?;
    }
    let mut python = lab::jupyter()?;
    python.arg(folder.join(program));
    python.args(match mode() {
        Mode::Text => None,
        Mode::Quiet => Some("--quiet"),
        Mode::Json => Some("--json"),
    });
    Ok(python)
}

/// Runs it to its end; what went wrong, it has said itself.
pub fn run(mut python: Command) -> Result<()> {
    let status = python.status().map_err(Error::io("start", python.get_program()))?;
    if status.success() { Ok(()) } else { Err(Error::Reported) }
}

/// Paths as they are seen from the root, each of which must exist.
pub fn existing(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let one = |path: &PathBuf| match path.exists() {
        true => paths::absolute(path),
        false => Err(Error::Invalid(format!(
            "there is no {}; name a notebook, or a folder with notebooks in it",
            path.display()
        ))),
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn everything_that_a_program_imports_is_written_beside_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        for (name, text) in FILES.iter().filter(|(name, _)| name.ends_with(".py")) {
            let imported = text.lines().filter_map(|line| {
                line.strip_prefix("import ").or_else(|| line.strip_prefix("from ")?.split(' ').next())
            });
            for module in
                imported.map(|module| format!("{module}.py")).filter(|file| folder.join(file).is_file())
            {
                assert!(FILES.iter().any(|(file, _)| *file == module), "{name} imports {module}");
            }
        }
        let templates = std::fs::read_dir(folder.join("templates")).expect("the templates");
        for file in templates.map(|file| file.expect("a file").file_name()) {
            let name = format!("templates/{}", file.display());
            assert!(FILES.iter().any(|(file, _)| *file == name), "{name} is not written");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = existing(&[PathBuf::from("no/such/folder")]).expect_err("refuses");
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
}
