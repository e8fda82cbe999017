//! `:help`: the kernel's own commands, then evcxr's.

use super::{COMMANDS, table};
use crate::kernel::context::Context;
use serde_json::Value;

/// Shows the table.
pub fn run(context: &mut Context) -> Result<Value, String> {
    let outputs = context.evcxr.execute(":help").map_err(|error| error.to_string())?;
    let evcxr = others(outputs.get("text/plain").unwrap_or_default());
    let mut rows: Vec<Vec<String>> = COMMANDS
        .iter()
        .map(|(name, argument, text)| vec![format!("{name} {argument}").trim_end().into(), (*text).into()])
        .collect();
    rows.push(vec!["!COMMAND".into(), "run a shell command".into()]);
    rows.extend(evcxr.map(|(name, text)| vec![name.to_owned(), text.to_owned()]));
    Ok(table(&["in a cell's first lines", "what it does"], &rows))
}

/// The commands in evcxr's table that are not the kernel's.
pub fn others(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| name.starts_with(':') && !COMMANDS.iter().any(|(ours, ..)| ours == name))
        .map(|(name, text)| (name, text.trim()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ours_are_not_listed_twice() {
        let found: Vec<_> = super::others(":dep              Add\n:vars             List\n").collect();
        assert_eq!(found, [(":dep", "Add")]);
    }
}
