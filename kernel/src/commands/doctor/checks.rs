//! What the doctor looks at, in the order in which it matters.

use super::Line;
use super::disk::Usage;
use super::room;
use crate::cells::{
    Prepared, rust_src,
    toolchain::{Toolchain, on_path},
};
use crate::commands::setup::environment::{self, LOCK};
use crate::commands::setup::kernelspec::{Kernelspec, Place};
use crate::commands::setup::sample;
use crate::commands::setup::step::Step as _;
use crate::programs::ask;
use crate::report::bytes;
use crate::{paths, python};
use sevenlines::Backbone;
use sevenlines::weights::Weights;
use std::path::Path;
use std::process::Command;

/// The oldest compiler that the cells can be built with.
const OLDEST_RUST: (u32, u32) = (1, 95);

/// What depends on a compiler that is not there.
const UNKNOWN: &str = "not looked for; Rust comes first";

/// All lines of the table.
pub fn all() -> Vec<Line> {
    let mut lines = vec![rust(), c_compiler(), repository(), python_line(), room::home(), room::free()];
    lines.extend(jupyter());
    lines.extend([kernel(Place::Environment), kernel(Place::User)].into_iter().flatten());
    lines.extend([
        weights(),
        full_weights(),
        backbones(),
        drawn(),
        photographs(),
        chromium(),
        features(),
        sources(),
        prepared(),
    ]);
    lines.extend(disk());
    lines.push(Line::note("GPU", "none used: everything runs on the processor"));
    lines
}

fn setup(more: &str) -> String {
    format!("{} setup{more}", paths::command())
}

fn rust() -> Line {
    let name = "Rust";
    let install = "install Rust 1.95 or later from rustup.rs";
    match ask(Command::new("rustc").arg("--version")) {
        None => Line::missing(name, "no `rustc` on the search path, and cells are compiled", install),
        Some(_) if ask(Command::new("cargo").arg("--version")).is_none() => {
            Line::missing(name, "no `cargo` on the search path", install)
        }
        Some(text) if rust_version(&text).is_none_or(|version| version < OLDEST_RUST) => {
            Line::missing(name, format!("{text} is too old, 1.95 is needed"), "rustup update stable")
        }
        Some(text) => Line::ok(name, text),
    }
}

/// `rustc 1.95.0 (f2d3ce0bd 2026-03-21)` is 1.95.
fn rust_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn c_compiler() -> Line {
    let name = "C compiler";
    match ask(Command::new("cc").arg("--version")) {
        Some(text) => Line::ok(name, text.lines().next().unwrap_or_default()),
        None => Line::missing(
            name,
            "no `cc` on the search path, and Rust links with it",
            "on Debian `apt-get install gcc libc6-dev`, on macOS `xcode-select --install`",
        ),
    }
}

fn repository() -> Line {
    match paths::repository() {
        Ok(root) => Line::ok("repository", root.display().to_string()),
        Err(error) => Line::missing("repository", error.to_string(), "cargo install --locked --path kernel"),
    }
}

fn python_line() -> Line {
    match python::find() {
        Ok(python) => Line::ok("Python", python.to_string()),
        Err(error) => {
            Line::missing("Python", error.to_string(), "on Debian `apt-get install python3 python3-venv`")
        }
    }
}

fn jupyter() -> Vec<Line> {
    let name = "virtual environment";
    let Ok(dir) = paths::environment() else { return Vec::new() };
    let place = dir.display();
    let Some(version) = environment::works(&dir) else {
        return vec![
            match dir.exists() {
                true => Line::missing(name, format!("{place} does not work"), setup("")),
                false => Line::missing(name, format!("none in {place}"), setup("")),
            },
            Line::missing("Jupyter", "it lies in the virtual environment", setup("")),
        ];
    };
    let stamped = environment::is_stamped(&dir, version, ("requirements.lock", LOCK));
    vec![
        match stamped {
            true => Line::ok(name, format!("{place}, Python {}.{}", version.0, version.1)),
            false => Line::missing(name, format!("{place} is not of this version, or unfinished"), setup("")),
        },
        jupyterlab(&dir),
    ]
}

fn jupyterlab(dir: &Path) -> Line {
    match environment::jupyter(dir) {
        Some(versions) => Line::ok("Jupyter", versions),
        None => Line::missing("Jupyter", "not in the virtual environment", setup("")),
    }
}

/// The kernelspec; one's own Jupyter is only spoken of when it has one.
fn kernel(place: Place) -> Option<Line> {
    let folder = Kernelspec::own(place).folder().ok()?;
    let (name, more) = match place {
        Place::Environment => ("kernel", ""),
        _ => ("kernel, own Jupyter", " --user"),
    };
    let shown = folder.display();
    Some(match kernel_binary(&folder) {
        None if place == Place::Environment => Line::missing(name, format!("not in {shown}"), setup(more)),
        None => return None,
        Some(binary) if !Path::new(&binary).is_file() => {
            let line = Line::missing(name, format!("{shown} names {binary}, which is gone"), setup(more));
            Line { state: if more.is_empty() { line.state } else { super::State::Optional }, ..line }
        }
        // As `setup` sees it: another binary, or a file of the folder that is gone.
        Some(_) if Kernelspec::own(place).present().is_none() => Line {
            state: if more.is_empty() { super::State::Missing } else { super::State::Optional },
            ..Line::missing(name, format!("{shown} is incomplete, or names another binary"), setup(more))
        },
        Some(binary) => Line::ok(name, format!("{shown} → {binary}")),
    })
}

