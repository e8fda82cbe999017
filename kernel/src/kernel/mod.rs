//! The Jupyter kernel: the protocol on one side, evcxr on the other.
//!
//! Tokio tasks open the ports ([`connection`], [`ports`], [`gate`]), read and write the
//! sockets ([`incoming`], [`outgoing`]) and answer at once what needs no Rust
//! ([`requests`], [`answers`]). One thread owns evcxr and works
//! through cells, completions and inspections in order ([`evaluator`]). Another
//! takes what the cells' process sends and makes messages of it ([`output`]). Stop
//! is handled by [`interrupt`], a cell's questions by [`input`], from any thread.

mod analysis;
mod answers;
mod commands;
mod complete;
mod connection;
mod context;
mod early;
mod evaluator;
mod execute;
mod gate;
mod history;
mod incoming;
mod infer;
mod input;
mod inspect;
mod interrupt;
mod operation;
mod outgoing;
mod output;
mod pace;
mod ports;
pub mod processes;
mod refusals;
mod renew;
mod replays;
mod report;
mod requests;
mod room;
mod start;
mod syntax;

use crate::error::{Error, Result};
use evaluator::Evaluator;
use incoming::{Incoming, Messages};
use jupyter_protocol::ConnectionInfo;
use jupyter_zmq_client as zmq;
use outgoing::Outgoing;
use refusals::Refusals;
use requests::{Job, Shared};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use zeromq::{RepSocket, SocketRecv, SocketSend};

/// How long the answer to a client's heartbeat may take to be written: the clients
/// behind it wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Runs a kernel until it is shut down. `control_file` is Jupyter's connection
/// file.
pub fn run(control_file: &Path) -> Result<()> {
    let info = connection::read(control_file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // A long cell is parsed here to say whether it is complete.
        .thread_stack_size(64 << 20)
        .enable_all()
        .build()
        .map_err(|error| Error::Jupyter(error.to_string()))?;
    runtime.block_on(serve(info))
}

async fn serve(info: ConnectionInfo) -> Result<()> {
    let refusals = Refusals::default();
    let ports = ports::open(&info, &refusals).await?;
    tokio::spawn(heartbeat(ports.heartbeat, refusals.clone()));
    // Bounded: a cell that floods its output waits for the publishing task.
    let (iopub_in, messages) = tokio::sync::mpsc::channel(16);
    tokio::spawn(outgoing::publish(ports.iopub, messages, info.iopub_port, ports.readers));
    let replays = Arc::default();
    let split = |channel, socket: zmq::KernelShellConnection| {
        let (replies, connection) = socket.split();
        let (replays, refusals) = (Arc::clone(&replays), refusals.clone());
        (Outgoing::new(replies), Messages { channel, connection, replays, refusals })
    };
    let (questions, mut answers) = split("stdin", ports.stdin);
    let (shell_out, shell) = split("shell", ports.shell);
    let (control_out, control) = split("control", ports.control);
    let shared = Arc::new(Shared::new(iopub_in, questions, info, ports.folder));

    let (queue, work) = mpsc::channel();
    let evaluator = Evaluator::new(shared.clone());
    std::thread::Builder::new()
        .name("evaluator".into())
        // Parsing and type inference recurse deeply.
        .stack_size(64 << 20)
        .spawn(move || evaluator.run(work))
        .map_err(|error| Error::Evcxr(error.to_string()))?;

    tokio::spawn(signals(shared.clone()));
    tokio::spawn(parent(shared.clone()));
    tokio::spawn(requests(shell, shell_out, shared.clone(), queue.clone()));
    tokio::spawn(requests(control, control_out, shared.clone(), queue));
    loop {
        if let Incoming::Message(message) = answers.next().await {
            shared.input.take(&message);
        }
    }
}

/// Takes the requests of one channel.
async fn requests(mut messages: Messages, replies: Outgoing, shared: Arc<Shared>, queue: mpsc::Sender<Job>) {
    loop {
        match messages.next().await {
            Incoming::Message(message) => shared.take(message, &replies, &queue).await,
            Incoming::Fault(message, fault) => shared.refuse(&message, &fault, &replies).await,
        }
    }
}

/// Says that the kernel lives, by sending back what a client sent.
async fn heartbeat(mut socket: RepSocket, refusals: Refusals) {
    loop {
        match socket.recv().await {
            Ok(beat) => {
                // A client that takes no answers, or is gone, gets none.
                let _ = tokio::time::timeout(PATIENCE, socket.send(beat)).await;
            }
            Err(error) => {
                refusals.note("heartbeat", error);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// SIGINT stops the cell, SIGTERM and SIGHUP end the kernel.
async fn signals(shared: Arc<Shared>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut stop), Ok(mut end), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = stop.recv() => shared.interrupt(),
            _ = end.recv() => shared.exit(),
            _ = hangup.recv() => shared.exit(),
        }
    }
}

/// Ends the kernel when the server that started it is gone.
async fn parent(shared: Arc<Shared>) {
    let started_by = std::os::unix::process::parent_id();
    if std::env::var_os("JPY_PARENT_PID").is_none() || started_by <= 1 {
        return;
    }
    while std::os::unix::process::parent_id() == started_by {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    shared.exit()
}
