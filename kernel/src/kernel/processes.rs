//! The processes below this one, found in `/proc`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// All that descend from `root`, children before grandchildren.
pub fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    for pid in entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            found.push(child);
            next.push(child);
        }
    }
    found
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Sends a signal; a process that is gone is no error.
pub fn signal(pid: u32, signal: libc::c_int) {
    // SAFETY: kill() has no memory effects; `pid` is a process of this kernel, and
    // never 0, which would mean the whole group.
    if pid > 1 {
        unsafe { libc::kill(pid as libc::pid_t, signal) };
    }
}

/// Halts what `find` finds, until it finds nothing new, and gives it back: of what is ended
/// one by one, the rest could start another process meanwhile, which nobody ends.
pub fn halt(find: impl Fn() -> Vec<u32>) -> Vec<u32> {
    let mut halted = Vec::new();
    loop {
        let new: Vec<u32> = find().into_iter().filter(|pid| !halted.contains(pid)).collect();
        if new.is_empty() {
            return halted;
        }
        new.iter().for_each(|pid| signal(*pid, libc::SIGSTOP));
        halted.extend(new);
    }
}

/// Waits until processes that were told to end have ended, for at most `time`: a large one
/// takes a while, and holds its files and locks until then.
pub fn wait_for_end(pids: &[u32], time: Duration) {
    let end = Instant::now() + time;
    while pids.iter().any(|pid| !has_ended(*pid)) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether it is gone, or waits for its parent alone to take note.
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let state = |stat: String| stat.rsplit_once(')')?.1.trim_start().chars().next();
    stat.map_or(true, |stat| matches!(state(stat), Some('Z' | 'X')))
}

/// Takes the ended children off the system's list, for at most `time`.
pub fn reap(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        // SAFETY: a null status is allowed; this process is about to end, and waits
        // for no child elsewhere.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
            -1 => return,
            0 => std::thread::sleep(Duration::from_millis(5)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_a_child_and_its_child() {
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(50);
        while super::descendants(child.id()).is_empty() && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let below = super::descendants(child.id());
        assert_eq!(below.len(), 1);
        assert!(super::descendants(std::process::id()).contains(&below[0]));
        super::signal(below[0], libc::SIGKILL);
        child.wait().unwrap();
    }
}
