//! The standard library's sources, from which the types of a cell's variables
//! are inferred.

use super::cost::Cost;
use super::step::Step;
use crate::cells::{rust_src, toolchain::Toolchain};
use crate::error::{Error, Result};
use crate::report::Progress;

/// The step that finds or fetches them.
pub struct StandardLibrary {
    /// Without the network.
    pub offline: bool,
}

impl Step for StandardLibrary {
    fn name(&self) -> &str {
        "standard library sources"
    }

    fn id(&self) -> String {
        "sources".into()
    }

    fn cost(&self) -> Cost {
        Cost::SOURCES
    }

    fn present(&self) -> Option<String> {
        rust_src::find(&Toolchain::find().ok()?).map(|folder| folder.display().to_string())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        if self.offline {
            return Err(Error::Invalid(
                "the standard library's sources are not on this machine; `rustup component add rust-src` brings them"
                    .into(),
            ));
        }
        rust_src::fetch(progress).map(|folder| folder.display().to_string())
    }
}
