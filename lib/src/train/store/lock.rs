//! Who may use the store's file now: many readers or one writer, among all processes.
//!
//! The lock is the system's, on a file of its own: it ends with the process that holds
//! it, however that ends, and stays when the store's file is replaced.

use super::trouble::Trouble;
use crate::interrupt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// The file that is locked, in the store's folder.
pub(super) const NAME: &str = "lock";

/// How long to sleep between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// The right to use the store's file, for as long as it lives.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it would do, were there not a copy in a process that is just being started.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Beside other readers.
    pub(super) fn shared(folder: &Path, wait: Duration) -> Result<Lock, Trouble> {
        Lock::acquire(folder, wait, File::try_lock_shared)
    }

    /// Alone.
    pub(super) fn exclusive(folder: &Path, wait: Duration) -> Result<Lock, Trouble> {
        Lock::acquire(folder, wait, File::try_lock)
    }

    fn acquire(
        folder: &Path,
        wait: Duration,
        attempt: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Lock, Trouble> {
        let path = folder.join(NAME);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        // Where nothing can be written there may still be something to read.
        let file = options.or_else(|error| File::open(&path).map_err(|_| error));
        let file = file.map_err(|error| Trouble::io(&path, &error))?;
        let began = Instant::now();
        loop {
            match attempt(&file) {
                Ok(()) => return Ok(Lock { file }),
                Err(TryLockError::Error(error)) => return Err(Trouble::io(&path, &error)),
                Err(TryLockError::WouldBlock) => (),
            }
            if began.elapsed() >= wait || interrupt::is_requested() {
                return Err(Trouble::Busy);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_read_or_one_writes() {
        let folder = tempfile::tempdir().unwrap();
        let none = Duration::ZERO;
        let readers = [Lock::shared(folder.path(), none), Lock::shared(folder.path(), none)];
        assert!(readers.iter().all(Result::is_ok));
        assert!(matches!(Lock::exclusive(folder.path(), none), Err(Trouble::Busy)));
        drop(readers);
        let writer = Lock::exclusive(folder.path(), none);
        assert!(writer.is_ok());
        assert!(matches!(Lock::shared(folder.path(), none), Err(Trouble::Busy)));
    }

    #[test]
    fn waiting_ends_when_the_other_does() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Lock::exclusive(folder.path(), Duration::ZERO).ok().unwrap();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            drop(writer);
        });
        assert!(Lock::shared(folder.path(), Duration::from_secs(60)).is_ok());
        other.join().unwrap();
    }
}
