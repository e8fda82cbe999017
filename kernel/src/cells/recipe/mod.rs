//! A recipe: how the compiler is called for the cells of one manifest.
//!
//! Cargo takes a third of a second to find that nothing but the cell has changed.
//! The first time that it builds a cell of a manifest, its call of rustc is
//! written down with all that it depends on; as long as none of that has changed,
//! the next cell goes to rustc directly. Whatever could make cargo do otherwise is
//! among it: the texts of manifest, lock and configuration, every source of the
//! library and of other crates by path with their manifests, the artifacts linked,
//! the compiler, the environment. If anything is different, cargo is asked again.

use crate::cells::{self, home, stamp::Stamp};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The files of a work folder that say what is built.
const TEXTS: [&str; 3] = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"];
/// Where recipes lie in a work folder.
const FOLDER: &str = "recipes";
/// Where the wrapper notes a call for the shim to complete.
const NOTE: &str = "recipes/call.json";
/// Stands for the work folder in what is prepared for copies of it.
pub const WORK: &str = "{work}";
/// What is different in every call, and has no part in a build.
const PASSING: [&str; 5] = ["EVCXR_EXECUTION_SO_PATH", "PWD", "OLDPWD", "SHLVL", "_"];

/// A call of rustc.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The program, then its arguments.
    pub arguments: Vec<String>,
    /// What cargo set, for `env!`.
    pub variables: Vec<(String, String)>,
}

/// A call, and what it depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    call: Call,
    inputs: Vec<Stamp>,
    /// Of the call's environment; `None` until it is first used in a kernel.
    environment: Option<u64>,
}

impl Call {
    /// Has the shim make a recipe of the call of this process, which cargo started
    /// as the compiler of a cell.
    pub fn note(arguments: &[OsString]) {
        let text = |text: &OsString| text.to_str().map(str::to_owned);
        let arguments: Option<Vec<String>> = arguments.iter().map(text).collect();
        let set_by_cargo = |name: &str| {
            name.starts_with("CARGO_PKG_") || ["CARGO_MANIFEST_DIR", "CARGO_CRATE_NAME"].contains(&name)
        };
        let variables = env::vars().filter(|(name, _)| set_by_cargo(name)).collect();
        // Without the note there is no recipe, and the next cell goes the long way.
        if let Some(arguments) = arguments
            && let Ok(json) = serde_json::to_vec(&Call { arguments, variables })
            && fs::create_dir_all(FOLDER).is_ok()
        {
            let _ = fs::write(NOTE, json);
        }
    }

    fn with_work(mut self, from: &str, to: &str) -> Call {
        let texts = self.arguments.iter_mut().chain(self.variables.iter_mut().map(|(_, value)| value));
        texts.for_each(|text| *text = text.replace(from, to));
        self
    }

    /// The files that are linked.
    fn artifacts(&self) -> impl Iterator<Item = &str> {
        let pairs = self.arguments.windows(2).filter(|pair| pair[0] == "--extern");
        pairs.filter_map(|pair| Some(pair[1].split_once('=')?.1))
    }

    fn out_dir(&self) -> Option<&Path> {
        let pair = self.arguments.windows(2).find(|pair| pair[0] == "--out-dir")?;
        Some(Path::new(&pair[1]))
    }
}

impl Recipe {
    /// The recipe for what lies in a work folder, whether it holds or not.
    pub fn of(work: &Path) -> Option<Recipe> {
        serde_json::from_slice(&fs::read(file(work)).ok()?).ok()
    }

    /// The recipe for what lies in a work folder, if it holds.
    pub fn find(work: &Path) -> Option<Recipe> {
        let mut recipe = Recipe::of(work)?;
        if !recipe.inputs.iter().all(Stamp::is_current) {
            return None;
        }
        let environment = environment();
        match recipe.environment {
            Some(known) if known != environment => return None,
            Some(_) => {}
            None => {
                recipe.environment = Some(environment);
                recipe.write(&file(work)).ok()?;
            }
        }
        Some(recipe)
    }

    /// The call, as a command without its arguments, and these.
    pub fn command(&self) -> (Command, Vec<OsString>) {
        let arguments: Vec<OsString> = self.call.arguments.iter().map(OsString::from).collect();
        let mut command = Command::new(&arguments[0]);
        command.envs(self.call.variables.iter().map(|(name, value)| (name, value)));
        (command, arguments)
    }

    /// Before cargo builds: forgets the last note; the result is for
    /// [`Recipe::complete`].
    pub fn begin() -> std::time::SystemTime {
        let _ = fs::remove_file(NOTE);
        std::time::SystemTime::now()
    }

    /// After cargo's build: makes a recipe of the wrapper's note, unless a file was
    /// changed meanwhile.
    pub fn complete(begun: std::time::SystemTime) {
        let call = fs::read(NOTE).ok().and_then(|json| serde_json::from_slice::<Call>(&json).ok());
        if let Some(call) = call
            && let Some(sources) = sources(&call)
            && sources.iter().all(|path| older(path, begun))
        {
            let recipe = Recipe { inputs: inputs(&call, sources), call, environment: Some(environment()) };
            // As above: without it the next cell goes the long way.
            let _ = recipe.write(&file(Path::new(".")));
        }
    }

    /// After the library was prepared in `dir`: what is worth keeping of the build
    /// for the kernels' folders.
    pub fn template(dir: &Path) -> Option<Template> {
        let call: Call = serde_json::from_slice(&fs::read(dir.join(NOTE)).ok()?).ok()?;
        let sources = sources(&call)?;
        let sources = sources.into_iter().filter(|path| !path.starts_with(dir)).collect();
        Some(Template { sources, call: call.with_work(dir.to_str()?, WORK) })
    }

