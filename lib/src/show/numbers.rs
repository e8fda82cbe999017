//! Numbers and times as people read them.

/// About three significant digits: `0.0712`, `0.984`, `12.5`, `1600`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => value.to_string(),
        0.0 => "0".to_string(),
        _ if !(1e-4..1e6).contains(&size) => format!("{value:.1e}"),
        _ if size >= 99.95 => format!("{value:.0}"),
        _ if size >= 9.995 => format!("{value:.1}"),
        _ if size >= 0.9995 => format!("{value:.2}"),
        _ if size >= 0.09995 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// `4 s`, `1 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    // Longer than anyone waits, and within u64.
    let seconds = seconds.clamp(0.0, 1e9).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Time that has passed: `12 ms`, `2.1 s`, then as [`duration`].
pub(crate) fn elapsed(seconds: f64) -> String {
    match seconds {
        _ if seconds < 0.0995 => format!("{:.0} ms", seconds.max(0.0) * 1e3),
        _ if seconds < 59.95 => format!("{seconds:.1} s"),
        _ => duration(seconds.round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_suffice() {
        let cases = [
            (0.0, "0"),
            (0.07123, "0.0712"),
            (0.98444, "0.984"),
            (0.99999, "1.00"),
            (1.0, "1.00"),
            (12.46, "12.5"),
            (1600.4, "1600"),
            (0.000_012, "1.2e-5"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn times_are_in_two_units_at_most() {
        assert_eq!(duration(1.2), "2 s");
        assert_eq!(duration(80.0), "1 min 20 s");
        assert_eq!(duration(7_500.0), "2 h 5 min");
        assert_eq!(duration(f64::INFINITY), "277777 h 46 min");
    }

    #[test]
    fn short_times_are_finer_when_they_have_passed() {
        let texts = [0.0, 0.0124, 0.0996, 2.06, 59.96, 80.4].map(elapsed);
        assert_eq!(texts, ["0 ms", "12 ms", "0.1 s", "2.1 s", "1 min 0 s", "1 min 20 s"]);
    }
}
