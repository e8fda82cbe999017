//! `:vars`: what the cells so far have defined.

use super::table;
use crate::kernel::context::Context;
use serde_json::{Value, json};

/// Shows each variable with its type.
pub fn run(context: &Context) -> Value {
    let mut rows: Vec<Vec<String>> =
        context.evcxr.variables_and_types().map(|(name, of)| vec![name.to_owned(), of.to_owned()]).collect();
    if rows.is_empty() {
        return json!({ "text/plain": "there are no variables yet" });
    }
    rows.sort();
    table(&["variable", "type"], &rows)
}