fn kernel_binary(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("kernel.json")).ok()?;
    let spec: serde_json::Value = serde_json::from_str(&text).ok()?;
    spec["argv"][0].as_str().map(str::to_owned)
}

fn weights() -> Line {
    match Weights::find() {
        Ok(weights) => Line::ok("weights", format!("{} in {}", weights.describe(), weights.file().display())),
        Err(error) => Line::missing("weights", error.to_string(), mend_weights()),
    }
}

/// A file of one's own comes before the one that the setup installs.
fn mend_weights() -> String {
    let own = sevenlines::weights::full_file();
    match paths::set("SEVENLINES_WEIGHTS") {
        Some(_) => "set SEVENLINES_WEIGHTS to a file with VGG16's weights, or unset it".to_owned(),
        None if own.exists() => format!("rm {}; {}", own.display(), setup("")),
        None => setup(""),
    }
}

fn full_weights() -> Line {
    let name = "fully connected layers";
    match Weights::find() {
        Ok(weights) if weights.is_full() => {
            Line::ok(name, "there: the 1000 ImageNet classes can be predicted")
        }
        _ => Line::optional(
            name,
            "not there (553 MB; needed to predict ImageNet's 1000 classes)",
            setup(" --full"),
        ),
    }
}

fn backbones() -> Line {
    let name = "other backbones";
    let others = Backbone::ALL.into_iter().filter(|backbone| *backbone != Backbone::Vgg16);
    let (there, not): (Vec<Backbone>, Vec<Backbone>) =
        others.partition(|backbone| Weights::find_for(*backbone).is_ok());
    let list = |backbones: &[Backbone]| {
        backbones.iter().map(|backbone| backbone.name()).collect::<Vec<_>>().join(", ")
    };
    match not.first() {
        None => Line::ok(name, list(&there)),
        Some(first) => {
            let detail = match there.is_empty() {
                true => format!("none there; there could be {}", list(&not)),
                false => format!("{}; not there: {}", list(&there), list(&not)),
            };
            Line::optional(name, detail, setup(&format!(" --backbone {}", first.id())))
        }
    }
}

fn drawn() -> Line {
    match sample::present() {
        Some(folder) => Line::ok("drawn sample", folder),
        None => {
            let folder = sample::folder();
            let (trouble, mend) = match folder.exists() {
                false => ("not", setup("")),
                true if sample::all_drawn(&folder) => ("not complete", setup("")),
                // A file that was put there is not removed unasked.
                true => (
                    "not complete, and other files are",
                    format!("move {} away; {}", folder.display(), setup("")),
                ),
            };
            Line::missing("drawn sample", format!("{trouble} in {}", folder.display()), mend)
        }
    }
}

fn photographs() -> Line {
    let (name, folder) = ("photographs", sevenlines::home::data().join("dogs-vs-cats"));
    match folder.join("train").is_dir() {
        true => Line::ok(name, folder.display().to_string()),
        false => Line::optional(
            name,
            format!("not in {}; notebooks use the drawn sample", folder.display()),
            format!("{} data dogs-vs-cats --sample 2000", paths::command()),
        ),
    }
}

/// What prints pages, under the names that Debian, others and its makers give it.
fn chromium() -> Line {
    let name = "Chromium";
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    match names.into_iter().find_map(on_path) {
        Some(program) => Line::ok(name, program.display().to_string()),
        None => Line::optional(
            name,
            "not on the search path; it prints notes as PDF",
            "on Debian `apt-get install chromium`",
        ),
    }
}

fn features() -> Line {
    let name = "stored features";
    let clear = format!("`{} features clear` removes them", paths::command());
    match sevenlines::train::stored_features() {
        Ok(stored) if stored.pictures == 0 => Line::note(name, stored.to_string()),
        Ok(stored) => Line::note(name, format!("{stored}; {clear}")),
        // Notebooks run without.
        Err(error) => Line::note(name, format!("{error}; {clear}")),
    }
}

fn sources() -> Line {
    let name = "Rust's own sources";
    let Ok(toolchain) = Toolchain::find() else { return Line::note(name, UNKNOWN) };
    match rust_src::find(&toolchain) {
        Some(folder) => Line::ok(name, folder.display().to_string()),
        None => Line::missing(name, "not found, and types of variables are inferred from them", setup("")),
    }
}

fn prepared() -> Line {
    let name = "library for cells";
    let Ok(toolchain) = Toolchain::find() else { return Line::note(name, UNKNOWN) };
    match Prepared::find(&toolchain) {
        Some(_) => Line::ok(name, "compiled and up to date"),
        None if sevenlines::home::find("cells").is_dir() => {
            Line::missing(name, "compiled, but from other sources or by another Rust", setup(""))
        }
        None => Line::missing(name, "not compiled yet", setup("")),
    }
}

fn disk() -> Vec<Line> {
    let mut usage = Usage::default();
    let home = sevenlines::home::dir();
    let mut lines = vec![Line::note("disk", format!("{} in {}", bytes(usage.add(&home)), home.display()))];
    if let Ok(dir) = paths::environment() {
        lines.push(Line::note("", format!("{} in {}", bytes(usage.add(&dir)), dir.display())));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rusts_version_is_read() {
        assert_eq!(rust_version("rustc 1.95.0 (f2d3ce0bd 2026-03-21)"), Some((1, 95)));
        assert_eq!(rust_version("rustc 1.97.0-nightly (abc)"), Some((1, 97)));
        assert_eq!(rust_version("gcc"), None);
    }
}
