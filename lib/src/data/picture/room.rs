//! How much memory the pictures that are being decoded may take together: however many
//! threads there are, only so many large pictures are begun.
//!
//! Whoever waits here waits for threads that decode, and those wait for nothing: so a
//! pool's threads may wait too.

use super::cost::MOST;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// All that are decoded at a time, in bytes.
const TOGETHER: u64 = 2 * MOST;

static ROOM: Hall = Hall { taken: Mutex::new(0), left: Condvar::new() };

struct Hall {
    taken: Mutex<u64>,
    left: Condvar,
}

/// Room for one picture, until it is dropped.
pub(super) struct Room {
    hall: &'static Hall,
    bytes: u64,
}

/// Waits until there is room for so many bytes, at most [`MOST`]. To be asked for by a
/// thread that holds none.
pub(super) fn take(bytes: u64) -> Room {
    ROOM.take(bytes)
}

impl Hall {
    fn take(&'static self, bytes: u64) -> Room {
        let full = |taken: &mut u64| *taken + bytes > TOGETHER && *taken > 0;
        let mut taken = self.left.wait_while(self.taken(), full).unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
        Room { hall: self, bytes }
    }

    fn taken(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *self.hall.taken() -= self.bytes;
        self.hall.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::{Condvar, Hall, MOST, Mutex, TOGETHER};
    use std::sync::atomic::{AtomicU64, Ordering};

    static HALL: Hall = Hall { taken: Mutex::new(0), left: Condvar::new() };

    #[test]
    fn all_get_room_and_never_more_than_there_is() {
        let (together, highest) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..16u64 {
                let (together, highest) = (&together, &highest);
                scope.spawn(move || {
                    for turn in 0..50 {
                        let bytes = MOST / (1 + (thread + turn) % 5);
                        let room = HALL.take(bytes);
                        let now = together.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        highest.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        together.fetch_sub(bytes, Ordering::SeqCst);
                        drop(room);
                    }
                });
            }
        });
        let highest = highest.into_inner();
        assert!(highest <= TOGETHER, "{highest} bytes at once");
        assert!(highest > MOST, "more than one picture is decoded at once: {highest}");
        assert_eq!(*HALL.taken(), 0);
    }
}
