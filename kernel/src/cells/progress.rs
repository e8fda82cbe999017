//! What the notebook sees while cargo builds a crate that `:dep` named: one line
//! that changes in place.

use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Instant;

/// The socket, seen from evcxr's folder, on which the kernel takes operations.
pub const SOCKET: &str = "../progress";

/// A build under way.
#[derive(Debug)]
pub struct Progress {
    begun: Instant,
    crates: usize,
    kernel: Option<UnixStream>,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { begun: Instant::now(), crates: 0, kernel: None }
    }
}

impl Progress {
    /// Takes a line of cargo's.
    pub fn line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (verb, name, version) = (words.next(), words.next(), words.next());
        let text = match (verb, name, version) {
            (Some("Compiling"), Some(name), _) if name == super::CELL_CRATE => return,
            (Some("Compiling"), Some(name), Some(version)) => {
                self.crates += 1;
                format!("compiling {name} {version} (crate {})", self.crates)
            }
            (Some("Downloading" | "Updating" | "Blocking"), ..) => line.trim().to_lowercase(),
            _ => return,
        };
        self.show(&text);
    }

    /// The build has ended.
    pub fn end(&mut self, well: bool) {
        if self.kernel.is_none() {
            return;
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        let crates = if self.crates == 1 { "1 crate".into() } else { format!("{} crates", self.crates) };
        self.show(&match well {
            true => format!("compiled {crates} in {seconds:.1} s"),
            false => format!("stopped at crate {} after {seconds:.1} s", self.crates),
        });
    }

    fn show(&mut self, text: &str) {
        let id = format!("sevenlines-build-{}", std::process::id());
        let op = if self.kernel.is_some() { "update" } else { "display" };
        let operation = json!({ "op": op, "id": id, "data": { "text/plain": text } });
        if self.kernel.is_none() {
            self.kernel = UnixStream::connect(SOCKET).ok();
        }
        // Under another kernel nobody listens.
        if let Some(kernel) = &mut self.kernel {
            let _ = send(kernel, &operation);
        }
    }
}

fn send(kernel: &mut UnixStream, operation: &Value) -> std::io::Result<()> {
    kernel.write_all(format!("{operation}\n").as_bytes())
}
