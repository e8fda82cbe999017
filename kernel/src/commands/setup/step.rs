//! What a step of the setup is.

use super::cost::Cost;
use crate::error::Result;
use crate::report::Progress;

/// One thing that a notebook needs.
pub trait Step {
    /// What it is called in front of the user.
    fn name(&self) -> &str;

    /// Names it where times are kept and in JSON, whatever it is called.
    fn id(&self) -> String;

    /// How long making it takes.
    fn cost(&self) -> Cost;

    /// A word on what is there, nothing if it must be made. Quick, and changes
    /// nothing.
    fn present(&self) -> Option<String>;

    /// Makes it, going on from where an earlier attempt was cut off. Gives back a
    /// word on what was made.
    fn make(&self, progress: Progress) -> Result<String>;
}
