//! Output goes out no faster than its clients take it.
//!
//! The socket itself never waits: it keeps a queue of 100,000 messages for each
//! client, however large they are, and drops what comes then. How much it keeps it
//! does not say, but the system tells what a connection has not taken yet: as long as
//! there is any, the socket has more.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// So many bytes go out between two looks at the clients.
const WINDOW: usize = 8 << 20;
/// The time between two looks at a client that is behind.
const PAUSE: Duration = Duration::from_millis(2);
/// A client that takes nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many bytes more are kept for it, then it is dropped.
const KEPT: usize = 64 << 20;
/// How `/proc/net/tcp` writes that a connection stands.
const ESTABLISHED: &str = "01";

/// What connections have not taken: bytes by the client's port.
type Behind = HashMap<u16, u64>;

/// The pace of one socket.
#[derive(Debug)]
pub struct Pace {
    port: u16,
    sent: usize,
    patience: Duration,
    asleep: HashMap<u16, Asleep>,
}

/// A client that is not waited for.
#[derive(Debug)]
struct Asleep {
    /// What it had not taken when it was given up.
    behind: u64,
    /// What was sent since.
    kept: usize,
    /// It was dropped, and its connection ends once it has taken what was kept.
    dropped: bool,
}

impl Pace {
    /// The pace of what goes out at this port of TCP.
    pub fn new(port: u16) -> Pace {
        Pace { port, sent: 0, patience: PATIENCE, asleep: HashMap::new() }
    }

    /// So many bytes were sent: waits until the clients have nearly all that was.
    /// Names the ports of those that are to be dropped.
    pub async fn sent(&mut self, bytes: usize) -> Vec<u16> {
        self.sent += bytes;
        if self.sent < WINDOW {
            return Vec::new();
        }
        let sent = std::mem::take(&mut self.sent);
        self.asleep.values_mut().for_each(|client| client.kept += sent);
        let mut last = Behind::new();
        let mut since = Instant::now();
        loop {
            let behind = self.awake(behind(self.port));
            if behind.is_empty() {
                break;
            }
            if behind != last {
                (last, since) = (behind, Instant::now());
            } else if since.elapsed() > self.patience {
                let asleep = |(port, behind)| (port, Asleep { behind, kept: 0, dropped: false });
                self.asleep.extend(behind.into_iter().map(asleep));
                break;
            }
            sleep(PAUSE).await;
        }
        let too_far = self.asleep.iter_mut().filter(|(_, client)| client.kept > KEPT && !client.dropped);
        too_far
            .map(|(port, client)| {
                client.dropped = true;
                *port
            })
            .collect()
    }

    /// Those that are worth waiting for. A client that was given up is one again when
    /// it takes something.
    fn awake(&mut self, mut behind: Behind) -> Behind {
        self.asleep.retain(|client, asleep| behind.get(client) == Some(&asleep.behind));
        behind.retain(|client, _| !self.asleep.contains_key(client));
        behind
    }
}

/// The clients of this port that have not taken all.
fn behind(port: u16) -> Behind {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).filter_map(|line| client(line, port)).collect()
}

/// Reads a line such as `0: 0100007F:0016 0100007F:D431 01 00000024:00000000 …`: the
/// local and the other address, the state, the bytes to be sent and received.
fn client(line: &str, port: u16) -> Option<(u16, u64)> {
    let fields: Vec<&str> = line.split_whitespace().take(5).collect();
    let [_, local, client, state, queues] = fields[..] else { return None };
    let at = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
    let bytes = u64::from_str_radix(queues.split_once(':')?.0, 16).ok()?;
    let ours = at(local)? == port && state == ESTABLISHED && bytes > 0;
    if ours { Some((at(client)?, bytes)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use tokio::net::TcpSocket;

    #[test]
    fn a_line_names_a_client_that_is_behind() {
        let line = |state: &str, bytes: &str| {
            format!(
                "   0: 0100007F:0016 0100007F:D431 {state} {bytes}:00000000 01:00000014 00000000     0        0 1 4"
            )
        };
        let found = Some((0xD431, 0x24));
        assert_eq!(client(&line("01", "00000024"), 22), found);
        assert_eq!(client(&line("01", "00000024"), 23), None);
        assert_eq!(client(&line("01", "00000000"), 22), None);
        assert_eq!(client(&line("06", "00000024"), 22), None);
        assert_eq!(client("  sl  local_address rem_address   st tx_queue rx_queue", 22), None);
    }

    /// A client for which the system takes little: its buffer could grow as it is read, and
    /// take all at once.
    async fn small(address: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1 << 16).unwrap();
        let client = socket.connect(address).await.unwrap().into_std().unwrap();
        client.set_nonblocking(false).unwrap();
        client
    }

    #[test]
    fn what_a_client_has_not_taken_is_waited_for_but_not_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut client = runtime.block_on(small(listener.local_addr().unwrap()));
        let (mut ours, _) = listener.accept().unwrap();
        ours.set_nonblocking(true).unwrap();
        let piece = vec![1; 1 << 16];
        let mut written = 0;
        while let Ok(n) = ours.write(&piece) {
            written += n;
        }
        // So long that a machine which is busy elsewhere does not look like waiting.
        let patience = Duration::from_secs(2);
        let mut pace = Pace { patience, ..Pace::new(port) };
        let mut waits = |bytes: usize| {
            let begun = Instant::now();
            let dropped = runtime.block_on(pace.sent(bytes));
            (begun.elapsed() >= patience, dropped)
        };
        let (waited, went) = ((true, Vec::new()), (false, Vec::new()));
        assert_eq!(waits(WINDOW - 1), went);
        assert_eq!(waits(1), waited);
        assert_eq!(waits(WINDOW), went, "it was given up");
        let (before, taken) = (behind(port), written / 4);
        client.read_exact(&mut vec![0; taken]).unwrap();
        // The system hears of it a little later.
        while behind(port) == before {
            std::thread::yield_now();
        }
        assert_eq!(waits(WINDOW), waited, "it takes something again");
        assert_eq!(waits(KEPT), went);
        assert_eq!(waits(WINDOW), (false, vec![client.local_addr().unwrap().port()]), "so much is not kept");
        assert_eq!(waits(2 * KEPT), went, "it is dropped once");
        client.read_exact(&mut vec![0; written - taken]).unwrap();
        while !behind(port).is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(waits(KEPT + WINDOW), went);
        assert!(pace.asleep.is_empty());
    }
}
