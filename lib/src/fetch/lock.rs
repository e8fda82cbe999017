//! One process at a time fetches a file; another that wants it too waits and then has it.
//!
//! The lock is the system's: it ends with the process that holds it, however that ends.

use crate::{Error, Result, interrupt};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to sleep between two attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// Longer than the largest file takes to come over a slow line.
const PATIENCE: Duration = Duration::from_secs(3 * 60 * 60);

/// Does `work` while no other process does any for the same `file`. `work` is told whether
/// it had to wait: the other may have made the file.
pub(super) fn alone<T>(file: &Path, work: impl FnOnce(bool) -> Result<T>) -> Result<T> {
    let (lock, waited) = Lock::take(file)?;
    let done = work(waited);
    drop(lock);
    done
}

/// A locked file of its own, beside the one that is fetched.
struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    fn take(wanted: &Path) -> Result<(Lock, bool)> {
        let folder = wanted.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let name = wanted.file_name().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!(".{name}.lock"));
        let began = Instant::now();
        let mut waited = false;
        loop {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).open(&path);
            let file = file.map_err(Error::io("write", &path))?;
            match file.try_lock() {
                // The one before removes the file: what is locked then is nobody's any more.
                Ok(()) if !is_at(&file, &path) => continue,
                // A disk without locks is no reason to fail.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok((Lock { path, file }, waited)),
                Err(TryLockError::WouldBlock) => waited = true,
            }
            if began.elapsed() > PATIENCE {
                let hours = PATIENCE.as_secs() / 3600;
                return Err(Error::Invalid(format!(
                    "another program has been fetching {} for {hours} hours; stop it, or try again later",
                    wanted.display()
                )));
            }
            interrupt::check_interrupt()?;
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is locked, so that nobody can have locked it in between.
        #[cfg(unix)]
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// Whether the open file is still the one that has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |about: std::fs::Metadata| (about.dev(), about.ino());
    let (open, named) = (file.metadata().map(identity), std::fs::metadata(path).map(identity));
    matches!((open, named), (Ok(open), Ok(named)) if open == named)
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn one_at_a_time_and_no_lock_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deeper/file");
        let (now, most, waited) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let work = |had_to| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(PAUSE);
                        now.fetch_sub(1, Ordering::SeqCst);
                        waited.fetch_add(usize::from(had_to), Ordering::SeqCst);
                        Ok(())
                    };
                    alone(&file, work).unwrap();
                });
            }
        });
        assert_eq!((most.into_inner(), waited.into_inner()), (1, 3));
        assert_eq!(std::fs::read_dir(folder.path().join("deeper")).unwrap().count(), 0);
    }
}
