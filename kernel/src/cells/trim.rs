//! The standard library's sources, trimmed for inference.
//!
//! rust-analyzer parses and expands them at every start of a kernel. Much of what
//! it expands are attributes on which no type depends, and the documentation that
//! the integers' macros repeat for twelve types: without these, the first `let` of
//! a notebook takes half the time. What `?` and shift-tab show stays, the
//! documentation of the integers' methods apart.

use crate::error::{Error, Result};
use sevenlines::disk::DraftFolder;
use std::fs;
use std::path::Path;

/// The crates that inference needs; the others are hidden.
const CRATES: [&str; 4] = ["core", "alloc", "std", "proc_macro"];
/// Raised when what is trimmed changes.
pub const VERSION: u32 = 1;
/// Attributes that no type depends on.
const ATTRIBUTES: [&str; 12] = [
    "stable",
    "unstable",
    "rustc_const_stable",
    "rustc_const_unstable",
    "rustc_inherit_overflow_checks",
    "rustc_allow_const_fn_unstable",
    "rustc_diagnostic_item",
    "must_use",
    "inline",
    "track_caller",
    "deprecated",
    "cfg_attr(not(test)",
];

/// Copies `library`, trimmed, to `target`, whole or not at all.
pub fn copy(library: &Path, target: &Path) -> Result<()> {
    let part = DraftFolder::new(target)?;
    for name in CRATES {
        tree(&library.join(name).join("src"), &part.part().join(name).join("src"))?;
    }
    match part.finish() {
        // Another kernel was quicker.
        Err(_) if target.is_dir() => Ok(()),
        finished => Ok(finished?),
    }
}

fn tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("list", from))?.flatten() {
        let (source, name) = (entry.path(), entry.file_name());
        let stem = source.file_stem().unwrap_or_default();
        if stem == "tests" || stem == "benches" {
            continue;
        }
        if source.is_dir() {
            tree(&source, &to.join(name))?;
        } else if source.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&source).map_err(Error::io("read", &source))?;
            let target = to.join(name);
            fs::write(&target, trim(&text, repeats(&source))).map_err(Error::io("write", &target))?;
        }
    }
    Ok(())
}

/// Whether the file is one whose documentation macros repeat for every type.
fn repeats(file: &Path) -> bool {
    let within_num = file.parent().is_some_and(|dir| dir.ends_with("core/src/num"));
    within_num || ["core/src/sync/atomic.rs", "core/src/tuple.rs"].iter().any(|end| file.ends_with(end))
}

/// Leaves out whole lines only, so that the rest stays valid.
fn trim(text: &str, documentation: bool) -> String {
    let goes = |line: &str| {
        let line = line.trim();
        is_attribute(line, &ATTRIBUTES)
            || documentation && (line.starts_with("///") || is_attribute(line, &["doc"]))
    };
    text.split_inclusive('\n').filter(|line| !goes(line)).collect()
}

/// Whether a line is one whole attribute of such a name.
fn is_attribute(line: &str, names: &[&str]) -> bool {
    let Some(inside) = line.strip_prefix("#[").and_then(|rest| rest.strip_suffix(']')) else { return false };
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['(', ' ', '=', ',']);
    // Two attributes on a line, or one that goes on in another, stay.
    let whole = !inside.contains("#[") && inside.matches('(').count() == inside.matches(')').count();
    whole && names.iter().any(|name| inside.strip_prefix(name).is_some_and(ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_go_and_all_else_stays() {
        let text = "/// Doc.\n#[stable(feature = \"a\", since = \"1\")]\n#[inline]\n#[inline(always)] fn f() {}\n\
                    #[unstable(\n    feature = \"b\"\n)]\n#[rustc_builtin_macro]\n#[doc = concat!(\"x\", \"y\")]\n\
                    #[inlined]\nfn g() { a[0] }\n";
        let kept = "/// Doc.\n#[inline(always)] fn f() {}\n#[unstable(\n    feature = \"b\"\n)]\n\
                    #[rustc_builtin_macro]\n#[doc = concat!(\"x\", \"y\")]\n#[inlined]\nfn g() { a[0] }\n";
        assert_eq!(trim(text, false), kept);
        let without: String = kept.replace("/// Doc.\n", "").replace("#[doc = concat!(\"x\", \"y\")]\n", "");
        assert_eq!(trim(text, true), without);
    }

    #[test]
    fn a_copy_has_what_inference_needs() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in CRATES {
            let src = from.path().join(name).join("src/num");
            fs::create_dir_all(&src).unwrap();
            fs::write(src.join("mod.rs"), "/// A.\n#[inline]\npub fn f() {}\n").unwrap();
            fs::write(src.join("tests.rs"), "").unwrap();
        }
        let target = to.path().join("library");
        copy(from.path(), &target).unwrap();
        assert_eq!(fs::read_to_string(target.join("core/src/num/mod.rs")).unwrap(), "pub fn f() {}\n");
        assert_eq!(fs::read_to_string(target.join("std/src/num/mod.rs")).unwrap(), "/// A.\npub fn f() {}\n");
        assert!(!target.join("core/src/num/tests.rs").exists());
        copy(from.path(), &target).unwrap();
    }
}
