//! What stands before the ZeroMQ sockets: it lets bytes through that can be theirs.
//!
//! The ports are open to every program of this machine, and ZeroMQ reads before
//! Jupyter's signature is checked. It believes a frame that says how long it is and
//! makes room, however long that is; it waits for ever for a greeting, and keeps as
//! many connections as come. Here frames, messages, connections and the time for a
//! greeting have a bound. The sockets themselves lie in a folder that is the user's
//! alone.

use super::refusals::Refusals;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter,
};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// What every greeting begins with: ten bytes, of which these two are fixed.
const SIGNATURE: usize = 10;
const FIRST: u8 = 0xff;
const LAST: u8 = 0x7f;
/// The whole greeting.
const GREETING: usize = 64;
/// A client greets at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many that have not greeted yet; the next one takes the oldest one's place.
const STRANGERS: usize = 16;
/// So many that have; with five ports and three descriptors each, these stay below
/// what a system usually allows a process.
const CLIENTS: usize = 48;
/// A message's frames: Jupyter's are six, and one for each buffer.
const FRAMES: u64 = 1000;
const BUFFER: usize = 1 << 16;

// A frame's flags.
const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// How much a port takes, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One message.
    pub message: u64,
    /// One connection, in all.
    pub total: u64,
}

impl Limits {
    /// For ports that take requests. Jupyter's server lets 10 MB through.
    pub const REQUESTS: Limits = Limits { message: 32 << 20, total: u64::MAX };
    /// For the port that asks whether the kernel lives.
    pub const HEARTBEAT: Limits = Limits { message: 1 << 10, total: u64::MAX };
    /// For the port that publishes: subscriptions, which are kept.
    pub const SUBSCRIPTIONS: Limits = Limits { message: 1 << 10, total: 1 << 16 };
}

/// One port.
#[derive(Debug)]
pub struct Gate {
    /// The channel's name.
    pub channel: &'static str,
    /// How much it takes.
    pub limits: Limits,
    /// The socket behind it.
    pub behind: PathBuf,
    /// Who is connected.
    pub clients: Clients,
    /// Where it is told what was refused.
    pub refusals: Refusals,
}

/// The clients of a port, by their own ports.
#[derive(Debug, Clone, Default)]
pub struct Clients(Arc<Mutex<HashMap<u16, AbortHandle>>>);

impl Clients {
    /// Closes a client's connection, and forgets what it has not taken yet.
    pub fn close(&self, port: u16) {
        if let Some(client) = self.all().remove(&port) {
            client.abort();
        }
    }

