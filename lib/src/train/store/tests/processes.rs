//! Several processes at one store, and processes that end in the middle: this very
//! program again, as [`child`].

use super::*;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const ROLE: &str = "SEVENLINES_TEST_ROLE";
const FOLDER: &str = "SEVENLINES_TEST_FOLDER";
const START: &str = "SEVENLINES_TEST_START";

/// This program, to run [`child`] and nothing else.
fn program() -> Vec<String> {
    let exe = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let name = module_path!().split_once("::").unwrap().1.to_owned() + "::child";
    [exe.as_str(), "--exact", &name, "--ignored", "--nocapture"].map(str::to_owned).into()
}

fn start(lab: &Lab, role: &str, from: u32) -> Child {
    let program = program();
    command(Command::new(&program[0]).args(&program[1..]), lab, role, from).spawn().unwrap()
}

fn command<'c>(command: &'c mut Command, lab: &Lab, role: &str, from: u32) -> &'c mut Command {
    command.env(ROLE, role).env(FOLDER, &lab.folder).env(START, from.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null())
}

/// What the other tests start.
#[test]
#[ignore = "the other tests here run it, in processes of its own"]
fn child() {
    let said = |name| std::env::var(name).ok();
    let (Some(role), Some(folder), Some(start)) = (said(ROLE), said(FOLDER), said(START)) else { return };
    let lab = Lab { folder: folder.into(), limit: LIMIT, _own: None };
    let start: u32 = start.parse().unwrap();
    let (mut store, batches) = (lab.store(), lab.batches("pictures"));
    let mut number = start;
    let count: u32 = role.strip_prefix("write ").unwrap().parse().unwrap();
    while number < start + count {
        // As a body does that looks at pictures very quickly.
        let content = Content::of(&number.to_le_bytes());
        store.put(&batches, 0, content, made_of(&content, 1024));
        if number % 10 == 9 {
            store.flush();
        }
        number += 1;
    }
    store.flush();
    println!("in memory: {}", store.len());
}

#[test]
fn killed_writers_leave_nothing_wrong() {
    let lab = Lab::new(1);
    let mut kept = 0;
    for round in 0..50u64 {
        let mut writer = start(&lab, "write 1000", 1000 * round as u32);
        let began = Instant::now();
        // It starts, and then is somewhere in its work.
        let look = || files::Stat::of(&lab.path("features/features-1.redb"));
        let before = look();
        while look() == before && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(round * 37 % 101));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let now = there(&lab, 0..1000 * (round as u32 + 1), 1024);
        assert!(now >= kept, "round {round}: {kept} rows, then {now}");
        assert_eq!(lab.disk().count(), Ok(now as u64), "round {round}");
        kept = now;
    }
    println!("50 writers killed: {kept} rows, all right");
    assert!(kept > 0);
    assert!(!lab.path("features/damaged.redb").exists(), "a killed writer damages nothing");
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 2);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 0);
}

#[test]
fn two_processes_at_once_keep_what_both_computed() {
    let lab = Lab::new(1);
    // Half of the rows are both's.
    let both = [start(&lab, "write 300", 0), start(&lab, "write 300", 150)];
    for process in both {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("in memory: 300"), "{said}");
    }
    assert_eq!(there(&lab, 0..450, 1024), 450);
    assert_eq!(lab.disk().count(), Ok(450), "those of both are there once");
}

#[test]
fn a_full_disk_is_said_once_and_loses_nothing() {
    let lab = Lab::new(1);
    // No file may be longer than 1000 blocks: of half a kilobyte or a whole one.
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"]).args(program());
    let output = command(&mut full, &lab, "write 300", 0).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("in memory: 300"), "{said}");
    assert_eq!(said.matches("in memory only").count(), 1, "{said}");
    let kept = there(&lab, 0..300, 1024);
    println!("{kept} of 300 rows were written before the disk was full");
    assert!(kept < 300);
    // Once there is room again.
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 2);
    assert_eq!(pass(&mut lab.store(), &lab.batches("pictures"), 1024), 0);
    assert_eq!(there(&lab, 0..300, 1024), kept);
}
