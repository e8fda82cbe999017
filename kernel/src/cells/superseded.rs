//! Cells that were compiled before: files that the cells' process has loaded and
//! nobody opens again. Left where they are, a thousand cells fill the disk.

use std::fs;
use std::path::Path;

/// How evcxr names what a cell was compiled to, a number behind it.
const NAME: &str = "code_";

/// Removes them from the folder that the next cell is compiled into.
pub fn remove(folder: &Path) {
    let prefix = format!("{}{NAME}", std::env::consts::DLL_PREFIX);
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(std::env::consts::DLL_SUFFIX));
        if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            // What cannot be removed takes room and does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
            folder.path().join(format!("{prefix}{name}{suffix}"))
        };
        for name in ["code_1", "code_27", "code_generator-1", "ctx", "sevenlines"] {
            fs::write(file(name), "").unwrap();
        }
        remove(folder.path());
        let left =
            ["code_1", "code_27", "code_generator-1", "ctx", "sevenlines"].map(|name| file(name).exists());
        assert_eq!(left, [false, false, true, true, true]);
        remove(&folder.path().join("nowhere"));
    }
}
