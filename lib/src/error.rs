//! The library's one error type: each message says what was wrong, with which
//! file, and what to do.

use crate::backbone::Backbone;
use std::path::PathBuf;

/// Everything that can go wrong in the library.
///
/// `Debug` prints the message itself, so that a notebook's `?` and a `main` that
/// returns it both read well.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read, written, listed or renamed.
    #[error("could not {action} {}: {}", path.display(), crate::disk::explain(source))]
    Io {
        /// What was tried: "read", "write", "list" ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder or file that is not there.
    #[error("{} does not exist; {hint}", path.display())]
    Missing {
        /// What was looked for.
        path: PathBuf,
        /// What to do.
        hint: String,
    },
    /// A folder without class folders in it.
    #[error("{} has no subfolders; each class of pictures needs one, e.g. {}/cats and {}/dogs", path.display(), path.display(), path.display())]
    NoClasses {
        /// The folder.
        path: PathBuf,
    },
    /// A class folder without a picture in it.
    #[error("the class folder {} has no pictures (png, jpg, jpeg, bmp, gif or webp); add some, or remove the folder", path.display())]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
    },
    /// Pictures that cannot be read, each with the reason.
    #[error("{}", broken_pictures(pictures))]
    BrokenPictures {
        /// File and reason.
        pictures: Vec<(PathBuf, String)>,
    },
    /// A number out of its range.
    #[error("{name} is {got}, but must be {expected}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// What was given.
        got: String,
        /// What would do.
        expected: &'static str,
    },
    /// `fit` (or what needs the new head) before `finetune`.
    #[error("the model still has its 1000 ImageNet outputs; call vgg.finetune(&batches)? first")]
    NotFinetuned,
    /// Batches whose classes are not the model's.
    #[error("{}", class_mismatch(what, expected, got))]
    ClassMismatch {
        /// Which batches: "training", "validation" ...
        what: &'static str,
        /// The model's classes.
        expected: Vec<String>,
        /// The batches' classes.
        got: Vec<String>,
    },
    /// A tensor of the wrong shape.
    #[error("{}: tensor {tensor} has shape {got:?}, VGG16 needs {expected:?}; these are not VGG16's weights", file.display())]
    WeightShape {
        /// The weights file.
        file: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// VGG16's shape.
        expected: Vec<usize>,
        /// The file's.
        got: Vec<usize>,
    },
    /// A tensor that is not there.
    #[error("{}: no tensor {tensor}; these are not VGG16's weights (torchvision and timm names are understood)", file.display())]
    WeightMissing {
        /// The weights file.
        file: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// No weights on this machine.
    #[error("no VGG16 weights found in {}; run `sevenlines setup` (59 MB), or set SEVENLINES_WEIGHTS to a file", path.display())]
    NoWeights {
        /// The folder that was looked in.
        path: PathBuf,
    },
    /// No weights of a backbone on this machine.
    #[error(
        "no weights of {backbone} found in {}; run `sevenlines setup --backbone {}` ({} MB), or name a file with \
         Learner::builder(..).weights(..)", crate::home::shown(path), backbone.id(), backbone.megabytes()
    )]
    NoBackbone {
        /// The backbone.
        backbone: Backbone,
        /// The folder that was looked in.
        path: PathBuf,
    },
    /// A weights file that does not hold a backbone's layers.
    #[error(
        "{}: {reason}; these are not the weights of {backbone} under timm's names, which `sevenlines setup \
         --backbone {}` fetches", file.display(), backbone.id()
    )]
    BackboneWeights {
        /// The weights file.
        file: PathBuf,
        /// The backbone.
        backbone: Backbone,
        /// What does not fit.
        reason: String,
    },
    /// Something that only VGG16 can do.
    #[error("{what} needs a VGG16, and this model is a {backbone}; Vgg16::new()? makes one")]
    NeedsVgg16 {
        /// What was asked for.
        what: &'static str,
        /// What the model is.
        backbone: Backbone,
    },
    /// Something that needs fc6, fc7 and fc8 of the full weights.
    #[error(
        "{what} needs VGG16's fully connected layers, and only the convolution base is installed; `sevenlines setup --full` fetches them (553 MB)"
    )]
    NeedsFullWeights {
        /// What was asked for.
        what: &'static str,
    },
    /// A file whose content is not what it should be.
    #[error("{} is damaged: {reason}; {hint}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A download that did not work.
    #[error("could not fetch {url}: {reason}")]
    Download {
        /// What was asked for.
        url: String,
        /// What happened and what to do.
        reason: String,
    },
    /// More asked for than there is memory for; nothing was begun.
    #[error("{}", too_much(what, *needed, *available, *fits, unit))]
    Memory {
        /// What was asked for: "training with a batch size of 100000" ...
        what: String,
        /// The bytes that it would need.
        needed: u64,
        /// The bytes that are free.
        available: u64,
        /// How many of the same would fit; 0 if not even one.
        fits: usize,
        /// What is counted: "pictures" ...
        unit: &'static str,
    },
    /// Something the caller got wrong that no other variant names.
    #[error("{0}")]
    Invalid(String),
    /// The user pressed stop. State is kept.
    #[error("interrupted; what was computed so far is kept")]
    Interrupted,
    /// Nobody can be asked, or gave no answer.
    #[error("there was no answer to {prompt:?}: {reason}")]
    NoInput {
        /// What was to be asked.
        prompt: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// A plot could not be drawn.
    #[error("could not draw: {0}")]
    Plot(String),
    /// A tensor operation failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// The variant's name, as a notebook shows it before the message.
    pub fn name(&self) -> &'static str {
        match self {
            Error::Io { .. } => "Io",
            Error::Missing { .. } => "Missing",
            Error::NoClasses { .. } => "NoClasses",
            Error::EmptyClass { .. } => "EmptyClass",
            Error::BrokenPictures { .. } => "BrokenPictures",
            Error::OutOfRange { .. } => "OutOfRange",
            Error::NotFinetuned => "NotFinetuned",
            Error::ClassMismatch { .. } => "ClassMismatch",
            Error::WeightShape { .. } => "WeightShape",
            Error::WeightMissing { .. } => "WeightMissing",
            Error::NoWeights { .. } => "NoWeights",
            Error::NoBackbone { .. } => "NoBackbone",
            Error::BackboneWeights { .. } => "BackboneWeights",
            Error::NeedsVgg16 { .. } => "NeedsVgg16",
            Error::NeedsFullWeights { .. } => "NeedsFullWeights",
            Error::Corrupt { .. } => "Corrupt",
            Error::Download { .. } => "Download",
            Error::Memory { .. } => "Memory",
            Error::Invalid(_) => "Invalid",
            Error::Interrupted => "Interrupted",
            Error::NoInput { .. } => "NoInput",
            Error::Plot(_) => "Plot",
            Error::Candle(_) => "Candle",
        }
    }

    /// For `map_err`: names the action and the file of an I/O error.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}