    fn add(&self, port: u16, client: AbortHandle) {
        let mut all = self.all();
        all.retain(|_, client| !client.is_finished());
        all.insert(port, client);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<u16, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a connection that has greeted becomes a client.
struct Door {
    places: Arc<Semaphore>,
    /// Whether it has.
    known: Arc<AtomicBool>,
}

impl Door {
    /// The client's place, for as long as it stays. Who only begins to greet takes none.
    fn enter(self) -> Result<OwnedSemaphorePermit, End> {
        let place = self.places.try_acquire_owned();
        self.known.store(true, Ordering::Relaxed);
        place.or_else(|_| refused(format!("a client: {CLIENTS} are connected")))
    }
}

/// Why a connection ended.
enum End {
    Closed,
    Refused(String),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Closed
    }
}

fn refused<T>(reason: impl Into<String>) -> Result<T, End> {
    Err(End::Refused(reason.into()))
}

impl Gate {
    /// Opens the port. Call it within the runtime.
    pub async fn open(self, address: SocketAddr) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        tokio::spawn(Arc::new(self).accept(listener));
        Ok(())
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CLIENTS));
        let mut strangers: VecDeque<(AbortHandle, Arc<AtomicBool>)> = VecDeque::new();
        loop {
            let (stream, client) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.refusals.note(self.channel, error);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            strangers.retain(|(task, known)| !task.is_finished() && !known.load(Ordering::Relaxed));
            if strangers.len() >= STRANGERS
                && let Some((oldest, _)) = strangers.pop_front()
            {
                oldest.abort();
                self.refusals.note(self.channel, "a connection that does not greet, one of many");
            }
            let known = Arc::new(AtomicBool::new(false));
            let door = Door { places: places.clone(), known: known.clone() };
            let gate = self.clone();
            let task = tokio::spawn(async move {
                if let Err(End::Refused(reason)) = gate.greet(stream, door).await {
                    gate.refusals.note(gate.channel, reason);
                }
            });
            self.clients.add(client.port(), task.abort_handle());
            strangers.push_back((task.abort_handle(), known));
        }
    }

    /// Waits for the first bytes, and lets a client in that sends the right ones.
    async fn greet(&self, mut stream: TcpStream, door: Door) -> Result<(), End> {
        let mut signature = [0; SIGNATURE];
        match timeout(PATIENCE, stream.read_exact(&mut signature)).await {
            Ok(Ok(_)) if signature[0] == FIRST && signature[SIGNATURE - 1] == LAST => {}
            Ok(Ok(_)) => return refused("a connection that does not speak ZeroMQ"),
            Ok(Err(_)) => return refused("a connection that was closed again"),
            Err(_) => return refused("a connection that sends nothing"),
        }
        self.pass(stream, &signature, door).await
    }

    /// Lets a client's bytes through until one side is closed.
    async fn pass(&self, stream: TcpStream, signature: &[u8], door: Door) -> Result<(), End> {
        let _ = stream.set_nodelay(true);
        let socket = UnixStream::connect(&self.behind).await?;
        let (from_client, mut to_client) = stream.into_split();
        let (from_socket, mut to_socket) = socket.into_split();
        to_socket.write_all(signature).await?;
        let outward = async move {
            tokio::io::copy_buf(&mut BufReader::with_capacity(BUFFER, from_socket), &mut to_client).await?;
            Ok::<(), End>(())
        };
        let inward = self.inward(
            BufReader::with_capacity(BUFFER, from_client),
            BufWriter::with_capacity(BUFFER, to_socket),
            door,
        );
        tokio::select! {
            end = inward => end,
            end = outward => end,
        }
    }

    async fn inward(
        &self,
        mut from: impl AsyncBufRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        door: Door,
    ) -> Result<(), End> {
        let mut passed = Passed::default();
        let handshake = async {
            copy(&mut from, &mut to, (GREETING - SIGNATURE) as u64).await?;
            to.flush().await?;
            // The client says what it is.
            self.frame(&mut from, &mut to, &mut passed).await
        };
        match timeout(PATIENCE, handshake).await {
            Ok(done) => done?,
            Err(_) => return refused("a connection that does not finish its greeting"),
        }
        let _place = door.enter()?;
        loop {
            self.frame(&mut from, &mut to, &mut passed).await?;
        }
    }

    /// Lets one frame through.
    async fn frame(
        &self,
        from: &mut (impl AsyncBufRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        passed: &mut Passed,
    ) -> Result<(), End> {
        let flags = from.read_u8().await?;
        if flags & !(MORE | LONG | COMMAND) != 0 {
            return refused("a frame that is none of ZeroMQ's");
        }
        let length = match flags & LONG {
            0 => u64::from(from.read_u8().await?),
            _ => from.read_u64().await?,
        };
        passed.frame(length, flags & MORE != 0, &self.limits).map_err(End::Refused)?;
        to.write_u8(flags).await?;
        match flags & LONG {
            0 => to.write_u8(length as u8).await?,
            _ => to.write_u64(length).await?,
        }
        copy(from, to, length).await?;
        Ok(to.flush().await?)
    }
}

/// What has come of a message, and of a connection.
#[derive(Debug, Default)]
struct Passed {
    frames: u64,
    message: u64,
    total: u64,
}

impl Passed {
    /// Counts a frame, before it is read.
    fn frame(&mut self, length: u64, more: bool, limits: &Limits) -> Result<(), String> {
        self.frames += 1;
        self.message = self.message.saturating_add(length);
        self.total = self.total.saturating_add(length);
        if self.frames > FRAMES {
            return Err(format!("a message of more than {FRAMES} frames"));
        }
        if self.message > limits.message {
            return Err(format!("a message of {} bytes; {} are the most", self.message, limits.message));
        }
        if self.total > limits.total {
            return Err(format!("a client that sends more than {} bytes", limits.total));
        }
        if !more {
            (self.frames, self.message) = (0, 0);
        }
        Ok(())
    }
}

/// Copies so many bytes; it is an error if there are fewer.
async fn copy(
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut length: u64,
) -> io::Result<()> {
    while length > 0 {
        let piece = from.fill_buf().await?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = piece.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        to.write_all(&piece[..count]).await?;
        from.consume(count);
        length -= count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(frames: &[(u64, bool)], limits: Limits) -> Result<(), String> {
        let mut passed = Passed::default();
        frames.iter().try_for_each(|(length, more)| passed.frame(*length, *more, &limits))
    }

    #[test]
    fn a_message_has_a_bound_whatever_its_frames_say() {
        let limits = Limits { message: 100, total: 250 };
        assert_eq!(count(&[(60, true), (40, false), (100, false)], limits), Ok(()));
        assert!(count(&[(60, true), (41, false)], limits).is_err_and(|reason| reason.contains("101 bytes")));
        assert!(count(&[(60, true), (u64::MAX, true)], limits).is_err());
        assert!(count(&[(100, false); 3], limits).is_err_and(|reason| reason.contains("more than 250")));
        assert_eq!(count(&[(0, false); 3000], limits), Ok(()));
        assert!(count(&[(0, true); 3000], limits).is_err_and(|reason| reason.contains("frames")));
    }
}
