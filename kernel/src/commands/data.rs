//! `sevenlines data`: bringing and arranging sets of pictures. The library does
//! it; here is what is asked for, the progress, and where a notebook finds it.

use super::setup::{sample, weights::amount};
use crate::error::Result;
use crate::paths;
use crate::report::{Task, tell};
use crate::stop;
use clap::Subcommand;
use serde_json::json;
use sevenlines::data::drawn::{write_five_kinds, write_sample};
use sevenlines::data::sorting::{Report, SortOptions, sort_kaggle};
use sevenlines::data::split_folder;
use sevenlines::fetch::archive::Archive;
use std::path::{Path, PathBuf};

/// Bring and arrange sets of pictures.
#[derive(Subcommand)]
pub enum Command {
    /// Sort Kaggle's train.zip (cat.0.jpg, dog.0.jpg …) or PetImages/{Cat,Dog} into train, valid and sample.
    ///
    /// 2,000 pictures go to valid (never more than a fifth), 200 and 50 to the sample beside them. Broken
    /// pictures are left out and named. The originals stay as they are.
    Kaggle {
        /// The zip, or a folder with the pictures or with the zip.
        from: PathBuf,
        /// Where to [default: where dogs_vs_cats() finds it].
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Fetch Microsoft's photographs of cats and dogs (25,000, about 790 MB) and sort them likewise.
    DogsVsCats {
        /// Only so many pictures, cats and dogs together, taken one by one out of the far archive.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=24_000))]
        sample: Option<u32>,
        /// Where to [default: where dogs_vs_cats() finds it].
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Divide your own folder, with a subfolder for each class, into train and valid.
    ///
    /// The result lies beside it as DIR-split; the originals stay as they are.
    Split {
        /// The folder of class folders.
        dir: PathBuf,
        /// The part of each class that goes to valid.
        #[arg(long, value_name = "FRACTION", default_value_t = 0.2, allow_negative_numbers = true)]
        valid: f64,
        /// Another seed divides otherwise.
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
    /// Draw the sample set: 300 + 100 cats and dogs, always the same for the same seed.
    Draw {
        /// Where to [default: where dogs_vs_cats() finds it, or five_kinds()].
        dir: Option<PathBuf>,
        /// Birds, cats, dogs, horses and rabbits instead, 60 + 20 of each.
        #[arg(long)]
        five_kinds: bool,
        /// Another seed draws other animals.
        #[arg(long, value_name = "N", default_value_t = sample::SEED)]
        seed: u64,
    },
}

/// Runs the command.
pub fn main(command: &Command) -> Result<()> {
    // Ctrl-C ends the library's loops, which then clear up after themselves.
    stop::listen();
    match command {
        Command::Kaggle { from, to } => kaggle(from, to.as_deref()),
        Command::DogsVsCats { sample, to } => dogs_vs_cats(*sample, to.as_deref()),
        Command::Split { dir, valid, seed } => split(dir, *valid, *seed),
        Command::Draw { dir, five_kinds, seed } => draw(dir.as_deref(), *five_kinds, *seed),
    }
}

fn kaggle(from: &Path, to: Option<&Path>) -> Result<()> {
    let folder = photographs(to)?;
    let task = Task::begin("sorting");
    let report = sort_kaggle(from, &folder, SortOptions::default(), &mut |done, all| {
        task.note(&pictures(done, all));
    });
    finish(task, report, to)
}

fn dogs_vs_cats(sample: Option<u32>, to: Option<&Path>) -> Result<()> {
    let folder = photographs(to)?;
    let options = SortOptions { per_class: sample.map(|n| n.div_ceil(2) as usize), ..SortOptions::default() };
    let task = Task::begin("fetching Microsoft's photographs");
    let report = Archive::from_env().fetch(
        &folder,
        options,
        &mut |done, all| task.note(&amount(done, all)),
        &mut |done, all| task.note(&pictures(done, all)),
    );
    finish(task, report, to)
}

fn split(dir: &Path, valid: f64, seed: u64) -> Result<()> {
    let folder = split_folder(dir, valid, seed)?;
    let text = format!("{} has train and valid.\n{}", folder.display(), in_a_notebook(&folder));
    tell(json!({ "event": "result", "folder": folder }), &text);
    Ok(())
}

fn draw(dir: Option<&Path>, five_kinds: bool, seed: u64) -> Result<()> {
    let (usual, what, finder) = match five_kinds {
        true => (sevenlines::home::data().join("five-kinds"), "animals of five kinds", "five_kinds()"),
        false => (sample::folder(), "cats and dogs", "dogs_vs_cats()"),
    };
    let folder = dir.map_or_else(|| Ok(usual), paths::absolute)?;
    let task = Task::begin("drawing");
    let mut progress = |done: usize, all: usize| task.note(&pictures(done as u64, Some(all as u64)));
    let drawn = match five_kinds {
        true => write_five_kinds(&folder, seed, &mut progress),
        false => write_sample(&folder, seed, &mut progress),
    };
    end(task, drawn)?;
    let text = format!("Drawn {what}: {}\n{}", folder.display(), where_found(&folder, dir.is_some(), finder));
    tell(json!({ "event": "result", "folder": folder }), &text);
    Ok(())
}

/// The folder that was asked for, or the one where `dogs_vs_cats()` looks.
fn photographs(to: Option<&Path>) -> Result<PathBuf> {
    to.map_or_else(|| Ok(sevenlines::home::data().join("dogs-vs-cats")), paths::absolute)
}

fn pictures(done: u64, all: Option<u64>) -> String {
    match all {
        Some(all) => format!("{done} of {all} pictures"),
        None => format!("{done} pictures"),
    }
}

fn finish(task: Task, report: sevenlines::Result<Report>, to: Option<&Path>) -> Result<()> {
    let report = end(task, report)?;
    let text = format!("{report}\n{}", where_found(&report.folder, to.is_some(), "dogs_vs_cats()"));
    tell(json!({ "event": "result", "folder": report.folder, "text": report.to_string() }), &text);
    Ok(())
}

fn end<T>(task: Task, result: sevenlines::Result<T>) -> Result<T> {
    match &result {
        Ok(_) => task.done(""),
        Err(sevenlines::Error::Interrupted) => drop(task),
        Err(_) => task.failed(),
    }
    Ok(result?)
}

fn where_found(folder: &Path, named: bool, finder: &str) -> String {
    match named {
        true => in_a_notebook(folder),
        false => format!("In a notebook, {finder} finds it."),
    }
}

fn in_a_notebook(folder: &Path) -> String {
    format!(
        "In a notebook: `let path = PathBuf::from({folder:?});`, or `{} run NOTEBOOK --data {}`.",
        paths::command(),
        folder.display()
    )
}
