//! Fine-tuning: a new head, its training, what was measured on the way.

mod adam;
mod batch_sizes;
pub mod deep;
mod dense;
mod epoch;
mod features;
mod fit;
#[cfg(test)]
mod golden_tests;
mod head;
mod history;
mod loss;
mod scaling;
#[cfg(test)]
mod speed_tests;
mod store;

pub(crate) use adam::Adam;
pub use batch_sizes::{BatchSizeRun, BatchSizes};
pub(crate) use dense::Dense;
pub(crate) use features::{Rows, check_shape, stack};
pub use fit::{Evaluation, FitOptions};
pub use head::Features;
pub(crate) use head::{Head, Work};
pub use history::{Epoch, History};
pub(crate) use loss::{argmax, softmax};
pub(crate) use scaling::Scaling;
pub(crate) use store::{FeatureStore, Keep};
pub use store::{StoredFeatures, clear_stored_features, stored_features};
