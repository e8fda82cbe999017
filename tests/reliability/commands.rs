//! The command killed at random moments, and on a disk that is full: the next start works,
//! and nothing half counts as whole. `setup` gets weights from a hub on the loopback; what
//! was compiled for cells is taken over from the user's own setup, but where its making is
//! what is killed. The library's own writing is tested in `crashes` and `disk_full`.

#[path = "../support/counts.rs"]
mod counts;
#[path = "commands/home.rs"]
mod home;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/installed.rs"]
mod installed;
#[path = "../support/outcome.rs"]
mod outcome;
#[path = "commands/pip.rs"]
mod pip;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/server.rs"]
mod server;

use counts::{record, tries};
use home::{Home, end_orphans, hub, is_hidden, is_installed, kill, names, offline};
use outcome::Outcome;
use std::process::Command;
use std::time::{Duration, Instant};

/// So many moments, one in each equal part of `whole`, a third of the way into it.
fn moments(count: usize, whole: Duration) -> Vec<Duration> {
    println!("{count} moments within {whole:.1?}");
    (0..count).map(|n| whole.mul_f64((n as f64 + 0.37) / count as f64)).collect()
}

/// What lies in a home besides what a finished setup leaves.
fn left_over(home: &Home) -> Vec<String> {
    let folders = ["home", "home/weights", "home/data"].map(|folder| names(&home.path(folder)));
    let left = |name: &String| is_hidden(name) || name.ends_with(".part") || name.ends_with(".etag");
    folders.into_iter().flatten().filter(left).collect()
}

#[test]
fn a_killed_setup_is_completed_by_the_next() {
    let hub = hub();
    let mut home = Home::with_cells();
    let began = Instant::now();
    Outcome::of(&mut home.online(&hub, &["setup"])).ends(0);
    let whole = began.elapsed();
    let (mut lost, mut at_work) = (Vec::new(), 0);
    let kills = tries(2, 50);
    for (number, moment) in moments(kills, whole).into_iter().enumerate() {
        home = home.anew();
        at_work += usize::from(kill(&mut home.online(&hub, &["setup"]), moment));
        if let Some(half) = is_installed(&home).err() {
            lost.push(format!("kill {number} after {moment:.1?}: {half}"));
        }
        let next = Outcome::of(&mut home.online(&hub, &["setup"]));
        let all = is_installed(&home);
        if next.code != Some(0) || all != Ok(3) {
            lost.push(format!("kill {number} after {moment:.1?}: {all:?}; {}", next.err));
        }
        if !left_over(&home).is_empty() {
            lost.push(format!("kill {number} after {moment:.1?}: left {:?}", left_over(&home)));
        }
    }
    assert!(at_work > 0, "none was at work any more");
    let figures = format!("{at_work} killed at work within {whole:.1?}");
    record("killed: setup (kernelspec, weights from a hub, sample)", kills, &lost, &figures);
}

/// Python's `venv` is a matter of moments, and then pip is at work or has failed.
#[test]
fn a_killed_venv_is_made_anew() {
    let home = Home::new();
    let mut lost = Vec::new();
    let kills = tries(3, 50);
    for (number, moment) in moments(kills, Duration::from_millis(1200)).into_iter().enumerate() {
        kill(&mut offline(&home, &["setup", "--offline"]), moment);
        let next = Outcome::of(&mut offline(&home, &["setup", "--offline"]));
        // No wheels are to be had here: it comes as far as pip, in an environment that works.
        if next.code != Some(1) || !next.err.contains("PIP_FIND_LINKS") {
            lost.push(format!("kill {number} after {moment:.1?}: {}", next.err));
        }
        let left: Vec<String> =
            names(&home.path("home")).into_iter().filter(|name| is_hidden(name)).collect();
        if !left.is_empty() {
            lost.push(format!("kill {number} after {moment:.1?}: left {left:?}"));
        }
        if number % 2 == 0 {
            std::fs::remove_dir_all(home.path("venv")).expect("the environment is removed");
        }
    }
    record("killed: setup making the virtual environment", kills, &lost, "");
}

