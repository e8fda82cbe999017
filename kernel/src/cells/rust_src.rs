//! The standard library's sources, without which rust-analyzer infers literals
//! alone (`vec![1, 2]` would need a type).
//!
//! They come with rustup's `rust-src`. Where that is not installed, Debian's
//! package of them is fetched and unpacked without root. evcxr's rust-analyzer
//! must always be told where they are, or it runs `rustup component add` itself.

use super::toolchain::{Toolchain, on_path, output};
use super::trim;
use crate::error::{Error, Result};
use sevenlines::disk::DraftFolder;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's package: 1.85 or later in Debian 12, where plain `rust-src` is 1.63.
const PACKAGE: &str = "rust-web-src";
/// What inference needs; less to read is a quicker start.
const CRATES: [&str; 4] = ["core", "alloc", "std", "proc_macro"];

/// Where they are fetched to, below sevenlines's folder.
const OWN: &str = "rust-src/library";

/// Names the folder of the sources (cargo's and rust-analyzer's own variable).
pub const VARIABLE: &str = "RUST_SRC_PATH";
/// Set to `none`, has a kernel do without.
pub const SWITCH: &str = "SEVENLINES_RUST_SRC";

/// The folder that holds `core`, if there is one: what the user names, the
/// toolchain's own, or what `setup` fetched.
pub fn find(toolchain: &Toolchain) -> Option<PathBuf> {
    if std::env::var_os(SWITCH).is_some_and(|value| value == "none") {
        return None;
    }
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let installed = toolchain.sysroot.join("lib/rustlib/src/rust/library");
    [named, Some(installed), Some(sevenlines::home::find(OWN))]
        .into_iter()
        .flatten()
        .find(|dir| holds_core(dir))
}

/// What rust-analyzer reads: the sources trimmed, made when they are first asked
/// for. Less to read is a quicker start.
pub fn for_inference(sources: &Path) -> Result<PathBuf> {
    let root = sources.join("core/src/lib.rs");
    let meta = fs::metadata(&root).map_err(Error::io("read", &root))?;
    let mut hasher = DefaultHasher::new();
    (sources, meta.len(), meta.modified().ok(), trim::VERSION).hash(&mut hasher);
    // One for each source: another kernel may be reading another.
    let name = format!("rust-src/trimmed/{:016x}", hasher.finish());
    let target = sevenlines::home::find(name);
    if !holds_core(&target) {
        trim::copy(sources, &target)?;
    }
    Ok(target)
}

/// A folder that looks like sources but is empty, so that rust-analyzer does not
/// install some by itself.
pub fn none(work: &Path) -> Result<PathBuf> {
    let dir = work.join("no-rust-src");
    let core = dir.join("core");
    fs::create_dir_all(&core).map_err(Error::io("create", &core))?;
    Ok(dir)
}

fn own() -> PathBuf {
    sevenlines::home::dir().join(OWN)
}

fn holds_core(dir: &Path) -> bool {
    dir.join("core/src/lib.rs").is_file()
}

/// Fetches them; the folder that holds `core`.
pub fn fetch(progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let target = own();
    if holds_core(&target) {
        return Ok(target);
    }
    let advice = |reason: &str| Error::Missing {
        what: format!("the standard library's source ({reason})"),
        hint: "run `rustup component add rust-src`, or install your system's package of it".into(),
    };
    if on_path("apt-get").is_none() || on_path("dpkg").is_none() {
        return Err(advice("this system has no apt-get to fetch it with"));
    }
    let scratch = DraftFolder::new(&crate::paths::create_home()?.join("rust-src-package"))?;
    progress("asking Debian for the standard library's source");
    let file = download(scratch.part()).map_err(|error| advice(&error.to_string()))?;
    progress("unpacking it");
    let unpacked = scratch.part().join("unpacked");
    output(Command::new("dpkg").arg("-x").arg(&file).arg(&unpacked))
        .map_err(|error| advice(&error.to_string()))?;
    let library = find_library(&unpacked).ok_or_else(|| advice("the package has no library/core"))?;
    install(&library, &target)?;
    Ok(target)
}

/// Downloads the package with lists of our own, so that neither root nor the
/// system's lists are needed.
fn download(scratch: &Path) -> Result<PathBuf> {
    for dir in ["lists/partial", "cache/archives/partial"] {
        let dir = scratch.join(dir);
        fs::create_dir_all(&dir).map_err(Error::io("create", &dir))?;
    }
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        for (name, value) in [("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")] {
            command.arg("-o").arg(format!("{name}={}", scratch.join(value).display()));
        }
        // Without root there is no other user to sandbox as.
        command.args(["-o", "APT::Sandbox::User=", "-o", "Debug::NoLocking=true", "-q"]);
        command.args(args).current_dir(scratch).env("LC_ALL", "C");
        output(&mut command)
    };
    apt(&["update"])?;
    let newest = newest_version(scratch);
    let wanted = newest.map_or(PACKAGE.to_owned(), |version| format!("{PACKAGE}={version}"));
    apt(&["download", &wanted])?;
    let entries = fs::read_dir(scratch).map_err(Error::io("list", scratch))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .ok_or_else(|| Error::Program {
            program: "apt-get download".into(),
            reason: format!("left no {PACKAGE} package"),
        })
}

/// The version that apt would take is the newest unless pinned; some releases
/// carry more than one, and an older one may be the candidate.
fn newest_version(scratch: &Path) -> Option<String> {
    let mut command = Command::new("apt-cache");
    for (name, value) in [("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")] {
        command.arg("-o").arg(format!("{name}={}", scratch.join(value).display()));
    }
    let listed = output(command.args(["madison", PACKAGE]).env("LC_ALL", "C")).ok()?;
    let number = |version: &str| -> Vec<u32> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).take(3).collect()
    };
    let versions = listed.lines().filter_map(|line| Some(line.split('|').nth(1)?.trim().to_owned()));
    versions.max_by_key(|version| number(version))
}

/// The folder `library` that holds `core`, anywhere in the package.
fn find_library(dir: &Path) -> Option<PathBuf> {
    if holds_core(dir) {
        return Some(dir.to_owned());
    }
    let entries = fs::read_dir(dir).ok()?;
    entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).find_map(|entry| {
        // Deep trees of tests and compilers need not be searched.
        match entry.file_name().to_str() {
            Some("compiler" | "tests" | "vendor" | "src") if dir.join("library").is_dir() => None,
            _ => find_library(&entry.path()),
        }
    })
}

/// Copies what is needed, whole or not at all.
fn install(library: &Path, target: &Path) -> Result<()> {
    let part = DraftFolder::new(target)?;
    for name in CRATES {
        copy(&library.join(name), &part.part().join(name))?;
    }
    // Siblings that std includes by path.
    for name in ["stdarch", "portable-simd", "backtrace"] {
        if library.join(name).is_dir() && name != "stdarch" {
            copy(&library.join(name), &part.part().join(name))?;
        }
    }
    Ok(part.replace()?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("list", from))? {
        let entry = entry.map_err(Error::io("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
        }
    }
    Ok(())
}
