//! A full disk, and one that can only be read: a clear error that names the file, what was
//! there before stays, nothing half counts as whole, and with room again the same call works.
//! The disk is a small tmpfs that only the process of the test sees ([`fill`]).

use crate::support::counts::record;
use crate::support::pictures::classes;
use crate::work::{self, Work, drafts, learner, outside, sets};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZE: &str = "size=64m";
const FULL: &str = "no space is left on the disk";

/// What came of one kind of work.
struct Outcome {
    name: String,
    tried: usize,
    failed: usize,
    lost: Vec<String>,
}

impl Outcome {
    fn of(name: &str) -> Outcome {
        Outcome { name: name.to_owned(), tried: 0, failed: 0, lost: Vec::new() }
    }

    fn check(&mut self, right: bool, what: impl Fn() -> String) {
        if !right {
            self.lost.push(what());
        }
    }

    fn print(&self) {
        println!("outcome\t{}\t{}\t{}", self.name, self.tried, self.failed);
        for lost in &self.lost {
            println!("lost\t{}\t{}", self.name, lost.replace(['\n', '\t'], " "));
        }
    }
}

/// How `mount` is allowed to a process: a namespace of its own, as root or as if.
fn namespace() -> Option<&'static str> {
    let allowed =
        |flags: &&str| Command::new("unshare").args([flags, "true"]).status().is_ok_and(|s| s.success());
    ["-m", "-rm"].into_iter().find(allowed)
}