/// The library's compilation for cells: cargo outlives the setup that is killed, and the
/// next one waits for it.
#[test]
fn a_killed_preparation_of_the_library_is_made_anew() {
    let home = Home::new();
    home.stamp();
    home.link();
    let setup = || {
        let mut setup = offline(&home, &["setup", "--offline"]);
        setup.env("SEVENLINES_WEIGHTS", installed::convolution_base());
        setup
    };
    let is_ready = || {
        names(&home.path("home/cells"))
            .iter()
            .any(|key| home.path("home/cells").join(key).join("ready").exists())
    };
    let mut lost = Vec::new();
    let kills = tries(2, 5);
    for number in 0..kills {
        let wait = Duration::from_secs(2 + 7 * number as u64);
        if !kill(&mut setup(), wait) {
            lost.push(format!("kill {number}: it ended by itself within {wait:?}"));
        }
        if is_ready() {
            lost.push(format!("kill {number} after {wait:?}: half a build counts as whole"));
        }
    }
    if tries(0, 1) == 1 {
        let began = Instant::now();
        let ended = Outcome::of(&mut setup());
        let again = Outcome::of(&mut setup());
        if ended.code != Some(0) || !is_ready() || !again.err.contains("for cells … already there") {
            lost.push(format!("the next start: {}\n{}", ended.err, again.err));
        }
        println!("the start after the kills took {:.0?}", began.elapsed());
    }
    end_orphans();
    record("killed: setup compiling the library for cells", kills, &lost, "");
}

#[test]
fn a_full_disk_under_setup_and_data_is_told_and_harms_nothing() {
    let unshare =
        |flags: &&str| Command::new("unshare").args([flags, "true"]).status().is_ok_and(|s| s.success());
    let Some(flags) = ["-m", "-rm"].into_iter().find(unshare) else {
        return println!("SKIPPED a_full_disk_under_setup_and_data: this system gives no mount namespace");
    };
    let hub = hub();
    let home = Home::with_cells();
    let run = |script: &str| {
        let mut shell = home.online(&hub, &[]);
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", script]).arg(shell.get_program()).current_dir(home.path(""));
        for (name, value) in shell.env("LC_ALL", "C").get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let Outcome { out, err, .. } = Outcome::of(&mut command);
        let said = out + &err;
        assert!(
            !said.contains("panicked") && !said.contains("Traceback (most recent call last):\n  File \"<"),
            "{said}"
        );
        said
    };
    let (mut lost, mut tried) = (Vec::new(), 0);
    let mut check = |what: &str, said: &str, words: &[&str]| {
        tried += 1;
        for word in words.iter().filter(|word| !said.contains(**word)) {
            lost.push(format!("{what}: no {word:?} in {said}"));
        }
    };
    let sizes: &[u32] = if tries(0, 1) == 1 { &[1, 20, 50, 70, 100] } else { &[20, 70] };
    for megabytes in sizes {
        // Both are on the small disk: the home, and what the hub's bytes become.
        let said = run(&format!(
            "mkdir small && mount -t tmpfs -o size={megabytes}m tmpfs small && cp -P \"$LINKED\"/* small/ && ln -s \"$SAMPLE\" small/data && \
             export SEVENLINES_HOME=$PWD/small && \"$0\" setup >setup.txt 2>&1; echo \"first $?\"; tail -n 5 setup.txt; \
             test -e small/weights/vgg16-conv.safetensors && echo \"counts as whole\"; \
             mount -o remount,size=300m small && \"$0\" setup >setup.txt 2>&1; echo \"second $?\"; tail -n 5 setup.txt"
        ));
        std::fs::remove_dir(home.path("small")).expect("the mount point is removed");
        let full = "no space is left on the disk that holds it";
        check(&format!("setup with {megabytes} MB"), &said, &["first 1", full, "small/weights", "second 0"]);
        if said.contains("counts as whole") {
            lost_whole(&said);
        }
    }
    let said = run(
        "mkdir small && mount -t tmpfs -o size=1m tmpfs small && export SEVENLINES_VENV=$PWD/small/venv && \
                    \"$0\" setup --offline; echo \"first $?\"",
    );
    check("a virtual environment", &said, &["first 1", "ensurepip", "is the disk full?"]);
    let said = run(
        "mount -t tmpfs -o size=1m tmpfs small && \"$0\" data draw small/set; echo \"first $?\"; ls -A small; \
                    mount -o remount,size=30m small && \"$0\" data draw small/set; echo \"second $?\"; ls small/set/train/cats | wc -l",
    );
    check("data draw", &said, &["first 1", "no space is left", "small", "second 0", "150"]);
    record("full disk: setup and data draw", tried, &lost, "");
}

#[track_caller]
fn lost_whole(said: &str) {
    panic!("half a file counts as whole: {said}");
}
