//! `:clear` and `:restart`.

use crate::kernel::context::Context;
use serde_json::{Value, json};

/// Forgets everything and loads the library again.
pub fn run(context: &mut Context) -> Result<Value, String> {
    context.clear().map_err(|error| error.to_string())?;
    Ok(
        json!({ "text/plain": "all variables, functions, types and dependencies are forgotten; the library is loaded again" }),
    )
}

/// Starts a new process.
pub fn restart(context: &mut Context) -> Result<Value, String> {
    context.restart().map_err(|error| error.to_string())?;
    Ok(json!({ "text/plain": "the cells have a new process; all variables are lost" }))
}
