//! `sevenlines bench`: how fast this machine is at the pieces of a lesson. The
//! library measures; here is what is asked for, a fresh process for each round, and
//! the results as a table or as JSON.

mod figures;
mod round;

use crate::error::{Error, Result};
use crate::report::{Mode, Task, mode, tell};
use crate::stop;
use clap::{Args, ValueEnum};
use figures::Figures;
use round::Round;
use sevenlines::bench::Engine;
use std::path::PathBuf;

/// Measure how fast this machine is: decoding, VGG16's body, training.
///
/// Each round is a process of its own, in which nothing is taken from the feature store. The first call in it
/// is cold, with the weights loaded and prepared; those after it are warm, and the median of them is the
/// round's. The table has the median, the least and the most of the rounds.
#[derive(Args)]
#[command(after_long_help = figures::KEYS)]
pub struct Options {
    /// Pictures that go through the body at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = number(4096))]
    batch: u32,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = number(1024))]
    threads: Option<u32>,
    /// Rounds.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = number(1000))]
    rounds: u32,
    /// A folder of class folders, or one with train and valid in it [default: what dogs_vs_cats() finds].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What to measure.
    #[arg(long, value_name = "PIECE", value_delimiter = ',', default_values = ["decode", "body", "fit"])]
    only: Vec<Piece>,
    /// How the body computes: f32, bf16 (for processors that have it), or candle, by candle's own conv2d
    /// [default: f32 and, if the processor has it, bf16].
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    body: Vec<Engine>,
    /// Pictures in an epoch of fit; a quarter as many are for validation.
    #[arg(long, value_name = "N", default_value_t = 1600, value_parser = number(1_000_000))]
    fit_images: u32,
    /// Write the body's pictures (N, 224, 224, 3) and pool5 (N, 512, 7, 7) as safetensors, to compare with.
    #[arg(long, value_name = "FILE")]
    save_pool5: Option<PathBuf>,
    /// Be one round: measure in this process and write what came of it.
    #[arg(long, value_name = "FILE", hide = true)]
    round: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Piece {
    /// JPEG to 224 x 224.
    Decode,
    /// 224 x 224 to pool5.
    Body,
    /// Epochs on stored features.
    Fit,
    /// The seven lines as a whole, one epoch; needs train and valid.
    Lesson,
}

fn number(most: i64) -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=most)
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    // Ctrl-C ends the library's loops, which then clear up after themselves.
    stop::listen();
    if let Some(file) = &options.round {
        return round::measure(options)?.write(file);
    }
    if options.save_pool5.is_some() && !options.wants(Piece::Body) {
        return Err(Error::Invalid("--save-pool5 needs the body measured; add body to --only".into()));
    }
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        // The one JSON object of this command is its result.
        let task =
            (mode() != Mode::Json).then(|| Task::begin(&format!("round {number} of {}", options.rounds)));
        let round = round::in_a_process(options, number == 1);
        match (&round, task) {
            (Ok(_), Some(task)) => task.done(""),
            (Err(Error::Library(sevenlines::Error::Interrupted)), task) => drop(task),
            (Err(_), Some(task)) => task.failed(),
            (_, None) => {}
        }
        rounds.push(round?);
    }
    let figures = Figures::new(options, &rounds);
    tell(figures.json(), &figures.table());
    Ok(())
}

impl Options {
    /// The ways of the body to measure; pool5 is saved of the first.
    fn engines(&self) -> Vec<Engine> {
        if self.body.is_empty() { Engine::ours() } else { self.body.clone() }
    }

    fn wants(&self, piece: Piece) -> bool {
        self.only.contains(&piece)
    }
}

impl Piece {
    /// As on the command line.
    fn name(self) -> &'static str {
        match self {
            Piece::Decode => "decode",
            Piece::Body => "body",
            Piece::Fit => "fit",
            Piece::Lesson => "lesson",
        }
    }
}
