//! What the system says of this process's memory, and whether what is asked for fits.
//!
//! What is there is the least of what the system has available, what the control groups
//! of a container leave, and what [`VARIABLE`] allows. Where nothing says, nothing is
//! refused.

use crate::{Error, Result};
use std::path::Path;

/// The environment variable that bounds the memory of this process: `2GB`, `750 MB`.
pub(crate) const VARIABLE: &str = "SEVENLINES_MEMORY";

/// Below this nothing is asked: asking takes longer than a small step.
const SMALL: u64 = 64 << 20;

/// The most resident memory so far, in bytes: since the start, or since the system was
/// told to count anew. Only Linux says so.
pub(crate) fn peak() -> Option<u64> {
    kibibytes(Path::new("/proc/self/status"), "VmHWM")
}

/// So many bytes as people read them: `1.2 GB`, `340 MB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        megabytes if megabytes >= 9950.0 => format!("{:.0} GB", megabytes / 1e3),
        megabytes if megabytes >= 999.5 => format!("{:.1} GB", megabytes / 1e3),
        megabytes if megabytes >= 9.95 => format!("{megabytes:.0} MB"),
        megabytes => format!("{megabytes:.1} MB"),
    }
}

/// What somebody asks for: `count` of something, each of which takes `each` bytes,
/// beside `fixed` bytes.
pub(crate) struct Need {
    /// For the message, with its number: "a batch size of 100000".
    pub what: String,
    /// What is counted, behind its number: "pictures".
    pub unit: &'static str,
    pub count: usize,
    pub each: u64,
    pub fixed: u64,
}

impl Need {
    /// # Errors
    /// [`Error::Memory`] with the number that would fit, if this does not; a
    /// [`VARIABLE`] that is no size.
    pub(crate) fn check(self) -> Result<()> {
        let needed = (self.count as u64).saturating_mul(self.each).saturating_add(self.fixed);
        if needed < SMALL {
            return Ok(());
        }
        match available(Path::new("/"))? {
            Some(available) if needed > available => {
                // Less by a tenth: a moment later less may be free.
                let fits = available.saturating_sub(self.fixed) / self.each.max(1) / 10 * 9;
                let fits = usize::try_from(fits).unwrap_or(usize::MAX).min(self.count.saturating_sub(1));
                Err(Error::Memory { what: self.what, needed, available, fits, unit: self.unit })
            }
            _ => Ok(()),
        }
    }
}

/// What this process may still take, in bytes. `root` is `/` but in tests.
fn available(root: &Path) -> Result<Option<u64>> {
    let system = kibibytes(&root.join("proc/meminfo"), "MemAvailable");
    let allowed = allowed(std::env::var(VARIABLE).ok().as_deref())?
        .map(|bytes| bytes.saturating_sub(own(root).unwrap_or(0)));
    Ok([system, groups(root), allowed].into_iter().flatten().min())
}

/// What this process holds that is no file's.
fn own(root: &Path) -> Option<u64> {
    let status = root.join("proc/self/status");
    kibibytes(&status, "RssAnon").or_else(|| kibibytes(&status, "VmRSS"))
}

/// What the control groups of this process leave, of both versions.
fn groups(root: &Path) -> Option<u64> {
    let list = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounted = root.join("sys/fs/cgroup");
    let of = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => left(&mounted, path, ["memory.max", "memory.current", "inactive_file"]),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                let files = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"];
                left(&mounted.join("memory"), path, files)
            }
            _ => None,
        }
    };
    list.lines().filter_map(of).min()
}

/// The least that a group or one around it leaves. A container often sees its own group
/// as the root, whatever its path says.
fn left(mounted: &Path, path: &str, [limit, usage, inactive]: [&str; 3]) -> Option<u64> {
    let number = |file: &Path| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let of = |folder: &Path| {
        let limit = number(&folder.join(limit))?;
        // Pages of files that nobody used for a while are given back when they are needed.
        let statistics = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let inactive = statistics.lines().find_map(|line| line.strip_prefix(inactive)?.trim().parse().ok());
        let used = number(&folder.join(usage))?.saturating_sub(inactive.unwrap_or(0));
        Some(limit.saturating_sub(used))
    };
    let group = mounted.join(path.trim_start_matches('/'));
    group.ancestors().take_while(|folder| folder.starts_with(mounted)).filter_map(of).min()
}

