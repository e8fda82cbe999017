//! Times and sizes as people say them.

use std::time::Duration;

/// A time that was measured: `0.4 s`, `12.3 s`, `3 min 12 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole if whole >= 60 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A time that is expected, no finer than it can be known: `a few seconds`,
/// `about 40 s`, `about 5 min`.
pub fn about(seconds: f64) -> String {
    match seconds {
        few if few < 7.5 => "a few seconds".to_owned(),
        some if some < 57.5 => format!("about {:.0} s", (some / 5.0).round() * 5.0),
        long => format!("about {:.0} min", (long / 60.0).round().max(1.0)),
    }
}

/// A size: `59 MB`, `1.4 GB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{} kB", count.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(192)), "3 min 12 s");
        assert_eq!(bytes(58_900_000), "58 MB");
        assert_eq!(bytes(1_400_000_000), "1.4 GB");
        assert_eq!(bytes(1), "1 kB");
    }

    #[test]
    fn expected_times_are_round() {
        assert_eq!(about(0.2), "a few seconds");
        assert_eq!(about(38.0), "about 40 s");
        assert_eq!(about(58.0), "about 1 min");
        assert_eq!(about(299.0), "about 5 min");
    }
}
