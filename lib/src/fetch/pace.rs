//! A body that comes, but so slowly that it never ends.

use std::fmt;
use std::io::{Error, Read, Result};
use std::time::{Duration, Instant};

/// Bytes a second, below which nobody would wait for a file of these sizes.
const SLOWEST: f64 = 1000.0;

/// Reads on while, in every stretch of `window` spent waiting, [`SLOWEST`] bytes a second
/// come.
pub(super) struct Paced<R> {
    body: R,
    window: Duration,
    waited: Duration,
    came: usize,
}

impl<R: Read> Paced<R> {
    pub(super) fn new(body: R, window: Duration) -> Paced<R> {
        Paced { body, window, waited: Duration::ZERO, came: 0 }
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let began = Instant::now();
        let count = self.body.read(buffer)?;
        self.waited += began.elapsed();
        self.came += count;
        if count == 0 || self.waited < self.window {
            return Ok(count);
        }
        if (self.came as f64) < SLOWEST * self.waited.as_secs_f64() {
            return Err(Error::other(Slow { came: self.came, waited: self.waited }));
        }
        (self.waited, self.came) = (Duration::ZERO, 0);
        Ok(count)
    }
}

/// Why reading ended.
#[derive(Debug)]
pub(super) struct Slow {
    came: usize,
    waited: Duration,
}

impl Slow {
    /// The one in an I/O error.
    pub(super) fn in_error(error: &Error) -> Option<&Slow> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} bytes came in {:.1} s", self.came, self.waited.as_secs_f64())
    }
}

impl std::error::Error for Slow {}
