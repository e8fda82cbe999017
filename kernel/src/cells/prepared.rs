//! The prepared build: the library compiled once for cells, with everything it
//! needs, in `cells/<key>` below sevenlines's folder.

use super::{answers, profile, recipe, seed, toolchain::Toolchain, wrapper};
use crate::error::{Error, Result};
use crate::programs;
use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Below sevenlines's folder.
pub const FOLDER: &str = "cells";
/// Raised when what is prepared, or how, changes.
const LAYOUT: u32 = 3;
/// Written last: a folder without it was left half made.
const READY: &str = "ready";
/// How the compiler is called for a cell.
const RECIPE: &str = "recipe.json";
/// What rust-analyzer is told.
const ANSWER: &str = "metadata.json";
/// The library's package.
const LIBRARY: &str = "sevenlines";
/// As many prepared folders are kept, for checkouts that are used side by side.
const KEPT: usize = 3;

/// A finished prepared build. Cargo works in `cell` below it, as deep as in a
/// kernel's folder: the library names the standard library's place relative to its
/// own.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    dir: PathBuf,
    /// When the library's sources were seen to be those that it was made of.
    seen: SystemTime,
}

impl Prepared {
    /// The build for the library as it is now, if it is there.
    pub fn find(toolchain: &Toolchain) -> Option<Prepared> {
        let seen = SystemTime::now();
        Prepared::named(&key(toolchain).ok()?, seen)
    }

    /// The user's own goes before the one for all users.
    fn named(key: &str, seen: SystemTime) -> Option<Prepared> {
        let all = [Some(folder()), sevenlines::home::shared().map(|shared| shared.join(FOLDER))];
        let dirs = all.into_iter().flatten().map(|all| all.join(key));
        dirs.map(|dir| Prepared { dir, seen }).find(|prepared| prepared.dir.join(READY).is_file())
    }

    /// The build for the library as it is now; made if it is not there. `progress`
    /// is told of each step.
    pub fn ensure(toolchain: &Toolchain, progress: &mut dyn FnMut(&str)) -> Result<Prepared> {
        let seen = SystemTime::now();
        let key = key(toolchain)?;
        if let Some(prepared) = Prepared::named(&key, seen) {
            return Ok(prepared);
        }
        let all = folder();
        crate::paths::create_private(&all)?;
        // Two kernels that start at once wait for one build.
        let _lock = crate::lock::alone(&all.join(".lock"), || {
            progress("another kernel or setup is preparing it; waiting for it to end");
        })?;
        let prepared = Prepared { dir: all.join(key), seen };
        if !prepared.dir.join(READY).is_file() {
            prepared.build(toolchain, progress)?;
            remove_old(&all, &prepared.dir);
        }
        Ok(prepared)
    }

    /// Whether a build would take over what the workspace has compiled.
    pub fn takes_over(toolchain: &Toolchain) -> bool {
        workspace_target(toolchain).is_some()
    }

    /// The folder of the crate in it.
    fn cell(&self) -> PathBuf {
        self.dir.join("cell")
    }

    /// The build folder in it.
    pub fn target(&self) -> PathBuf {
        self.cell().join("target")
    }

    /// The Cargo.lock of a cell that uses the library.
    pub fn lock(&self) -> PathBuf {
        self.cell().join("Cargo.lock")
    }

    fn build(&self, toolchain: &Toolchain, progress: &mut dyn FnMut(&str)) -> Result<()> {
        if self.dir.exists() {
            fs::remove_dir_all(&self.dir).map_err(Error::io("remove", &self.dir))?;
        }
        let source = self.cell().join("src");
        fs::create_dir_all(&source).map_err(Error::io("create", &source))?;
        write(
            &self.cell().join("Cargo.toml"),
            &recipe::manifest(&format!("sevenlines = {}\n", super::dependency()?)),
        )?;
        write(&source.join("lib.rs"), "pub extern crate sevenlines;\n")?;
        let workspace_lock = super::repository().join("Cargo.lock");
        fs::copy(&workspace_lock, self.lock()).map_err(Error::io("copy", &workspace_lock))?;
        let metadata = self.metadata(toolchain)?;
        let packages = self.packages()?;
        if let Some(target) = workspace_target(toolchain) {
            progress("taking over what the workspace has compiled");
            let wanted = |package: &str| packages.contains(package);
            seed::profile(&target.join("release"), &self.target().join("release"), &wanted)?;
            let host = Path::new(&toolchain.host).join("release");
            seed::profile(&target.join(&host), &self.target().join(&host), &wanted)?;
        }
        self.compile(toolchain, progress)?;
        // Without these two a kernel starts all the same, but slowly.
        if let Some(recipe) = recipe::Recipe::template(&self.cell()).and_then(|recipe| recipe.to_json()) {
            write(&self.dir.join(RECIPE), &recipe)?;
        }
        if let Some(answer) = answers::template(&metadata, &self.cell()) {
            write(&self.dir.join(ANSWER), &answer)?;
        }
        write(&self.dir.join(READY), "")
    }

