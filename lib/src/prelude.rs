//! What a cell has in scope.
pub use candle_core::{self, DType, Device, Tensor};
pub use candle_nn;
pub use std::path::PathBuf;
