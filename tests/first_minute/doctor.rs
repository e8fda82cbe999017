//! `sevenlines doctor` on a home in which one thing is missing: it names that thing and
//! no other, and the command that it names mends it where that takes no network and no
//! minutes.

use crate::outcome::Outcome;
use crate::place::{Place, link_tree};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// What the doctor says of each thing.
fn checks(outcome: &Outcome) -> Vec<(String, String, String)> {
    let table: Value = serde_json::from_str(&outcome.out).unwrap_or_else(|e| panic!("{e}: {}", outcome.out));
    let word = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let all = table["checks"].as_array().expect("a list");
    all.iter().map(|check| (word(check, "name"), word(check, "state"), word(check, "mend"))).collect()
}

impl Place {
    /// The things that are missing must be these; gives back how the first is mended.
    #[track_caller]
    fn misses(&self, names: &[&str]) -> String {
        let outcome = self.run(&["doctor", "--json"]);
        let missing: Vec<_> =
            checks(&outcome).into_iter().filter(|(_, state, _)| state == "missing").collect();
        let found: Vec<&str> = missing.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(found, names, "{}", outcome.out);
        assert_eq!(outcome.code, Some(i32::from(!names.is_empty())), "{}", outcome.out);
        missing.first().map(|(.., mend)| mend.clone()).unwrap_or_default()
    }

    /// Does what the doctor says, as the user would.
    #[track_caller]
    fn mend(&self, mend: &str) {
        let line = mend.strip_prefix("cargo run --release -- ").unwrap_or_else(|| panic!("{mend:?}"));
        self.run(&line.split_whitespace().collect::<Vec<_>>()).ends(0);
        self.misses(&[]);
    }
}

#[test]
fn each_program_is_missed_by_name() {
    let mut place = Place::new();
    for (hidden, name, mend) in [
        (vec!["cc"], "C compiler", "apt-get install gcc"),
        (vec!["rustc"], "Rust", "rustup.rs"),
        (vec!["cargo"], "Rust", "rustup.rs"),
        (vec!["python"], "Python", "apt-get install python3"),
    ] {
        // Without rustup, which would find the compiler all the same.
        place.hidden = hidden.iter().copied().chain(["rustup"]).collect();
        let said = place.misses(&[name]);
        assert!(said.contains(mend), "{hidden:?}: {said}");
    }
    place.hidden = vec!["chrom", "google-chrome"];
    place.misses(&[]);
    let table = checks(&place.run(&["doctor", "--json"]));
    let chromium = table.iter().find(|(name, ..)| name == "Chromium").expect("it is looked for");
    assert!(chromium.1 == "optional" && chromium.2.contains("apt-get install chromium"), "{chromium:?}");
    place.hidden = Vec::new();
    place.misses(&[]);
}

#[test]
fn an_environment_that_is_gone_broken_or_empty() {
    let place = Place::new();
    let (venv, aside) = (place.path("venv"), place.path("aside"));
    fs::rename(&venv, &aside).expect("it is moved");
    assert!(place.misses(&["virtual environment", "Jupyter", "kernel"]).ends_with("setup"));
    fs::rename(&aside, &venv).expect("it is moved back");
    place.misses(&[]);

    let python = venv.join("bin/python");
    let target = fs::read_link(&python).expect("a link");
    fs::remove_file(&python).expect("it is removed");
    symlink("/nowhere/python3", &python).expect("it is linked");
    assert!(place.misses(&["virtual environment", "Jupyter"]).ends_with("setup"));
    fs::remove_file(&python).expect("it is removed");
    symlink(target, &python).expect("it is linked");

    fs::remove_file(place.packages().join("borrowed.pth")).expect("it is removed");
    assert!(place.misses(&["Jupyter"]).ends_with("setup"));
    // The setup sees it too: without wheels it comes as far as pip.
    let setup =
        Outcome::of(place.command(&["setup", "--offline"]).env("PIP_CONFIG_FILE", "/dev/null")).ends(1);
    assert!(setup.err.contains("PIP_FIND_LINKS"), "{}", setup.err);
    place.give_packages();
    place.misses(&[]);

    fs::rename(venv.join("sevenlines-requirements.lock"), &aside).expect("it is moved");
    assert!(place.misses(&["virtual environment"]).ends_with("setup"));
    fs::rename(&aside, venv.join("sevenlines-requirements.lock")).expect("it is moved back");
    place.misses(&[]);
}

#[test]
fn a_kernelspec_that_is_gone_or_names_another_binary() {
    let place = Place::new();
    let folder = place.path("venv/share/jupyter/kernels/sevenlines");
    fs::remove_dir_all(&folder).expect("it is removed");
    place.mend(&place.misses(&["kernel"]));
    for other in ["/nowhere/sevenlines", "/bin/sh"] {
        let file = folder.join("kernel.json");
        let mut spec: Value = serde_json::from_slice(&fs::read(&file).expect("it is there")).expect("JSON");
        spec["argv"][0] = other.into();
        fs::write(&file, spec.to_string()).expect("it is written");
        place.mend(&place.misses(&["kernel"]));
    }
}