    /// Gives a work folder, a copy of this one, what makes its first cells quick, and
    /// what keeps cargo from compiling the library again.
    pub fn quicken(&self, work: &Path) -> Result<()> {
        seed::notes(&self.target(), &work.join("target"), LIBRARY, self.seen)?;
        let dependency = super::dependency()?;
        let read = |name: &str| fs::read_to_string(self.dir.join(name)).ok();
        if let Some(recipe) = read(RECIPE).and_then(|json| recipe::Template::from_json(&json)) {
            recipe.install(work, &dependency)?;
        }
        match read(ANSWER) {
            Some(answer) => answers::install(&answer, work, &dependency),
            None => Ok(()),
        }
    }

    /// Lets cargo prune the lock to what a cell needs; its answer names the packages.
    fn metadata(&self, toolchain: &Toolchain) -> Result<String> {
        let ask = |more: &[&str]| {
            let mut command = Command::new(&toolchain.cargo);
            command.args(["metadata", "--format-version", "1", "--filter-platform", &toolchain.host]);
            super::toolchain::output(command.args(more).current_dir(self.cell()))
        };
        // Where something is not downloaded yet, cargo may ask the registry.
        ask(&["--offline"]).or_else(|_| ask(&[]))
    }

    /// The packages below the library, from the lock.
    fn packages(&self) -> Result<HashSet<String>> {
        let lock = fs::read_to_string(self.lock()).map_err(Error::io("read", self.lock()))?;
        let names = lock.lines().filter_map(|line| line.strip_prefix("name = "));
        let own = [super::CELL_CRATE, LIBRARY];
        Ok(names
            .map(|name| name.trim_matches('"').to_owned())
            .filter(|name| !own.contains(&name.as_str()))
            .collect())
    }

    fn compile(&self, toolchain: &Toolchain, progress: &mut dyn FnMut(&str)) -> Result<()> {
        let mut command = self.cargo(toolchain)?;
        command.args(["build", "--release", "--target", &toolchain.host]);
        let mut said = Vec::new();
        let status = programs::follow(&mut command, "", &mut |_, line| {
            progress(line.trim());
            said.push(line);
        })?;
        if status.success() {
            return Ok(());
        }
        let mut last = said.split_off(said.len().saturating_sub(40));
        if programs::tells_of_a_full_disk(&last.join("\n")) {
            last.push(programs::FULL.to_owned());
        }
        Err(Error::Program { program: "building the library for cells".into(), reason: last.join("\n") })
    }

    /// The real cargo in this folder, in the cells' profile.
    pub fn cargo(&self, toolchain: &Toolchain) -> Result<Command> {
        let exe = std::env::current_exe().map_err(Error::io("find", "this program"))?;
        let mut command = Command::new(&toolchain.cargo);
        command
            .current_dir(self.cell())
            .env("RUSTC", &toolchain.rustc)
            .env("CARGO_TARGET_DIR", "target")
            .env("CARGO_BUILD_BUILD_DIR", "target")
            .env(wrapper::REWRITE, "0");
        profile::apply(&mut command, &exe);
        Ok(command)
    }
}

fn folder() -> PathBuf {
    sevenlines::home::dir().join(FOLDER)
}

/// The workspace's build folder, if this binary lies in one.
fn workspace_target(toolchain: &Toolchain) -> Option<PathBuf> {
    let exe = std::env::current_exe().ok()?;
    let own =
        exe.ancestors().skip(1).take(4).find(|dir| dir.join(&toolchain.host).join("release/deps").is_dir());
    let usual = super::repository().join("target");
    own.map(Path::to_owned)
        .or_else(|| usual.join(&toolchain.host).join("release/deps").is_dir().then_some(usual))
}

/// Names the build: the library's sources, the versions, the toolchain.
fn key(toolchain: &Toolchain) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let library = super::library()?;
    (LAYOUT, &toolchain.version, &toolchain.sysroot, &library, profile::SETTINGS).hash(&mut hasher);
    for file in ["Cargo.toml", "Cargo.lock"] {
        hash_file(&super::repository().join(file), &mut hasher)?;
    }
    hash_tree(&library, &mut hasher)?;
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_file(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    fs::read(path).map_err(Error::io("read", path))?.hash(hasher);
    Ok(())
}

fn hash_tree(dir: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let entries = fs::read_dir(dir).map_err(Error::io("list", dir))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_tree(&path, hasher)?;
        } else {
            path.hash(hasher);
            hash_file(&path, hasher)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::io("write", path))
}

/// Keeps the newest few folders and `current`.
fn remove_old(all: &Path, current: &Path) {
    let Ok(entries) = fs::read_dir(all) else { return };
    let mut dirs: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir() && entry.path() != current)
        .map(|entry| (entry.metadata().and_then(|meta| meta.modified()).ok(), entry.path()))
        .collect();
    dirs.sort();
    for (_, dir) in dirs.iter().rev().skip(KEPT - 1) {
        let _ = fs::remove_dir_all(dir);
    }
}
