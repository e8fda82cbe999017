//! What the kernel's threads and tasks share, and where each request goes: what
//! needs no Rust is answered at once, while a cell runs or evcxr is still loading.

use super::answers;
use super::history::History;
use super::input::Input;
use super::interrupt::Interrupt;
use super::outgoing::Outgoing;
use super::output::Output;
use jupyter_protocol::{
    CommClose, ConnectionInfo, JupyterMessage, JupyterMessageContent, ShutdownReply, Status,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// How long a kernel that ends waits for its clients.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A request for the evaluator, and where its reply goes.
#[derive(Debug)]
pub struct Job {
    /// The request.
    pub message: JupyterMessage,
    /// The socket it came by.
    pub reply: Outgoing,
}

/// What the kernel's threads and tasks share.
#[derive(Debug)]
pub struct Shared {
    iopub: Sender<JupyterMessage>,
    /// Where the cells' output goes.
    pub output: Output,
    /// Whom a cell asks.
    pub input: Input,
    /// The stop button.
    pub stop: Arc<Interrupt>,
    /// The cells of this session.
    pub history: Mutex<History>,
    /// The ports.
    pub connection: ConnectionInfo,
    /// Where the sockets lie.
    sockets: PathBuf,
    ends: AtomicBool,
}

impl Shared {
    /// Messages go to `iopub`, questions to `stdin`.
    pub fn new(
        iopub: Sender<JupyterMessage>,
        stdin: Outgoing,
        connection: ConnectionInfo,
        sockets: PathBuf,
    ) -> Shared {
        let output = Output::new(iopub.clone());
        let input = Input::new(stdin);
        Shared {
            iopub,
            output,
            input,
            stop: Arc::default(),
            history: Mutex::default(),
            connection,
            sockets,
            ends: AtomicBool::new(false),
        }
    }

    /// Publishes a message, from a task.
    pub async fn publish(&self, message: JupyterMessage) {
        let _ = self.iopub.send(message).await;
    }

    /// Publishes a message, from a thread.
    pub fn publish_blocking(&self, message: JupyterMessage) {
        let _ = self.iopub.blocking_send(message);
    }

    /// Takes a request that came on the shell or the control channel: answers it,
    /// or hands it to the evaluator.
    pub async fn take(&self, message: JupyterMessage, reply: &Outgoing, queue: &mpsc::Sender<Job>) {
        use JupyterMessageContent as Content;
        match &message.content {
            Content::ExecuteRequest(_) | Content::CompleteRequest(_) | Content::InspectRequest(_) => {
                if let Content::ExecuteRequest(request) = &message.content
                    && !request.silent
                    && let Some(early) = self.output.begin_if_first(&message)
                {
                    self.publish(early).await;
                }
                let _ = queue.send(Job { message, reply: reply.clone() });
                return;
            }
            Content::ShutdownRequest(request) => self.shut_down(&message, request.restart, reply).await,
            // Before anything that may wait for a client.
            Content::InterruptRequest(_) => self.interrupt(),
            _ => {}
        }
        self.publish(Status::busy().as_child_of(&message)).await;
        if let Some(answer) = answers::answer(self, &message) {
            reply.send(answer);
        }
        if let Content::CommOpen(open) = &message.content {
            // No target is known here.
            let close = CommClose { comm_id: open.comm_id.clone(), data: Default::default() };
            self.publish(close.as_child_of(&message)).await;
        }
        self.publish(Status::idle().as_child_of(&message)).await;
    }

    /// Says that a message cannot be understood: whoever sent it waits for a reply.
    pub async fn refuse(&self, message: &JupyterMessage, fault: &str, reply: &Outgoing) {
        self.publish(Status::busy().as_child_of(message)).await;
        if let Some(refusal) = answers::refusal(message, fault) {
            reply.send(refusal);
        }
        self.publish(Status::idle().as_child_of(message)).await;
    }

    /// Stop is pressed.
    pub fn interrupt(&self) {
        let output = self.output.clone();
        self.stop.press(move |text| output.note(text));
        self.input.interrupt();
    }

    async fn shut_down(&self, message: &JupyterMessage, restart: bool, reply: &Outgoing) -> ! {
        let farewell = async {
            self.publish(Status::busy().as_child_of(message)).await;
            let answer = ShutdownReply { restart, ..Default::default() };
            let _ = reply.deliver(answer.as_child_of(message)).await;
            self.publish(answer.as_child_of(message)).await;
            self.publish(Status::idle().as_child_of(message)).await;
        };
        let _ = tokio::time::timeout(LAST_WORDS, farewell).await;
        tokio::task::block_in_place(|| self.drain());
        self.exit()
    }

    /// Waits until what was published is written, for a while.
    pub fn drain(&self) {
        let end = Instant::now() + LAST_WORDS;
        while self.iopub.capacity() < self.iopub.max_capacity() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        // The last message has left the queue; let the socket write it.
        std::thread::sleep(Duration::from_millis(50));
    }

    /// Keeps the evaluator, whose cell was cut off, from starting anything anew
    /// while the kernel ends.
    pub fn wait_if_ending(&self) {
        while self.ends.load(Ordering::SeqCst) {
            std::thread::park();
        }
    }

    /// Ends the kernel, and all it has started.
    pub fn exit(&self) -> ! {
        if self.ends.swap(true, Ordering::SeqCst) {
            // Jupyter sends SIGTERM after a shutdown that takes long; the first one
            // must not be cut off while it clears up.
            self.wait_if_ending();
        }
        let _ = std::fs::remove_dir_all(&self.sockets);
        self.stop.end_all();
        std::process::exit(0)
    }
}
