//! Fine-tuning: a new head, its training, what was measured on the way.

mod adam;
mod batch_sizes;
pub(crate) mod checkpoint;
pub mod deep;
mod dense;
mod early_stopping;
mod epoch;
mod features;
mod fine_tune;
mod fit;
#[cfg(test)]
mod golden_tests;
mod head;
mod history;
mod loss;
mod loss_plot;
mod run;
mod scaling;
mod schedule;
#[cfg(test)]
mod speed_tests;
mod store;

pub(crate) use adam::{Adam, Moments};
pub use batch_sizes::{BatchSizeRun, BatchSizes};
pub(crate) use dense::Dense;
pub use early_stopping::{EarlyStopping, Monitor};
pub(crate) use features::{Rows, stack};
pub use fine_tune::FineTuneOptions;
pub use fit::{Evaluation, FitOptions};
pub use head::Features;
pub(crate) use head::{Head, Work};
pub use history::{Epoch, History};
pub(crate) use loss::{argmax, softmax};
pub(crate) use scaling::Scaling;
pub use schedule::Schedule;
pub(crate) use store::{FeatureStore, Keep};
pub use store::{StoredFeatures, clear_stored_features, stored_features};
