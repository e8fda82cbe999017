//! Messages that came before: a signature vouches for a message, not for how often
//! it was sent.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// So many signatures are remembered; each client's message has its own, since its
/// identity and date are signed.
const REMEMBERED: usize = 1 << 16;
/// As much of a signature as nobody finds twice, in bytes of its text.
const LENGTH: usize = 32;

/// The signatures of the last messages, on all channels.
#[derive(Debug, Default)]
pub struct Replays(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: HashSet<[u8; LENGTH]>,
    order: VecDeque<[u8; LENGTH]>,
}

impl Replays {
    /// Whether a message with this signature, which was found right, is the first.
    pub fn is_new(&self, signature: &[u8]) -> bool {
        let Some(start) = signature.first_chunk::<LENGTH>() else { return false };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.known.insert(*start) {
            return false;
        }
        state.order.push_back(*start);
        if state.order.len() > REMEMBERED
            && let Some(oldest) = state.order.pop_front()
        {
            state.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_once_and_memory_is_bounded() {
        let replays = Replays::default();
        let signature = |i: usize| format!("{i:064x}").chars().rev().collect::<String>();
        assert!(replays.is_new(signature(0).as_bytes()));
        assert!(!replays.is_new(signature(0).as_bytes()));
        for i in 1..=REMEMBERED {
            assert!(replays.is_new(signature(i).as_bytes()), "{i}");
        }
        assert_eq!(replays.0.lock().unwrap().order.len(), REMEMBERED);
        assert_eq!(replays.0.lock().unwrap().known.len(), REMEMBERED);
        assert!(!replays.is_new(signature(REMEMBERED).as_bytes()));
        assert!(!replays.is_new(b"short"));
    }
}
