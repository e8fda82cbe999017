//! What the times were taken on.

/// The processor's name, and what of its vector instructions matters here.
///
/// ```
/// assert!(!sevenlines::bench::processor().is_empty());
/// ```
pub fn processor() -> String {
    let name = value_in("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    match instructions() {
        sets if sets.is_empty() => name,
        sets => format!("{name} ({})", sets.join(", ")),
    }
}

/// The threads that decoding, the body and training share.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// The most memory that this process has had in use so far, in bytes; only Linux
/// says so.
pub fn peak_memory() -> Option<u64> {
    crate::memory::peak()
}

/// The first value of `key` in a file of lines `key : value`.
fn value_in(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let sets = [
        ("AVX2", is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")),
        ("AVX-512", is_x86_feature_detected!("avx512f")),
        ("AVX-512 bfloat16", is_x86_feature_detected!("avx512bf16")),
        ("AMX", value_in("/proc/cpuinfo", "flags").is_some_and(|flags| flags.contains("amx_tile"))),
    ];
    sets.into_iter().filter(|set| set.1).map(|set| set.0).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_grows_with_what_is_used() {
        let before = peak_memory().expect("Linux says so");
        // Not to be left out because nobody reads it.
        let filled = std::hint::black_box(vec![1u8; before as usize + (64 << 20)]);
        assert!(peak_memory().expect("Linux says so") > filled.len() as u64);
        std::hint::black_box(&filled);
    }
}
