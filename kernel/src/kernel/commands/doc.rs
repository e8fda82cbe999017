//! `:doc NAME`.

use super::Question;
use crate::kernel::context::Context;
use crate::kernel::inspect;
use serde_json::Value;

/// The same text as shift-tab shows.
pub fn run(context: &mut Context, name: &str) -> Result<Value, String> {
    if name.is_empty() {
        return Err(":doc wants a name, e.g. :doc Vec::push".into());
    }
    inspect::name(context, name).ok_or_else(|| Question::not_found(name))
}
