//! The virtual environment with the pinned Jupyter stack.
//!
//! It cannot be made elsewhere and renamed (its scripts name their folder), so
//! what was installed is written down last, in a stamp: the very lock file.

use super::cost::Cost;
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::Progress;
use crate::{paths, programs, python};
use sevenlines::disk::DraftFolder;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every package, pinned, with the hash of each of its files.
pub const LOCK: &str = include_str!("../../../python/requirements.lock");
/// What the project's own tests need on top.
pub const TEST_LOCK: &str = include_str!("../../../python/requirements-test.lock");

/// Finds packages that were installed by half.
const HALF_INSTALLED: &str = include_str!("../../../python/half_installed.py");

/// The step that makes the environment.
pub struct Environment {
    /// With what the tests need.
    pub tests: bool,
    /// Without the network.
    pub offline: bool,
}

impl Environment {
    fn lock(&self) -> (&'static str, &'static str) {
        match self.tests {
            true => ("requirements-test.lock", TEST_LOCK),
            false => ("requirements.lock", LOCK),
        }
    }
}

impl Step for Environment {
    fn name(&self) -> &str {
        "Jupyter in a virtual environment"
    }

    fn id(&self) -> String {
        if self.tests { "jupyter-tests".into() } else { "jupyter".into() }
    }

    fn cost(&self) -> Cost {
        Cost::JUPYTER
    }

    fn present(&self) -> Option<String> {
        let dir = paths::environment().ok()?;
        let python = works(&dir)?;
        let whole = is_stamped(&dir, python, self.lock()) && jupyter(&dir).is_some();
        whole.then(|| dir.display().to_string())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        let dir = paths::environment()?;
        if works(&dir).is_none() {
            progress("python3 -m venv");
            create_ours(&dir, progress)?;
        }
        let (file, lock) = self.lock();
        install(&dir, file, lock, self.offline, progress)?;
        let version = works(&dir).ok_or_else(|| {
            Error::Invalid(format!(
                "the Python in {} does not run; remove the folder and try again",
                dir.display()
            ))
        })?;
        stamp(&dir, version, self.lock())?;
        if self.tests {
            stamp(&dir, version, Environment { tests: false, ..*self }.lock())?;
        }
        Ok(dir.display().to_string())
    }
}

/// [`create`], with a note that the folder is ours: venv that is killed leaves one that
/// does not look like an environment yet, or any more.
fn create_ours(dir: &Path, progress: Progress) -> Result<()> {
    let note = sevenlines::home::dir().join("venv-under-way");
    let name = dir.as_os_str().as_encoded_bytes();
    if std::fs::read(&note).is_ok_and(|under_way| under_way == name) && dir.exists() {
        std::fs::remove_dir_all(dir).map_err(Error::io("remove", dir))?;
    }
    let is_new = std::fs::read_dir(dir).map_or(true, |mut files| files.next().is_none());
    if is_new || dir.join("pyvenv.cfg").exists() {
        paths::write(&note, name)?;
    }
    create(dir, progress)?;
    std::fs::remove_file(&note).map_err(Error::io("remove", note))
}

/// The environment's Python.
pub fn python_in(dir: &Path) -> PathBuf {
    dir.join("bin/python")
}

/// The version of the environment's Python, if it runs and its packages are of
/// that version: after an upgrade of the system's Python they are not.
pub fn works(dir: &Path) -> Option<(u32, u32)> {
    let version = python::version(&python_in(dir))?;
    dir.join(format!("lib/python{}.{}/site-packages", version.0, version.1)).is_dir().then_some(version)
}

/// The versions of what runs notebooks, if it is there.
pub fn jupyter(dir: &Path) -> Option<String> {
    let question = "from importlib.metadata import version as v; \
                    print('JupyterLab', v('jupyterlab') + ', nbclient', v('nbclient'))";
    programs::ask(python::command(&python_in(dir)).args(["-I", "-c", question]))
}

/// Whether exactly this lock file was installed here for this Python.
pub fn is_stamped(dir: &Path, version: (u32, u32), (file, lock): (&str, &str)) -> bool {
    std::fs::read_to_string(stamp_path(dir, file)).is_ok_and(|text| text == stamp_text(version, lock))
}

fn stamp(dir: &Path, version: (u32, u32), (file, lock): (&str, &str)) -> Result<()> {
    paths::write(&stamp_path(dir, file), stamp_text(version, lock).as_bytes()).map(|_| ())
}

fn stamp_path(dir: &Path, file: &str) -> PathBuf {
    dir.join(format!("sevenlines-{file}"))
}

fn stamp_text((major, minor): (u32, u32), lock: &str) -> String {
    format!("# Installed by sevenlines for Python {major}.{minor}.\n{lock}")
}

