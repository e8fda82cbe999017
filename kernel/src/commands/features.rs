//! `sevenlines features`: what the network has computed is kept on disk. This shows how
//! much of it there is, clears it, and computes it ahead, in one process or in many.

use crate::error::{Error, Result};
use crate::paths;
use crate::report::{Mode, mode, remark, say, tell};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use sevenlines::conv::Precision;
use sevenlines::data::{BatchOptions, Resize};
use sevenlines::train::{Shard, StoredShard, clear_stored_features, stored_features};
use sevenlines::{Backbone, Learner};
use std::path::PathBuf;

/// The number of pictures after which a line says how far it is.
const PIECE: usize = 2000;

/// Show, compute or clear the stored features: a network looks at each picture once, and what it saw is kept.
///
/// They are found by what a picture holds, also after a restart and in another folder. SEVENLINES_FEATURES in
/// the kernel's environment limits the room that they take (500MB; 2 GB unless set; the longest unused go
/// first), or keeps them in memory only (off).
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// Compute the features of all pictures in this folder and below it, so that `fit` need not: those that are
    /// not stored yet. The exit code is 0 when all are stored, so that a job that failed can be run again.
    folder: Option<PathBuf>,
    /// Only the K-th of N parts of the pictures: N processes, on one machine or on many with a common
    /// $SEVENLINES_HOME, share the work. K counts from 1, as in `--shard $SLURM_ARRAY_TASK_ID/8`.
    #[arg(long, value_name = "K/N", requires = "folder")]
    shard: Option<Shard>,
    /// The network that looks: vgg16, or one that `setup --backbone` fetched.
    #[arg(long, value_name = "NAME", requires = "folder")]
    backbone: Option<Backbone>,
    /// Its weights, instead of those that notebooks find.
    #[arg(long, value_name = "FILE", requires = "folder")]
    weights: Option<PathBuf>,
    /// How pictures become 224 x 224, as `BatchOptions { resize, .. }` says it in the notebook.
    #[arg(long, value_name = "HOW", requires = "folder")]
    resize: Option<Fit>,
    /// Multiply in bfloat16, as `Vgg16::builder().precision(Precision::Bfloat16)` does.
    #[arg(long, requires = "folder")]
    bfloat16: bool,
    /// Leave out pictures that cannot be read; each process decodes all of them first to find these.
    #[arg(long, requires = "folder")]
    skip_broken: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Remove them all; kernels may be running.
    Clear,
}

#[derive(Clone, Copy, ValueEnum)]
enum Fit {
    Squash,
    CenterCrop,
    Nearest,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    match (&options.action, &options.folder) {
        (Some(Action::Clear), _) => clear(),
        (None, Some(folder)) => compute(options, folder.clone()),
        (None, None) => show(),
    }
}

fn show() -> Result<()> {
    let stored = stored_features()?;
    let event = json!({
        "event": "result", "pictures": stored.pictures, "bytes": stored.bytes, "limit": stored.limit,
        "folder": stored.folder,
    });
    tell(event, &format!("There are {stored}."));
    if stored.pictures > 0 && mode() == Mode::Text {
        say(&format!("`{} features clear` removes them.", paths::command()));
    }
    Ok(())
}

fn clear() -> Result<()> {
    // What cannot be read can be removed all the same.
    let before = stored_features().map_or(0, |stored| stored.pictures);
    clear_stored_features()?;
    let text = match before {
        0 => "There are no stored features now.".to_owned(),
        1 => "Removed the features of 1 picture.".to_owned(),
        count => format!("Removed the features of {count} pictures."),
    };
    tell(json!({ "event": "result", "removed": before }), &text);
    Ok(())
}

fn compute(options: &Options, folder: PathBuf) -> Result<()> {
    if !folder.is_dir() {
        return Err(Error::Invalid(format!(
            "{} is no folder; name one with pictures in it",
            folder.display()
        )));
    }
    let mut learner = learner(options)?;
    let resize = match options.resize.unwrap_or(Fit::Squash) {
        Fit::Squash => Resize::Squash,
        Fit::CenterCrop => Resize::CenterCrop,
        Fit::Nearest => Resize::Nearest,
    };
    let batch = BatchOptions {
        resize,
        skip_broken: options.skip_broken,
        unlabelled: true,
        ..BatchOptions::default()
    };
    let batches = learner.get_batches_with(folder, 64, batch)?;
    let shard = options.shard.unwrap_or_default();
    let name = options.shard.map_or_else(String::new, |shard| format!("shard {shard}: "));
    let all = shard.count(batches.len());
    let mut done = StoredShard { pictures: 0, looked_at: 0 };
    // At least one, which looks whether the features can be stored at all.
    for piece in shard.split(all.div_ceil(PIECE).max(1)) {
        let piece = learner.store_features(&batches, piece)?;
        done.pictures += piece.pictures;
        done.looked_at += piece.looked_at;
        if done.pictures < all {
            remark(&format!("{name}{} of {all} pictures", done.pictures));
        }
    }
    let event = json!({ "event": "result", "pictures": all, "looked_at": done.looked_at });
    let text = format!(
        "{name}all {all} pictures are stored: {} looked at now, {} before",
        done.looked_at,
        all - done.looked_at
    );
    tell(event, &text);
    Ok(())
}

fn learner(options: &Options) -> Result<Learner> {
    let mut builder = Learner::builder(options.backbone.unwrap_or(Backbone::Vgg16));
    if let Some(file) = &options.weights {
        builder = builder.weights(file);
    }
    if options.bfloat16 {
        builder = builder.precision(Precision::Bfloat16);
    }
    Ok(builder.build()?)
}