    fn write(&self, file: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|error| Error::Invalid(error.to_string()))?;
        cells::write_whole(file, &json)
    }
}

/// The recipe of a prepared build, for any work folder that is a copy of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    call: Call,
    sources: BTreeSet<PathBuf>,
}

impl Template {
    /// As text.
    pub fn to_json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// From text.
    pub fn from_json(json: &str) -> Option<Template> {
        serde_json::from_str(json).ok()
    }

    /// Writes recipes into `work`, which holds a copy of the prepared build whose
    /// sources were just found to be the library's: one for a manifest with the
    /// library, one for a manifest without any crate, as evcxr writes them. The second
    /// links the library all the same: evcxr's first evaluation is quicker with it.
    pub fn install(&self, work: &Path, dependency: &str) -> Result<()> {
        let folder = work.join(FOLDER);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let call = self.call.clone().with_work(WORK, &work.to_string_lossy());
        let lock = fs::read(work.join("Cargo.lock")).unwrap_or_default();
        for dependencies in [format!("sevenlines = {dependency}\n"), String::new()] {
            let call = call.clone();
            let inputs = inputs(&call, self.sources.clone());
            let texts = [manifest(&dependencies).into_bytes(), lock.clone(), CONFIG.into()];
            let recipe = Recipe { call, inputs, environment: None };
            recipe.write(&folder.join(name(texts.each_ref().map(|text| Some(text.as_slice())))))?;
        }
        Ok(())
    }
}

/// The manifest that evcxr 0.22 writes for a cell. A test compares it; where it
/// differs, the first cell of a kernel is built by cargo.
pub fn manifest(dependencies: &str) -> String {
    format!(
        "\n[package]\nname = \"{}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\npath = \"src/lib.rs\"\n\n\
         [profile.dev]\nopt-level = {}\ndebug = false\nstrip = \"debuginfo\"\nrpath = true\nlto = false\ndebug-assertions = true\n\
         codegen-units = 16\npanic = 'unwind'\nincremental = true\noverflow-checks = true\n\n[dependencies]\n{dependencies}\n",
        cells::CELL_CRATE,
        cells::OPT_LEVEL,
    )
}

/// The configuration that evcxr 0.22 writes beside it.
pub const CONFIG: &str = "\n[net]\noffline = false\n";

fn file(work: &Path) -> PathBuf {
    work.join(FOLDER).join(name_of(work))
}

/// A name for what a work folder's manifest, lock and configuration say.
pub fn name_of(work: &Path) -> String {
    let texts = TEXTS.map(|text| fs::read(work.join(text)).ok());
    name(texts.each_ref().map(Option::as_deref))
}

/// The same, of the texts themselves.
pub fn name(texts: [Option<&[u8]>; 3]) -> String {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    format!("{:016x}.json", hasher.finish())
}

/// Of everything in the environment that may have a part in a build.
fn environment() -> u64 {
    let mut variables: Vec<_> =
        env::vars_os().filter(|(name, _)| PASSING.iter().all(|p| name != p)).collect();
    variables.sort();
    let mut hasher = DefaultHasher::new();
    variables.hash(&mut hasher);
    hasher.finish()
}

/// The sources of all crates by path, from what cargo wrote beside the result.
fn sources(call: &Call) -> Option<BTreeSet<PathBuf>> {
    let listed = call.out_dir()?.parent()?.join(format!("lib{}.d", cells::CELL_CRATE));
    let text = fs::read_to_string(listed).ok()?;
    // A blank in a name is written as `\ `.
    let text = text.split_once(": ")?.1.replace("\\ ", "\0");
    Some(text.split_whitespace().map(|path| PathBuf::from(path.replace('\0', " "))).collect())
}

fn older(path: &Path, time: std::time::SystemTime) -> bool {
    // The cell itself is written for every build.
    path.ends_with("src/lib.rs") && path.parent().and_then(Path::parent) == env::current_dir().ok().as_deref()
        || fs::metadata(path).and_then(|meta| meta.modified()).is_ok_and(|modified| modified < time)
}

/// Everything by whose change cargo would build otherwise.
fn inputs(call: &Call, sources: BTreeSet<PathBuf>) -> Vec<Stamp> {
    let own = own_folder(call);
    let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
    for source in sources {
        if own.as_ref().is_some_and(|own| source.starts_with(own)) {
            continue;
        }
        // A crate's manifest, and that of its workspace.
        paths.extend(source.ancestors().skip(1).map(|dir| dir.join("Cargo.toml")));
        paths.insert(source);
    }
    paths.extend(call.artifacts().map(PathBuf::from));
    paths.extend(call.arguments.first().map(PathBuf::from));
    let above = own.iter().flat_map(|own| own.ancestors().skip(1)).map(|dir| dir.join(".cargo"));
    let configured = above.chain([home::real()]);
    paths.extend(configured.map(|dir| dir.join("config.toml")));
    paths.into_iter().map(Stamp::of).collect()
}

/// The folder of the cell's manifest.
fn own_folder(call: &Call) -> Option<PathBuf> {
    let (_, dir) = call.variables.iter().find(|(name, _)| name == "CARGO_MANIFEST_DIR")?;
    Some(PathBuf::from(dir))
}

#[cfg(test)]
mod tests;
