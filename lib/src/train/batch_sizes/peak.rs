//! The most memory that the process had in use over a while.

/// Where Linux is told to start anew.
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
        crate::memory::peak().filter(|_| self.reset)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_peak_has_what_was_in_use() {
        let peak = Peak::begin();
        // Not to be left out because nobody reads it.
        let filled = std::hint::black_box(vec![1u8; 64 << 20]);
        match peak.bytes() {
            // Other tests of this process take and give back memory meanwhile.
            Some(bytes) => assert!(bytes > filled.len() as u64, "{bytes}"),
            None => println!("SKIPPED a_peak_has_what_was_in_use: {RESET} cannot be written here"),
        }
        std::hint::black_box(&filled);
    }
}