#[test]
fn weights_that_are_gone_or_cut_off() {
    let place = Place::new();
    let file = place.path("home/weights/vgg16-conv.safetensors");
    let whole = fs::read(&file).expect("they are there");
    fs::remove_file(&file).expect("they are removed");
    place.mend(&place.misses(&["weights"]));
    fs::remove_file(&file).expect("they are removed");
    fs::write(&file, &whole[..whole.len() / 2]).expect("half is written");
    place.mend(&place.misses(&["weights"]));
    // What the user names is the user's to mend.
    let named = Outcome::of(place.command(&["doctor"]).env("SEVENLINES_WEIGHTS", "/nowhere")).ends(1);
    assert!(named.out.contains("→ set SEVENLINES_WEIGHTS"), "{}", named.out);
}

#[test]
fn sources_and_the_library_that_are_gone_or_others() {
    let place = Place::new();
    let (cells, sources, aside) =
        (place.path("home/cells"), place.path("home/rust-src"), place.path("aside"));
    fs::rename(&cells, &aside).expect("it is moved");
    assert!(place.misses(&["library for cells"]).ends_with("setup"));
    fs::create_dir_all(cells.join("0123456789abcdef")).expect("it is made");
    fs::write(cells.join("0123456789abcdef/ready"), "").expect("it is written");
    place.misses(&["library for cells"]);
    assert!(place.run(&["doctor"]).ends(1).out.contains("compiled, but from other sources"));
    fs::remove_dir_all(&cells).expect("it is removed");
    fs::rename(&aside, &cells).expect("it is moved back");
    place.misses(&[]);

    if sources.exists() {
        fs::rename(&sources, &aside).expect("it is moved");
        let toolchain = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc runs");
        let sysroot = String::from_utf8(toolchain.stdout).expect("UTF-8");
        let theirs = std::path::Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core");
        match theirs.exists() {
            true => println!("SKIPPED sources that are gone: the toolchain has its own"),
            false => assert!(place.misses(&["Rust's own sources"]).ends_with("setup")),
        }
        fs::rename(&aside, &sources).expect("it is moved back");
        place.misses(&[]);
    } else {
        println!("SKIPPED sources that are gone: they are the toolchain's");
    }
}

#[test]
fn a_sample_that_is_gone_or_incomplete() {
    let place = Place::new();
    let folder = place.path("home/data/drawn");
    fs::remove_dir_all(&folder).expect("it is removed");
    assert!(place.misses(&["drawn sample"]).ends_with("setup"));
    link_tree(&sevenlines::home::data().join("drawn"), &folder);
    place.misses(&[]);
    let picture = folder.join("valid/dogs");
    let first = fs::read_dir(&picture).expect("there are dogs").flatten().next().expect("a dog");
    fs::remove_file(first.path()).expect("it is removed");
    // A file of the user's is not removed with the rest.
    fs::write(folder.join("mine.txt"), "mine").expect("it is written");
    assert!(place.misses(&["drawn sample"]).starts_with("move "));
    place.run(&["setup"]).ends(1);
    assert!(folder.join("mine.txt").exists());
    fs::remove_file(folder.join("mine.txt")).expect("it is removed");
    place.mend(&place.misses(&["drawn sample"]));
}

/// In a mount namespace of its own.
#[test]
fn a_disk_without_room_and_a_folder_that_cannot_be_written() {
    let unshare =
        |flags: &&str| Command::new("unshare").args([flags, "true"]).status().is_ok_and(|s| s.success());
    let Some(flags) = ["-m", "-rm"].into_iter().find(unshare) else {
        return println!("SKIPPED a_disk_without_room: this system gives no mount namespace");
    };
    let place = Place::new();
    let doctor = |script: &str| {
        let inner = place.command(&[]);
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", script]).arg(inner.get_program()).current_dir(place.path(""));
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let outcome = Outcome::of(&mut command);
        let missing = checks(&outcome).into_iter().filter(|(_, state, _)| state == "missing");
        (missing.map(|(name, _, mend)| (name, mend)).collect::<Vec<_>>(), outcome.code)
    };
    let (missing, code) = doctor(
        "mkdir small && mount -t tmpfs -o size=150m tmpfs small && cp -aP home/. small/ && \
         SEVENLINES_HOME=$PWD/small \"$0\" doctor --json",
    );
    assert!(missing.len() == 1 && missing[0].0 == "free room", "{missing:?}");
    assert!(missing[0].1.contains("features clear") && code == Some(1), "{missing:?}");
    let (missing, code) =
        doctor("mount --bind home home && mount -o remount,ro,bind home && \"$0\" doctor --json");
    assert!(missing.len() == 1 && missing[0].0 == "folder", "{missing:?}");
    assert!(missing[0].1.contains("SEVENLINES_HOME") && code == Some(1), "{missing:?}");
    place.misses(&[]);
}
