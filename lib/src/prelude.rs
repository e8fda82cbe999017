//! What a notebook cell has in scope: `use sevenlines::prelude::*;`.
//!
//! The error type is here, the `Result` alias is not: the code that evcxr
//! generates around a cell needs the standard `Result`. `SimpleBackend` is here
//! so that `let vb = VarBuilder::…` has a type that a cell can name.

pub use crate::Error;
pub use crate::backbone::Backbone;
pub use crate::channel;
pub use crate::conv::Precision;
pub use crate::data::sorting::SortOptions;
pub use crate::data::{
    Augment, Batch, BatchOptions, Batches, Resize, dogs_vs_cats, five_kinds, kaggle_form, open_picture,
    sort_pictures, split_folder,
};
pub use crate::device::BestDevice;
pub use crate::input::{input, input_password};
pub use crate::interpret::{GradCam, Interpretation};
pub use crate::interrupt::{self, check_interrupt};
pub use crate::learner::{Learner, MemoryEstimate, Predictions, Probs, Summary};
pub use crate::metrics::{ClassMetrics, Metric};
pub use crate::show::HeatMap;
pub use crate::show::{
    Figure, Grid, LivePlot, Mark, Picture, Progress, ProgressIter, ShowPicture, Table, Tile, bar_chart,
    progress,
};
pub use crate::submission::{ClipLosses, Submission, clip_losses};
pub use crate::train::{
    BatchSizeRun, BatchSizes, EarlyStopping, Evaluation, FinderOptions, FineTuneOptions, FitOptions,
    HeadOptions, History, LinearModel, LossOptions, LrFinder, Monitor, Schedule, StoredFeatures,
    class_weights, clear_stored_features, stored_features,
};
pub use crate::utils::*;
pub use crate::vgg16::Vgg16;
pub use crate::weights::{Normalisation, Weights};
pub use candle_core::{self, DType, Device, IndexOp, Module, Tensor, Var};
pub use candle_nn::{self, VarBuilder, VarMap, var_builder::SimpleBackend};
pub use image;
pub use plotters::{self, evcxr::evcxr_figure};
pub use std::path::{Path, PathBuf};