/// Makes an empty environment, anew if what is there does not work.
pub fn create(dir: &Path, progress: Progress) -> Result<()> {
    let is_environment = dir.join("pyvenv.cfg").exists();
    if !is_environment && std::fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some()) {
        return Err(Error::Invalid(format!(
            "{} is there but is no virtual environment; move it away, or set SEVENLINES_VENV to another place",
            dir.display()
        )));
    }
    let python = python::find()?;
    let mut venv = python::command(&python.program);
    venv.args(["-m", "venv"]);
    if is_environment {
        venv.arg("--clear");
    }
    match python::has(&python.program, "venv, ensurepip") {
        true => {}
        // Debian keeps ensurepip in a package of its own; a pip beside it will do.
        false if python::has(&python.program, "venv, pip") => {
            venv.arg("--without-pip");
        }
        false => return Err(no_venv(&python)),
    }
    programs::run(venv.arg(dir), progress, "Python's own `venv` module failed; is the disk full?").map(|_| ())
}

fn no_venv(python: &python::Python) -> Error {
    Error::Invalid(format!(
        "Python {python} lacks its `venv` or `ensurepip` module; install it, on Debian and Ubuntu with \
         `apt-get install python3-venv`"
    ))
}

fn install(dir: &Path, file: &str, lock: &str, offline: bool, progress: Progress) -> Result<()> {
    let list = DraftFolder::new(&sevenlines::home::dir().join("requirements"))?;
    let path = list.part().join(file);
    paths::write(&path, lock.as_bytes())?;
    let hint = match offline {
        true => {
            "With --offline, set PIP_FIND_LINKS to a folder that holds the wheels (`pip download -r kernel/python/requirements.lock` makes one)."
        }
        false => {
            "pip needs to reach PyPI, or the index that its own settings name; check the network and try again."
        }
    };
    let mut pip = pip_for(dir, progress)?;
    pip.args(["install", "--require-hashes", "--progress-bar", "off", "-r"]).arg(&path);
    programs::run(&mut pip, progress, hint).map(|_| ())
}

/// The environment's own pip, or another that installs into it; before, what a killed
/// pip left half installed is given up.
fn pip_for(dir: &Path, progress: Progress) -> Result<Command> {
    let own = python_in(dir);
    let hint = "Remove the virtual environment's folder and try again.";
    programs::run(python::command(&own).args(["-I", "-c", HALF_INSTALLED]), progress, hint)?;
    let has_pip = "from importlib.metadata import files; assert files('pip')";
    let has_pip = || programs::ask(python::command(&own).args(["-I", "-c", has_pip])).is_some();
    if !has_pip() && python::has(&own, "ensurepip") {
        programs::run(python::command(&own).args(["-I", "-m", "ensurepip"]), progress, hint)?;
    }
    if has_pip() {
        return Ok(python::pip(&own));
    }
    let mut pip = python::pip(&python::find()?.program);
    pip.arg("--python").arg(own);
    Ok(pip)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each requirement begins a line; the lines of its hashes are indented.
    fn requirements(lock: &str) -> Vec<&str> {
        lock.split("\n").filter(|line| line.contains("==") && !line.starts_with([' ', '#'])).collect()
    }

    #[test]
    fn every_package_is_pinned_and_has_a_hash() {
        for lock in [LOCK, TEST_LOCK] {
            let pins = requirements(lock);
            assert!(pins.len() > 20, "only {} packages", pins.len());
            let joined = lock.replace("\\\n", " ");
            for pin in pins {
                let name = pin.split("==").next().unwrap_or_default();
                let line =
                    joined.lines().find(|line| line.starts_with(&format!("{name}=="))).unwrap_or_default();
                assert!(line.contains("--hash=sha256:"), "{name} has no hash");
            }
        }
        for needed in ["jupyterlab==", "nbclient==", "nbconvert=="] {
            assert!(LOCK.lines().any(|line| line.starts_with(needed)), "{needed} is not in the lock file");
        }
    }

    #[test]
    fn a_stamp_holds_for_one_lock_file_and_one_python() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let lock = ("a.lock", "x==1 --hash=sha256:0");
        assert!(!is_stamped(dir.path(), (3, 12), lock));
        stamp(dir.path(), (3, 12), lock).expect("writes");
        assert!(is_stamped(dir.path(), (3, 12), lock));
        assert!(!is_stamped(dir.path(), (3, 13), lock));
        assert!(!is_stamped(dir.path(), (3, 12), ("a.lock", "x==2 --hash=sha256:0")));
        assert!(!is_stamped(dir.path(), (3, 12), ("b.lock", "x==1 --hash=sha256:0")));
    }

    #[test]
    fn a_folder_that_is_no_environment_is_left_alone() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("mine.txt"), "mine").expect("writes");
        let error = create(dir.path(), &mut |_| ()).expect_err("refuses").to_string();
        assert!(error.contains("no virtual environment") && error.contains("SEVENLINES_VENV"), "{error}");
        assert!(dir.path().join("mine.txt").exists());
    }
}
