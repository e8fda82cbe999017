//! What is left of a kernel that was killed: its processes and its work folder.
//! The pump sees the kernel's end of the socket close, and clears up.

use std::path::Path;
use std::time::Duration;

/// Ends every process that the kernel and its cells had started, and removes the
/// folder.
pub fn remove(work: &Path) {
    // A process may start another one before it is ended, and one that is being
    // started shows no environment for a moment.
    let mut quiet = 0;
    for _ in 0..100 {
        let found = processes_of(work);
        quiet = if found.is_empty() { quiet + 1 } else { 0 };
        if quiet == 3 {
            break;
        }
        for pid in found {
            // SAFETY: kill() has no memory effects; the process belonged to the kernel.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = std::fs::remove_dir_all(work);
}

/// The other processes whose environment names the folder: cells, cargo and rustc
/// inherit it, whatever has become of their parents.
fn processes_of(work: &Path) -> Vec<libc::pid_t> {
    let own = std::process::id();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let names_it = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let work = work.as_os_str().as_encoded_bytes();
        !work.is_empty() && environment.windows(work.len()).any(|part| part == work)
    };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != own && names_it(pid)).map(|pid| pid as libc::pid_t).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn processes_and_folder_go() {
        let work = tempfile::tempdir().expect("a folder").keep();
        let mut child =
            std::process::Command::new("sleep").arg("60").env("ANY", &work).spawn().expect("starts");
        super::remove(&work);
        assert!(!child.wait().expect("ends").success());
        assert!(!work.exists());
    }
}