/// A line such as `MemAvailable:   22877312 kB`.
fn kibibytes(file: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// What [`VARIABLE`] says; nothing if it is not set.
fn allowed(value: Option<&str>) -> Result<Option<u64>> {
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return Ok(None) };
    let unit_at = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at(unit_at);
    let factor = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => Some(1.0),
        "K" | "KB" => Some(1e3),
        "KIB" => Some(1024.0),
        "M" | "MB" => Some(1e6),
        "MIB" => Some(1048576.0),
        "G" | "GB" => Some(1e9),
        "GIB" => Some(1073741824.0),
        _ => None,
    };
    match (number.parse::<f64>(), factor) {
        (Ok(number), Some(factor)) => Ok(Some((number * factor) as u64)),
        _ => Err(Error::Invalid(format!("{VARIABLE} is {value:?}, but must be a size such as 2GB or 750MB"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of the system's files: their paths and what they hold.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) =
        ("proc/meminfo", "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    800 kB\n");

    #[test]
    fn what_is_there_is_the_least_of_all_bounds() {
        let there = |files: &[(&str, &str)]| available(system(files).path()).unwrap();
        assert_eq!(there(&[]), None);
        assert_eq!(there(&[MEMINFO]), Some(800 * 1024));
        let second = ("proc/self/cgroup", "1:cpu:/\n0::/a/b\n");
        assert_eq!(there(&[MEMINFO, second, ("sys/fs/cgroup/a/b/memory.max", "max\n")]), Some(800 * 1024));
        let inner = ("sys/fs/cgroup/a/b/memory.max", "90000\n");
        let used = ("sys/fs/cgroup/a/b/memory.current", "50000\n");
        assert_eq!(there(&[MEMINFO, second, inner, used]), Some(40_000));
        let stat = ("sys/fs/cgroup/a/b/memory.stat", "anon 7\ninactive_file 30000\nactive_file 5\n");
        assert_eq!(there(&[MEMINFO, second, inner, used, stat]), Some(70_000));
        let around = ("sys/fs/cgroup/a/memory.max", "1000");
        let around_used = ("sys/fs/cgroup/a/memory.current", "900");
        assert_eq!(there(&[MEMINFO, second, inner, used, stat, around, around_used]), Some(100));
        // Seen from within a container: the path is not there, the root is the group.
        let root = ("sys/fs/cgroup/memory.max", "6000");
        let root_used = ("sys/fs/cgroup/memory.current", "7000");
        assert_eq!(there(&[MEMINFO, second, root, root_used]), Some(0));
        let first = ("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/c\n");
        let limit = ("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "5000");
        let usage = ("sys/fs/cgroup/memory/c/memory.usage_in_bytes", "4000");
        let stat = ("sys/fs/cgroup/memory/c/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
        assert_eq!(there(&[MEMINFO, first, limit, usage, stat]), Some(1500));
    }

    #[test]
    fn sizes_are_read_and_written_as_people_do() {
        let read = |text| allowed(Some(text)).unwrap();
        assert_eq!(
            [read("2GB"), read(" 1.5 gb "), read("750MB")],
            [2e9, 1.5e9, 7.5e8].map(|b| Some(b as u64))
        );
        assert_eq!([read("64"), read("1 GiB"), read("")], [Some(64), Some(1 << 30), None]);
        assert_eq!(allowed(None).unwrap(), None);
        for text in ["much", "2 lots", "GB", "-1GB", "1.2.3"] {
            let error = allowed(Some(text)).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && error.contains(text) && error.contains("2GB"), "{error}");
        }
        let written = [1_234_567, 340_000_000, 1_240_000_000, 24_000_000_000].map(size);
        assert_eq!(written, ["1.2 MB", "340 MB", "1.2 GB", "24 GB"]);
    }

    #[test]
    fn too_much_is_refused_with_what_would_fit() {
        let need =
            |count, each, fixed| Need { what: "a test".to_owned(), unit: "pictures", count, each, fixed };
        need(1000, 1000, 0).check().unwrap();
        let Ok(Some(there)) = available(Path::new("/")) else { return };
        let error = need(1 << 40, 1 << 20, 0).check().unwrap_err();
        let Error::Memory { fits, .. } = error else { panic!("{error}") };
        let near = (there >> 20) as f64 / fits as f64;
        assert!((0.5..2.0).contains(&near), "{fits} of {there} bytes: {error}");
        assert!(error.to_string().contains(&format!("{fits} pictures would fit")), "{error}");
        let error = need(2, 1, 1 << 60).check().unwrap_err().to_string();
        assert!(error.contains("free some"), "{error}");
    }
}