#[test]
fn a_full_disk_is_told_and_harms_nothing() {
    let Some(flags) = namespace() else {
        return println!(
            "SKIPPED a_full_disk_is_told_and_harms_nothing: this system gives no mount namespace"
        );
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let child = work::command("disk", folder.path(), 1);
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o \"$0\" tmpfs \"$1\" && shift && exec \"$@\"";
    command.args([flags, "sh", "-c", script, SIZE]).arg(folder.path()).arg(child.get_program());
    command.args(child.get_args());
    command.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("unshare runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let told = format!("{}/features/features: {FULL}", folder.path().display());
    assert_eq!(said.matches(&told).count(), 1, "{said}");
    let mut outcomes = 0;
    for line in said.lines().filter_map(|line| line.strip_prefix("outcome\t")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let lost = said.lines().filter_map(|line| line.strip_prefix(&format!("lost\t{}\t", fields[0])));
        let lost: Vec<String> = lost.map(str::to_owned).collect();
        let figures = format!("{} ended with the error", fields[2]);
        record(&format!("full disk: {}", fields[0]), fields[1].parse().expect("a number"), &lost, &figures);
        outcomes += 1;
    }
    assert_eq!(outcomes, kinds().count() + 3);
    assert!(
        std::fs::read_dir(folder.path()).expect("it is listed").next().is_none(),
        "not on the small disk"
    );
}

/// All kinds of work but drawing, which takes long; `commands.rs` has it.
fn kinds() -> impl Iterator<Item = &'static Work> {
    work::ALL.into_iter().filter(|work| work.name != sets::DRAW.name)
}

/// The small disk's process: all kinds of work, with less room than they need.
pub fn fill(disk: &Path) {
    println!("begin");
    let mut read_only = Outcome::of("that can only be read");
    let mut ready = Vec::new();
    for work in kinds() {
        let folder = disk.join(work.name);
        std::fs::create_dir(&folder).expect("the folder is made");
        (work.prepare)(&folder);
        (work.ready)(&folder);
        sweep(work, disk, &folder).print();
        ready.push((work, folder));
    }
    fit(disk).print();
    features(disk).print();
    remount(disk, "ro");
    for (work, folder) in ready {
        (work.ready)(&folder);
        refuse(work, &folder, &mut read_only);
    }
    read_only.print();
    remount(disk, "rw");
}

/// Takes all room but so many bytes; gives it back when dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn leaving(disk: &Path, room: u64) -> Ballast {
        let path = disk.join("ballast");
        let mut file = File::create(&path).expect("the ballast is made");
        let piece = vec![1; 4096];
        while file.write_all(&piece).is_ok() {}
        let taken = file.metadata().expect("it is there").len();
        file.set_len(taken.saturating_sub(room) / 4096 * 4096).expect("it is cut");
        Ballast(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn bytes(files: &[(PathBuf, Vec<u8>)]) -> u64 {
    files.iter().map(|(path, _)| path.metadata().map_or(0, |about| about.len().next_multiple_of(4096))).sum()
}

/// The second round over what the first left, with no room up to almost enough.
fn sweep(work: &Work, disk: &Path, folder: &Path) -> Outcome {
    let mut outcome = Outcome::of(work.name);
    let round = |number| {
        (work.round)(folder, number).expect("with room it works");
        work.found(folder)
    };
    let whole = [round(0), round(1)];
    let size = bytes(&whole[1]);
    for part in [0.0, 0.02, 0.3, 0.6, 0.9, 0.98] {
        round(0);
        if work.name == outside::DOWNLOAD.name {
            let _ = std::fs::remove_file(folder.join("1.part"));
        }
        outcome.tried += 1;
        let ballast = Ballast::leaving(disk, (size as f64 * part) as u64);
        let error = (work.round)(folder, 1).err().map(|error| error.to_string());
        let found = work.found(folder);
        let expected = if error.is_some() { &whole[0] } else { &whole[1] };
        outcome.check(found == *expected, || {
            format!("with {part} of the room: {} files, not as they were", found.len())
        });
        outcome.check(drafts(folder).is_empty(), || format!("with {part} of the room: {:?}", drafts(folder)));
        if let Some(error) = error {
            outcome.failed += 1;
            let clear = error.contains(FULL) && error.contains(&*folder.to_string_lossy());
            outcome.check(clear, || format!("it says: {error}"));
        }
        drop(ballast);
        outcome.check(round(1) == whole[1], || "with room again it does not work".to_owned());
    }
    outcome.check(outcome.failed > 0, || "the disk was never too full".to_owned());
    outcome
}

/// Checkpoints that cannot be written end the fit; those before them stay, and it goes on
/// when there is room.
fn fit(disk: &Path) -> Outcome {
    let mut outcome = Outcome::of("fit with checkpoints");
    let folder = disk.join("fit");
    learner::draw(&folder);
    learner::fit(&folder, 2).expect("with room it works");
    let run = folder.join("run");
    for room in [0, 8 << 10, 40 << 10] {
        outcome.tried += 1;
        let before = work::contents(&run);
        let ballast = Ballast::leaving(disk, room);
        let epochs = before.len() + 4;
        match learner::fit(&folder, epochs) {
            Ok(()) => outcome.check(false, || "it was not told".to_owned()),
            Err(error) => {
                outcome.failed += 1;
                let error = error.to_string();
                let clear = error.contains(FULL) && error.contains("epoch-");
                outcome.check(clear, || format!("it says: {error}"));
            }
        }
        let after = work::contents(&run);
        outcome.check(before.iter().all(|file| after.contains(file)), || {
            "earlier checkpoints changed".to_owned()
        });
        outcome.check(drafts(&run).is_empty(), || format!("{:?}", drafts(&run)));
        drop(ballast);
        let ended = learner::fit(&folder, epochs);
        outcome.check(ended.is_ok(), || format!("with room again: {ended:?}"));
        outcome.check(work::contents(&run).len() == epochs, || "epochs are missing".to_owned());
    }
    outcome
}

/// Features that cannot be stored cost nothing but the store; it is said once.
fn features(disk: &Path) -> Outcome {
    let mut outcome = Outcome::of("features to the store");
    let folder = disk.join("features");
    classes(&folder.join("sets/0"), &[("cats", 1), ("dogs", 1)]);
    outcome.tried += 1;
    outcome.failed += 1;
    let ballast = Ballast::leaving(disk, 0);
    let ended = learner::features(&folder, 1);
    outcome.check(ended.is_ok(), || format!("{ended:?}"));
    drop(ballast);
    let stored = || std::fs::metadata(folder.join("features/features-1.redb")).map_or(0, |about| about.len());
    outcome.check(stored() == 0, || "something was stored".to_owned());
    let ended = learner::features(&folder, 1);
    outcome.check(ended.is_ok() && stored() > 0, || format!("with room again: {ended:?}"));
    outcome
}

fn remount(disk: &Path, how: &str) {
    let option = format!("remount,{how}");
    let status = Command::new("mount").args(["-o", &option]).arg(disk).status().expect("mount runs");
    assert!(status.success(), "the disk cannot be made {how}");
}

fn refuse(work: &Work, folder: &Path, outcome: &mut Outcome) {
    let before = work.found(folder);
    let error = (work.round)(folder, 0).err().map(|error| error.to_string()).unwrap_or_default();
    outcome.tried += 1;
    outcome.failed += usize::from(!error.is_empty());
    let clear = error.contains("can only be read") && error.contains(&*folder.to_string_lossy());
    outcome.check(clear, || format!("{}: it says: {error:?}", work.name));
    outcome.check(work.found(folder) == before, || format!("{}: not as it was", work.name));
}
