//! Whether and where features are kept on disk, and how many: `SEVENLINES_FEATURES`,
//! and what a builder was told.

use super::disk::Disk;
use crate::home;
use std::path::PathBuf;

/// The environment variable: `off`, or how many bytes the store may take.
pub(super) const VARIABLE: &str = "SEVENLINES_FEATURES";

/// The most that the store takes on disk unless told otherwise: some 400,000 pictures'
/// pooled pool5.
const LIMIT: u64 = 2_000_000_000;

/// What a builder was told of keeping features.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keep {
    /// Whether on disk at all; as the environment says unless given.
    pub(crate) on_disk: Option<bool>,
    /// Where; [`home::features`] unless given.
    pub(crate) folder: Option<PathBuf>,
}

impl Keep {
    pub(super) fn disk(self) -> Option<Disk> {
        let limit = limit();
        let on = self.on_disk.unwrap_or(limit > 0);
        on.then(|| {
            Disk::new(self.folder.unwrap_or_else(home::features), if limit > 0 { limit } else { LIMIT })
        })
    }
}

/// The user's store, though it may be off.
pub(super) fn own() -> Disk {
    Disk::new(home::features(), limit())
}

/// The most that the store takes on disk, in bytes; 0 where it is off.
pub(super) fn limit() -> u64 {
    let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) else { return LIMIT };
    let text = value.to_string_lossy();
    parse(&text).unwrap_or_else(|| {
        super::say_once(&format!(
            "{VARIABLE} is {text:?}, but must be `off` or a size such as 500MB; {} is taken.",
            size(LIMIT)
        ));
        LIMIT
    })
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    if matches!(text.as_str(), "off" | "no" | "none" | "false") {
        return Some(0);
    }
    let unit = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..unit].trim().parse().ok().filter(|number: &f64| *number >= 0.0)?;
    let factor = match &text[unit..] {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        _ => return None,
    };
    Some((number * factor) as u64)
}

/// A size as people say it: `12 kB`, `59 MB`, `1.4 GB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_understood() {
        let cases = [
            ("off", Some(0)),
            ("0", Some(0)),
            ("1500000", Some(1_500_000)),
            ("500MB", Some(500_000_000)),
            (" 1.5 gb ", Some(1_500_000_000)),
            ("2G", Some(2_000_000_000)),
            ("many", None),
            ("-3 MB", None),
            ("3 pounds", None),
            ("nan", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text), bytes, "{text}");
        }
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!([size(0), size(1), size(7_340_032), size(LIMIT)], ["0 kB", "1 kB", "7 MB", "2.0 GB"]);
    }
}