fn too_much(what: &str, needed: u64, available: u64, fits: usize, unit: &str) -> String {
    let advice = match fits {
        0 => "free some, for instance by restarting other kernels".to_owned(),
        fits => format!("{fits} {unit} would fit"),
    };
    let [needed, available] = [needed, available].map(crate::memory::size);
    format!("{what} needs {needed} of memory, and {available} are free; {advice}")
}

fn class_mismatch(what: &str, expected: &[String], got: &[String]) -> String {
    let without = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let mut reasons = Vec::new();
    for (reason, names) in [("lack", without(expected, got)), ("have beyond them", without(got, expected))] {
        if !names.is_empty() {
            reasons.push(format!("{reason} {}", first_names(&names)));
        }
    }
    if reasons.is_empty() {
        reasons.push("are in another order".to_owned());
    }
    format!(
        "the {what} classes are not the model's: they {}; use folders of the same names",
        reasons.join(" and ")
    )
}

/// The first few names, in quotation marks.
fn first_names(names: &[String]) -> String {
    let shown = 6;
    let mut text = names.iter().take(shown).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

fn broken_pictures(pictures: &[(PathBuf, String)]) -> String {
    let shown = 10;
    let mut text = format!(
        "{} picture{} cannot be read; remove them, or skip them with BatchOptions {{ skip_broken: true, .. }}:",
        pictures.len(),
        if pictures.len() == 1 { "" } else { "s" }
    );
    for (path, reason) in pictures.iter().take(shown) {
        text.push_str(&format!("\n  {}: {reason}", path.display()));
    }
    if pictures.len() > shown {
        text.push_str(&format!("\n  and {} more", pictures.len() - shown));
    }
    text
}
