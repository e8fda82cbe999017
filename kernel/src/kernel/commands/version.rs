//! `:version`.

use super::table;
use crate::cells::{self, toolchain::Toolchain};
use crate::kernel::context::Context;
use serde_json::Value;

/// Shows who compiles and runs the cells.
pub fn run(context: &mut Context) -> Result<Value, String> {
    let evcxr = context.evcxr.execute(":version").map_err(|error| error.to_string())?;
    let toolchain = Toolchain::find().map_err(|error| error.to_string())?;
    let rustc = toolchain.version.lines().next().unwrap_or_default();
    let lock = std::fs::read_to_string(cells::repository().join("Cargo.lock")).unwrap_or_default();
    let row = |name: &str, version: &str| vec![name.to_owned(), version.trim().to_owned()];
    let rows = [
        row("sevenlines", env!("CARGO_PKG_VERSION")),
        row("rustc", rustc.strip_prefix("rustc ").unwrap_or(rustc)),
        row("evcxr", evcxr.get("text/plain").unwrap_or_default()),
        row("candle", locked(&lock, "candle-core").unwrap_or("not known")),
    ];
    Ok(table(&["program", "version"], &rows))
}

/// The version of a package in a lock file.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")))?;
    entry.lines().find_map(|line| line.strip_prefix("version = "))?.trim().trim_matches('"').into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_locked_version_is_found() {
        let lock =
            "[[package]]\nname = \"a-b\"\nversion = \"1\"\n[[package]]\nname = \"a\"\nversion = \"2.1\"\n";
        assert_eq!(super::locked(lock, "a"), Some("2.1"));
        assert_eq!(super::locked(lock, "c"), None);
    }
}
