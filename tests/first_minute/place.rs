//! A throw-away home in which nothing is missing, and how to hide programs from the
//! command.

use crate::home::{Home, hub};
use crate::outcome::Outcome;
use crate::server::Server;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

/// A whole home, with a hub on the loopback that gives weights.
pub struct Place {
    home: Home,
    /// Programs that the command does not find.
    pub hidden: Vec<&'static str>,
}

impl Place {
    /// Weights and pictures are linked from the user's own, what is compiled too; the
    /// environment is a new one that finds the packages of the repository's.
    pub fn new() -> Place {
        let home = Home::with_cells();
        for folder in ["weights", "data/drawn"] {
            link_tree(&sevenlines::home::dir().join(folder), &home.path("home").join(folder));
        }
        let place = Place { home, hidden: Vec::new() };
        let packages = place.packages();
        for package in ["jupyterlab", "nbclient"] {
            fs::remove_dir_all(packages.join(format!("{package}-0.dist-info"))).expect("it is removed");
        }
        place.give_packages();
        place.run(&["setup"]).ends(0);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    /// The environment's folder of packages.
    pub fn packages(&self) -> PathBuf {
        site_packages(&self.path("venv"))
    }

    /// Lets the environment find the packages of the repository's own.
    pub fn give_packages(&self) {
        let own = site_packages(&repository().join(".venv"));
        fs::write(self.packages().join("borrowed.pth"), own.display().to_string()).expect("it is written");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        static HUB: OnceLock<Server> = OnceLock::new();
        let mut command = self.home.online(HUB.get_or_init(hub), arguments);
        for unset in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "SEVENLINES_FEATURES"] {
            command.env_remove(unset);
        }
        if !self.hidden.is_empty() {
            command.env("PATH", self.search_path());
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(arguments))
    }

    /// A folder with links to what is on the search path, but for what is hidden.
    fn search_path(&self) -> PathBuf {
        let folder = self.path("bin");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("it is made");
        let path = std::env::var_os("PATH").expect("there is a search path");
        for program in std::env::split_paths(&path).flat_map(fs::read_dir).flatten().flatten() {
            let name = program.file_name();
            let is_hidden = self.hidden.iter().any(|hidden| name.to_string_lossy().starts_with(hidden));
            if !is_hidden {
                // The first on the path counts.
                let _ = symlink(program.path(), folder.join(name));
            }
        }
        folder
    }
}

/// The repository that this is built from.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package lies in a workspace")
}

/// Each line of stdout, which must be JSON.
#[track_caller]
pub fn events(out: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    out.lines().map(line).collect()
}

/// The names of the events.
pub fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

fn site_packages(environment: &Path) -> PathBuf {
    let lib = environment.join("lib");
    let versions = fs::read_dir(&lib).unwrap_or_else(|error| panic!("{}: {error}", lib.display()));
    let all = versions.flatten().map(|version| version.path().join("site-packages"));
    all.filter(|folder| folder.is_dir()).max().expect("an environment has packages")
}

/// A copy that takes no room where both are on one disk.
pub fn link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => link_tree(&entry.path(), &target),
            false => {
                if fs::hard_link(entry.path(), &target).is_err() {
                    fs::copy(entry.path(), &target).expect("it is copied");
                }
            }
        }
    }
}
