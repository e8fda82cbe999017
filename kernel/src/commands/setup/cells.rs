//! The prepared build of the cells: the library and candle compiled as a cell
//! links them.

use super::cost::Cost;
use super::step::Step;
use crate::cells::{Prepared, toolchain::Toolchain};
use crate::error::Result;
use crate::report::Progress;

/// The step that compiles it.
pub struct PreparedBuild;

impl Step for PreparedBuild {
    fn name(&self) -> &str {
        "the library, compiled for cells"
    }

    fn id(&self) -> String {
        "library".into()
    }

    fn cost(&self) -> Cost {
        match Toolchain::find().is_ok_and(|toolchain| Prepared::takes_over(&toolchain)) {
            true => Cost::LIBRARY,
            false => Cost::LIBRARY_COLD,
        }
    }

    fn present(&self) -> Option<String> {
        Prepared::find(&Toolchain::find().ok()?).map(|_| String::new())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        Prepared::ensure(&Toolchain::find()?, progress).map(|_| String::new())
    }
}
