//! Results that a cell drops without a look: rustc only warns of them, and evcxr
//! drops warnings. The wrapper keeps these, and the kernel shows them.

use serde_json::Value;
use std::fs;
use std::path::Path;

/// In the kernel's work folder, which is also where rustc runs.
const FILE: &str = "unused.json";

/// Keeps what rustc said of unused results, or that it said nothing.
pub fn keep(folder: &Path, messages: &[u8]) {
    let messages = String::from_utf8_lossy(messages);
    let found: Vec<&str> = messages.lines().filter(|line| line.contains("unused_must_use")).collect();
    let file = folder.join(FILE);
    // Without the file nothing is shown, which loses no more than a hint.
    let _ = if found.is_empty() { fs::remove_file(&file) } else { fs::write(&file, found.join("\n")) };
}

/// Takes what was kept of the cell that ran: rustc's messages.
pub fn take(folder: &Path) -> Vec<Value> {
    let file = folder.join(FILE);
    let Ok(text) = fs::read_to_string(&file) else { return Vec::new() };
    let _ = fs::remove_file(&file);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter(|message| message["code"]["code"] == "unused_must_use").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unused_results_are_kept_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let message = r#"{"code":{"code":"unused_must_use"},"level":"warning"}"#;
        keep(folder.path(), format!("text\n{{\"code\":null}}\n{message}\n").as_bytes());
        assert_eq!(take(folder.path()).len(), 1);
        assert!(take(folder.path()).is_empty());
        keep(folder.path(), message.as_bytes());
        keep(folder.path(), b"");
        assert!(take(folder.path()).is_empty());
    }
}
