//! The locks of the setup and of the prepared build.
//!
//! A lock is the system's: it ends with the process that holds it, however that ends. The
//! programs that this process starts hold it too, so that a cargo or a pip which outlives
//! a killed setup is not met by a second one in the same folder.

use crate::error::{Error, Result};
use rustix::io::{FdFlags, fcntl_setfd};
use sevenlines::interrupt::check_interrupt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often it is looked whether the other has let go.
const LOOK: Duration = Duration::from_millis(100);

/// Opens a file to lock, made if it is not there.
pub fn file(path: &Path) -> Result<File> {
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    let file = file.map_err(Error::io("open", path))?;
    // Without the flag that closes it in programs started from here.
    fcntl_setfd(&file, FdFlags::empty()).map_err(|error| Error::io("open", path)(error.into()))?;
    Ok(file)
}

/// Locks a file once nobody else holds it; `waits` is called if somebody does. Stop ends
/// the wait.
pub fn alone(path: &Path, waits: impl FnOnce()) -> Result<File> {
    let file = file(path)?;
    let mut waits = Some(waits);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
            Err(TryLockError::WouldBlock) => {}
        }
        if let Some(waits) = waits.take() {
            waits();
        }
        std::thread::sleep(LOOK);
        check_interrupt()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_program_that_outlives_its_parent_holds_the_lock() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("lock");
        let first = file(&path).expect("opens");
        first.try_lock().expect("locks");
        let mut program = Command::new("cat").stdin(Stdio::piped()).spawn().expect("starts");
        // As when the process that started it is gone.
        drop(first);
        let second = file(&path).expect("opens");
        assert!(second.try_lock().is_err());
        drop(program.stdin.take());
        program.wait().expect("ends");
        second.lock().expect("locks");
    }
}
