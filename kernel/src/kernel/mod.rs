//! The Jupyter kernel: the protocol on one side, evcxr on the other.
//!
//! Tokio tasks read and write the sockets ([`incoming`], [`outgoing`]) and answer at
//! once what needs no Rust ([`requests`], [`answers`]). One thread owns evcxr and works
//! through cells, completions and inspections in order ([`evaluator`]). Another
//! takes what the cells' process sends and makes messages of it ([`output`]). Stop
//! is handled by [`interrupt`], a cell's questions by [`input`], from any thread.

mod analysis;
mod answers;
mod commands;
mod complete;
mod context;
mod evaluator;
mod execute;
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
mod processes;
mod renew;
mod report;
mod requests;
mod room;
mod syntax;

use crate::error::{Error, Result};
use evaluator::Evaluator;
use incoming::Incoming;
use jupyter_protocol::ConnectionInfo;
use jupyter_zmq_client as zmq;
use outgoing::Outgoing;
use requests::{Job, Shared};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Runs a kernel until it is shut down. `control_file` is Jupyter's connection
/// file.
pub fn run(control_file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(control_file).map_err(Error::io("read", control_file))?;
    let info: ConnectionInfo = serde_json::from_str(&text).map_err(|error| {
        Error::Invalid(format!("{} is not a Jupyter connection file: {error}", control_file.display()))
    })?;
    if info.key.is_empty() && !info.ip.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
        return Err(Error::Invalid(format!(
            "{} asks for unsigned messages on {}, where anyone could run code; use a key, or 127.0.0.1",
            control_file.display(),
            info.ip
        )));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // A long cell is parsed here to say whether it is complete.
        .thread_stack_size(64 << 20)
        .enable_all()
        .build()
        .map_err(|error| Error::Jupyter(error.to_string()))?;
    runtime.block_on(serve(info))
}

fn jupyter(error: zmq::RuntimeError) -> Error {
    Error::Jupyter(error.to_string())
}

async fn serve(info: ConnectionInfo) -> Result<()> {
    let session = uuid::Uuid::new_v4().to_string();
    let mut heartbeat = zmq::create_kernel_heartbeat_connection(&info).await.map_err(jupyter)?;
    let shell = zmq::create_kernel_shell_connection(&info, &session).await.map_err(jupyter)?;
    let control = zmq::create_kernel_control_connection(&info, &session).await.map_err(jupyter)?;
    let stdin = zmq::create_kernel_stdin_connection(&info, &session).await.map_err(jupyter)?;
    let iopub = zmq::create_kernel_iopub_connection(&info, &session).await.map_err(jupyter)?;

    tokio::spawn(async move { while heartbeat.single_heartbeat().await.is_ok() {} });
    // Bounded: a cell that floods its output waits for the publishing task.
    let (iopub_in, messages) = tokio::sync::mpsc::channel(16);
    tokio::spawn(outgoing::publish(iopub, messages, info.iopub_port));
    let (stdin_out, mut stdin_in) = stdin.split();
    let shared = Arc::new(Shared::new(iopub_in, Outgoing::new(stdin_out), info));

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
    tokio::spawn(requests("shell", shell, shared.clone(), queue.clone()));
    tokio::spawn(requests("control", control, shared.clone(), queue));
    let mut failures = Failures::default();
    loop {
        match stdin_in.read().await {
            Ok(message) => shared.input.take(&message),
            Err(error) => failures.note("stdin", error).await,
        }
    }
}

/// Takes the requests of one channel.
async fn requests(
    channel: &'static str,
    socket: zmq::KernelShellConnection,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Job>,
) {
    let (replies, mut socket) = socket.split();
    let replies = Outgoing::new(replies);
    let mut failures = Failures::default();
    loop {
        match incoming::read(&mut socket).await {
            Ok(Incoming::Message(message)) => shared.take(message, &replies, &queue).await,
            Ok(Incoming::Fault(message, fault)) => shared.refuse(&message, &fault, &replies).await,
            Err(error) => failures.note(channel, error).await,
        }
    }
}

/// Messages that cannot be read: unsigned ones, above all. They are dropped.
#[derive(Default)]
struct Failures(u32);

impl Failures {
    async fn note(&mut self, channel: &str, error: zmq::RuntimeError) {
        self.0 += 1;
        if self.0 <= 10 {
            eprintln!("sevenlines: a message on {channel} is ignored: {error}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
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
