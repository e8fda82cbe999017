//! Messages on their way out: one queue for each socket, emptied by a task of its
//! own, so that a client that does not read holds up nobody else.

use super::gate::Clients;
use super::pace::Pace;
use jupyter_protocol::{JupyterMessage, JupyterMessageContent};
use jupyter_zmq_client::{KernelIoPubConnection, RouterSendConnection};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long one reply may take before it is given up: the clients behind it wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to the clients of one socket.
#[derive(Debug, Clone)]
pub struct Outgoing(UnboundedSender<Parcel>);

#[derive(Debug)]
struct Parcel {
    message: JupyterMessage,
    /// Hears whether the message was written.
    written: Option<oneshot::Sender<bool>>,
}

impl Outgoing {
    /// Messages go to `socket`. Call it within the runtime.
    pub fn new(mut socket: RouterSendConnection) -> Outgoing {
        let (queue, mut parcels) = unbounded_channel::<Parcel>();
        tokio::spawn(async move {
            while let Some(Parcel { message, written }) = parcels.recv().await {
                let sent = timeout(PATIENCE, socket.send(message)).await;
                if let Some(written) = written {
                    let _ = written.send(matches!(sent, Ok(Ok(()))));
                }
            }
        });
        Outgoing(queue)
    }

    /// Sends a message, without waiting.
    pub fn send(&self, message: JupyterMessage) {
        let _ = self.0.send(Parcel { message, written: None });
    }

    /// Sends a message; the answer says whether the client was there to take it.
    pub fn deliver(&self, message: JupyterMessage) -> oneshot::Receiver<bool> {
        let (written, answer) = oneshot::channel();
        let _ = self.0.send(Parcel { message, written: Some(written) });
        answer
    }
}

/// Publishes messages until the kernel ends, at the pace of the `readers` at `port`.
pub async fn publish(
    mut iopub: KernelIoPubConnection,
    mut messages: Receiver<JupyterMessage>,
    port: u16,
    readers: Clients,
) {
    let mut pace = Pace::new(port);
    while let Some(message) = messages.recv().await {
        let size = size(&message.content);
        let _ = iopub.send(message).await;
        for client in pace.sent(size).await {
            // It may connect again when it wakes.
            readers.close(client);
        }
    }
}

/// How many bytes a message takes, about.
fn size(content: &JupyterMessageContent) -> usize {
    match content {
        JupyterMessageContent::StreamContent(stream) => stream.text.len(),
        other => {
            let mut counted = Count(0);
            // Counting cannot fail, and what cannot be written is not sent either.
            let _ = serde_json::to_writer(&mut counted, other);
            counted.0
        }
    }
}

/// Counts bytes.
struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
