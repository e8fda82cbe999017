//! `:clear` and `:restart`.

use crate::kernel::context::{Context, START};
use serde_json::{Value, json};

/// Forgets everything and loads the library again.
pub fn run(context: &mut Context) -> Result<Value, String> {
    context.clear().map_err(|error| error.to_string())?;
    Ok(
        json!({ "text/plain": "all variables, functions, types and dependencies are forgotten; the library is loaded again" }),
    )
}

/// Starts a new process, which needs what the prelude did.
pub fn restart(context: &mut Context) -> Result<Value, String> {
    for code in [":restart", START] {
        context.evcxr.execute(code).map_err(|error| error.to_string())?;
    }
    Ok(json!({ "text/plain": "the cells have a new process; all variables are lost" }))
}
