//! What a notebook cell has in scope: `use sevenlines::prelude::*;`.
//!
//! The error type is here, the `Result` alias is not: the code that evcxr
//! generates around a cell needs the standard `Result`. `SimpleBackend` is here
//! so that `let vb = VarBuilder::…` has a type that a cell can name.

pub use crate::Error;
pub use crate::channel;
pub use crate::conv::Precision;
pub use crate::data::{Batch, BatchOptions, Batches, Resize, dogs_vs_cats, open_picture, split_folder};
pub use crate::input::{input, input_password};
pub use crate::interpret::{GradCam, Interpretation};
pub use crate::interrupt::{self, check_interrupt};
pub use crate::learner::{Learner, Predictions, Probs, Summary};
pub use crate::metrics::{ClassMetrics, Metric};
pub use crate::show::HeatMap;
pub use crate::show::{
    Figure, Grid, LivePlot, Mark, Picture, Progress, ProgressIter, ShowPicture, Table, Tile, bar_chart,
    progress,
};
pub use crate::train::{
    BatchSizeRun, BatchSizes, Evaluation, FitOptions, History, StoredFeatures, clear_stored_features,
    stored_features,
};
pub use crate::utils::*;
pub use crate::vgg16::Vgg16;
pub use crate::weights::{Normalisation, Weights};
pub use candle_core::{self, DType, Device, IndexOp, Module, Tensor, Var};
pub use candle_nn::{self, VarBuilder, VarMap, var_builder::SimpleBackend};
pub use image;
pub use plotters::{self, evcxr::evcxr_figure};
pub use std::path::{Path, PathBuf};
