//! A home for the command, and what a setup installs in it.

use crate::installed::convolution_base;
use crate::server::{Answer, Server};
use sevenlines::candle_core::{Device, Tensor, safetensors};
use std::collections::HashMap;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");
const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// A folder of its own for everything that the command writes.
pub struct Home {
    folder: tempfile::TempDir,
    cells: Option<PathBuf>,
}

impl Home {
    pub fn new() -> Home {
        Home { folder: tempfile::tempdir().expect("a temporary folder"), cells: None }
    }

    /// One with an environment that claims to be installed, and with the user's own build
    /// for cells, which is made where it is not there.
    pub fn with_cells() -> Home {
        static SETUP: Once = Once::new();
        SETUP.call_once(|| {
            let status = Command::new(BINARY).arg("setup").status().expect("the binary starts");
            assert!(status.success(), "`sevenlines setup` failed");
        });
        let home = Home { cells: Some(sevenlines::home::dir().join("cells")), ..Home::new() };
        home.stamp();
        home.link();
        home
    }

    /// Takes over what the user has: the standard library's sources and, if it is to be
    /// so, the build for cells.
    pub fn link(&self) {
        std::fs::create_dir_all(self.path("home")).expect("the home is made");
        let sources = sevenlines::home::dir().join("rust-src");
        for (from, name) in [(Some(&sources), "rust-src"), (self.cells.as_ref(), "cells")] {
            if let Some(from) = from.filter(|from| from.exists()) {
                symlink(from, self.path("home").join(name)).expect("it is linked");
            }
        }
    }

    /// As it was when it was made.
    pub fn anew(self) -> Home {
        for folder in ["home", "hub", "venv/share"] {
            // What is linked there stays: links alone are removed.
            let _ = std::fs::remove_dir_all(self.path(folder));
        }
        self.link();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes an environment that claims to hold what the lock file pins.
    pub fn stamp(&self) {
        let dir = self.path("venv");
        let made = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&dir).status();
        assert!(made.expect("Python starts").success());
        let mut ask = Command::new(dir.join("bin/python"));
        let version = ask.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output();
        let version = String::from_utf8(version.expect("Python starts").stdout).expect("UTF-8");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/requirements.lock");
        let lock = std::fs::read_to_string(lock).expect("the lock file is read");
        let stamp = format!("# Installed by sevenlines for Python {}.\n{lock}", version.trim());
        std::fs::write(dir.join("sevenlines-requirements.lock"), stamp).expect("the stamp is written");
        for package in ["jupyterlab", "nbclient"] {
            let about = format!("lib/python{}/site-packages/{package}-0.dist-info", version.trim());
            std::fs::create_dir_all(dir.join(&about)).expect("the package's folder is made");
            let text = format!("Name: {package}\nVersion: 0\n");
            std::fs::write(dir.join(about).join("METADATA"), text).expect("the package is named");
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.folder.path());
        for unset in ["SEVENLINES_WEIGHTS", "SEVENLINES_DATA", "HF_HOME", "CONDA_PREFIX", "JUPYTER_DATA_DIR"]
        {
            command.env_remove(unset);
        }
        // Cargo's and rustup's things lie in the true home, which stays.
        command.env("SEVENLINES_HOME", self.path("home")).env("SEVENLINES_VENV", self.path("venv"));
        command.env("HF_HUB_CACHE", self.path("hub"));
        command
    }

    /// With a hub to ask.
    pub fn online(&self, hub: &Server, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("HF_ENDPOINT", &hub.url).env_remove("HF_HUB_OFFLINE");
        command.env("LINKED", self.path("home")).env("SAMPLE", sevenlines::home::data());
        command
    }
}

/// Without the network, and without wheels.
pub fn offline(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command.env_remove("PIP_FIND_LINKS").env("PIP_CONFIG_FILE", "/dev/null");
    command
}

/// Starts a command in a group of its own, and kills it alone after a while: what it has
/// started lives on. Says whether it was still at work.
pub fn kill(command: &mut Command, wait: Duration) -> bool {
    end_after(command, wait, |child| {
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).push(child.id());
        child.kill().expect("it can be killed");
    })
}

/// As [`kill`], with all that it has started.
pub fn kill_all(command: &mut Command, wait: Duration) -> bool {
    end_after(command, wait, |child| kill_group(child.id()))
}

fn end_after(command: &mut Command, wait: Duration, end: impl FnOnce(&mut Child)) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.process_group(0).spawn().expect("the binary starts");
    std::thread::sleep(wait);
    let at_work = child.try_wait().expect("it is known").is_none();
    end(&mut child);
    child.wait().expect("it ends");
    at_work
}

fn kill_group(group: u32) {
    let _ = Command::new("kill").args(["-9", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}

/// The groups of the processes that were killed.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Ends what they left running.
pub fn end_orphans() {
    for group in GROUPS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        kill_group(group);
    }
}

/// A hub that has the convolution base.
pub fn hub() -> Server {
    let file = std::fs::read(convolution_base()).expect("the convolution base is read");
    Server::start(move |request| Answer::file(request, &file, "base").header("X-Repo-Commit", REVISION))
}

fn tensors(file: &Path) -> Result<HashMap<String, Tensor>, String> {
    safetensors::load(file, &Device::Cpu).map_err(|error| error.to_string())
}

fn is_base(file: &Path) -> Result<bool, String> {
    static BASE: OnceLock<HashMap<String, Tensor>> = OnceLock::new();
    let base = BASE.get_or_init(|| tensors(&convolution_base()).expect("the convolution base is read"));
    let found = tensors(file)?;
    let bits = |tensor: &Tensor| tensor.flatten_all().and_then(|tensor| tensor.to_vec1::<f32>());
    let same = |(name, tensor): (&String, &Tensor)| {
        found.get(name).is_some_and(|other| bits(other).ok() == bits(tensor).ok())
    };
    Ok(found.len() == base.len() && base.iter().all(same))
}

/// How many of kernelspec, weights and sample are there; what is there by half.
pub fn is_installed(home: &Home) -> Result<usize, String> {
    let mut whole = 0;
    let spec = home.path("venv/share/jupyter/kernels/sevenlines/kernel.json");
    if let Ok(text) = std::fs::read(spec) {
        serde_json::from_slice::<serde_json::Value>(&text)
            .map_err(|error| format!("kernel.json: {error}"))?;
        whole += 1;
    }
    let weights = home.path("home/weights/vgg16-conv.safetensors");
    if weights.exists() {
        match is_base(&weights)? {
            true => whole += 1,
            false => return Err("the weights are others".to_owned()),
        }
    }
    let sample = home.path("home/data/drawn");
    if sample.exists() {
        let parts = [("train/cats", 150), ("train/dogs", 150), ("valid/cats", 50), ("valid/dogs", 50)];
        match parts.iter().all(|(part, count)| names(&sample.join(part)).len() == *count) {
            true => whole += 1,
            false => return Err("half a sample".to_owned()),
        }
    }
    Ok(whole)
}

/// The names in a folder; none if it is not there.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

pub fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}
