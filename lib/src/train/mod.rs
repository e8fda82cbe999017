//! Fine-tuning: a new head, its training, what was measured on the way.

mod adam;
mod batch_norm;
mod batch_sizes;
pub(crate) mod checkpoint;
pub mod deep;
mod dense;
mod dropout;
mod early_stopping;
mod epoch;
mod features;
mod finder;
mod fine_tune;
mod fit;
#[cfg(test)]
mod golden_tests;
mod head;
mod head_options;
#[cfg(test)]
mod head_tests;
mod hidden;
mod history;
mod initial;
mod linear;
mod loss;
mod loss_options;
mod loss_plot;
mod mixup;
mod run;
mod scaling;
mod schedule;
mod shard;
#[cfg(test)]
mod speed_tests;
mod store;
mod store_features;

pub(crate) use adam::{Adam, Moments};
pub(crate) use batch_norm::BatchNorm;
pub use batch_sizes::{BatchSizeRun, BatchSizes};
pub(crate) use dense::Dense;
pub use early_stopping::{EarlyStopping, Monitor};
pub(crate) use features::{MEASURED, Rows, check_shape, in_parts, stack};
pub use finder::{FinderOptions, LrFinder};
pub use fine_tune::FineTuneOptions;
pub use fit::{Evaluation, FitOptions};
pub use head::Features;
pub(crate) use head::{Head, Work};
pub use head_options::HeadOptions;
pub(crate) use hidden::Hidden;
pub use history::{Epoch, History};
pub use linear::LinearModel;
pub(crate) use loss::{argmax, softmax};
pub(crate) use loss_options::Targets;
pub use loss_options::{LossOptions, class_weights};
pub(crate) use scaling::Scaling;
pub use schedule::Schedule;
pub use shard::Shard;
pub(crate) use store::{FeatureStore, Keep};
pub use store::{StoredFeatures, clear_stored_features, stored_features};
pub use store_features::StoredShard;
