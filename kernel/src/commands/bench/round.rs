//! One round: all pieces once, in a process of its own, so that its first call is
//! cold and the number of threads is the one asked for.

use super::{Options, Piece};
use crate::error::{Error, Result};
use crate::paths;
use crate::programs;
use crate::report::complain;
use serde::{Deserialize, Serialize};
use sevenlines::bench::{self, FitRun, Lesson, Timing};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// What one round measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Round {
    pub threads: usize,
    /// The class folders that the pictures are from.
    pub pictures: PathBuf,
    pub decode: Option<Timing>,
    /// By the name of the way that the body computes.
    pub bodies: Vec<(String, Timing)>,
    pub fit: Option<FitRun>,
    pub lesson: Option<Lesson>,
    /// In bytes, of the whole round.
    pub peak_memory: Option<u64>,
    /// Seconds from the start of the process to its end.
    pub process: f64,
}

/// Measures in this process.
pub(super) fn measure(options: &Options) -> Result<Round> {
    let data = match &options.data {
        Some(folder) => folder.clone(),
        None => sevenlines::data::dogs_vs_cats()?,
    };
    let train = data.join("train");
    let pictures = if train.is_dir() { train } else { data.clone() };
    let mut bodies = Vec::new();
    if options.wants(Piece::Body) {
        let batch = bench::pictures(&pictures, options.batch)?;
        for engine in options.engines() {
            let run = bench::body(engine, &batch)?;
            if let Some(file) = options.save_pool5.as_ref().filter(|_| bodies.is_empty()) {
                run.save(file)?;
            }
            bodies.push((engine.name().to_owned(), run.timing));
        }
    }
    if options.wants(Piece::Lesson) && !(data.join("train").is_dir() && data.join("valid").is_dir()) {
        let problem = format!("{} has no train and valid, which the lesson needs", data.display());
        return Err(Error::Invalid(format!("{problem}; `{} data split` makes them", paths::command())));
    }
    let wanted = |piece| options.wants(piece).then_some(());
    let decode = wanted(Piece::Decode).map(|()| bench::decode(&pictures, options.batch)).transpose()?;
    let fit = wanted(Piece::Fit).map(|()| bench::fit(&pictures, options.fit_images)).transpose()?;
    let lesson = wanted(Piece::Lesson).map(|()| bench::lesson(&data)).transpose()?;
    let (threads, peak_memory) = (bench::threads(), bench::peak_memory());
    Ok(Round { threads, pictures, decode, bodies, fit, lesson, peak_memory, process: 0.0 })
}

/// Measures in a fresh process; the first round's writes pool5, if that was asked for.
pub(super) fn in_a_process(options: &Options, first: bool) -> Result<Round> {
    let folder = tempfile::tempdir().map_err(Error::io("write in", std::env::temp_dir()))?;
    let file = folder.path().join("round.json");
    let mut command = Command::new(paths::binary()?);
    command.arg("bench").arg("--round").arg(&file);
    if let Some(folder) = &options.data {
        command.arg("--data").arg(folder);
    }
    for (name, value) in [("--batch", options.batch), ("--fit-images", options.fit_images)] {
        command.arg(name).arg(value.to_string());
    }
    for piece in &options.only {
        command.arg("--only").arg(piece.name());
    }
    for engine in &options.body {
        command.arg("--body").arg(engine.name());
    }
    if let Some(file) = options.save_pool5.as_ref().filter(|_| first) {
        command.arg("--save-pool5").arg(file);
    }
    // Rayon, and through it gemm and candle, take the number of threads from there.
    if let Some(threads) = options.threads {
        command.env("RAYON_NUM_THREADS", threads.to_string());
    }
    let start = Instant::now();
    let mut said = Vec::new();
    let status = programs::follow(
        &mut command,
        "a round is this program again; is it still there?",
        &mut |is_output, line| {
            if !is_output {
                said.push(line);
            }
        },
    )?;
    let process = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(failure(&said.join("\n"), status));
    }
    Ok(Round { process, ..Round::read(&file)? })
}

/// A round that could not be measured has said why in its last lines.
fn failure(said: &str, status: ExitStatus) -> Error {
    let reason =
        said.strip_prefix("error: ").or_else(|| said.split_once("\nerror: ").map(|(_, reason)| reason));
    match reason {
        Some(reason) => Error::Invalid(reason.trim().to_owned()),
        None => {
            complain(said.trim());
            Error::Program { program: "a round of the measurement".into(), reason: status.to_string() }
        }
    }
}

impl Round {
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string(self).map_err(|error| Error::Invalid(error.to_string()))?;
        std::fs::write(file, text).map_err(Error::io("write", file))
    }

    fn read(file: &Path) -> Result<Round> {
        let text = std::fs::read_to_string(file).map_err(Error::io("read", file))?;
        serde_json::from_str(&text).map_err(|error| Error::Invalid(format!("{}: {error}", file.display())))
    }
}
