//! Processes killed at random moments: what was whole stays whole, the next start works,
//! and nothing piles up. The work is that of [`work`](crate::work).

mod files;
mod fit;
mod store;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};

/// Of the moments.
const SEED: u64 = 7;

/// A process that was killed, or ended before.
pub struct Ended {
    /// What it had printed.
    pub said: Vec<String>,
    pub was_killed: bool,
    /// From its line `begin` to its end.
    pub time: Duration,
}

impl Ended {
    /// What follows `word` in the last line that begins with it.
    pub fn number(&self, word: &str) -> Option<usize> {
        let line = self.said.iter().rev().find_map(|line| line.strip_prefix(word))?;
        line.trim().split([' ', '/']).next()?.parse().ok()
    }
}

/// Starts a process, waits until it says `begin`, and kills it so much later; lets it end
/// by itself without a moment.
#[track_caller]
pub fn run(command: &mut Command, kill_after: Option<Duration>) -> Ended {
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let mut said = Vec::new();
    while said.last().is_none_or(|line: &String| !line.ends_with("begin")) {
        match lines.next() {
            Some(line) => said.push(line.expect("it writes text")),
            None => panic!("it ended before it began: {said:?}"),
        }
    }
    let began = Instant::now();
    let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    if let Some(wait) = kill_after {
        std::thread::sleep(wait);
        child.kill().expect("it can be killed");
    }
    let status = child.wait().expect("it ends");
    let time = began.elapsed();
    said.extend(rest.join().expect("its output is read"));
    let was_killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
    assert!(was_killed || status.success(), "it failed by itself: {said:?}");
    Ended { said, was_killed, time }
}

/// So many moments, one at random in each equal part of `whole`.
pub fn moments(count: usize, whole: Duration) -> Vec<Duration> {
    println!("{count} moments within {whole:.1?}, seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    (0..count).map(|n| whole.mul_f64((n as f64 + rng.random::<f64>()) / count as f64)).collect()
}
