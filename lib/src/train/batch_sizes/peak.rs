//! The most memory that the process had in use over a while.

/// Where Linux keeps what a process uses, and where it is told to start anew.
const STATUS: &str = "/proc/self/status";
const RESET: &str = "/proc/self/clear_refs";

/// A measurement that began some time ago.
pub(super) struct Peak {
    reset: bool,
}

impl Peak {
    /// Begins now: the system forgets the peaks before.
    pub(super) fn begin() -> Peak {
        // "5" sets the peak back to what is in use (`man 5 proc_pid_clear_refs`).
        Peak { reset: std::fs::write(RESET, "5").is_ok() }
    }

    /// The peak of the resident memory in bytes; `None` where the system cannot be
    /// asked, or would answer for a longer while.
    pub(super) fn bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(STATUS).ok().filter(|_| self.reset)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_seen_and_then_forgotten() {
        let Some(before) = Peak::begin().bytes() else {
            println!("SKIPPED a_peak_is_seen_and_then_forgotten: {RESET} cannot be written here");
            return;
        };
        let size = 64 << 20;
        let peak = Peak::begin();
        drop(std::hint::black_box(vec![1u8; size]));
        let during = peak.bytes().unwrap();
        // Other tests of this process take and give back memory meanwhile.
        assert!(during > before.saturating_sub(32 << 20) + size as u64, "{before} then {during}");
    }
}
