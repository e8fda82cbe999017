//! The Jupyter kernel: the protocol on one side, evcxr on the other.
//!
//! Tokio tasks read and write the sockets and answer at once what needs no Rust
//! ([`requests`]). One thread owns evcxr and works through cells, completions and
//! inspections in order ([`evaluator`]). Another takes what the cells' process
//! sends and makes messages of it ([`output`]). Stop is handled by
//! [`interrupt`], from any thread.

mod context;
mod evaluator;
mod history;
mod infer;
mod interrupt;
mod output;
mod processes;
mod report;
mod requests;
mod syntax;

use crate::error::{Error, Result};
use evaluator::Evaluator;
use jupyter_protocol::{ConnectionInfo, JupyterMessage, JupyterMessageContent, ShutdownReply, Status};
use jupyter_zmq_client as zmq;
use output::Output;
use requests::Shared;
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
    let (mut shell_out, mut shell_in) = shell.split();
    let control = zmq::create_kernel_control_connection(&info, &session).await.map_err(jupyter)?;
    let (mut control_out, mut control_in) = control.split();
    let _stdin = zmq::create_kernel_stdin_connection(&info, &session).await.map_err(jupyter)?;
    let mut iopub = zmq::create_kernel_iopub_connection(&info, &session).await.map_err(jupyter)?;

    // Bounded: a cell that floods its output waits for the network.
    let (iopub_in, mut iopub_queue) = tokio::sync::mpsc::channel::<JupyterMessage>(1000);
    let (reply, mut replies) = tokio::sync::mpsc::unbounded_channel::<JupyterMessage>();
    let (queue, work) = mpsc::channel::<JupyterMessage>();
    tokio::spawn(async move { while heartbeat.single_heartbeat().await.is_ok() {} });
    tokio::spawn(async move {
        while let Some(message) = iopub_queue.recv().await {
            let _ = iopub.send(message).await;
        }
    });
    tokio::spawn(async move {
        while let Some(message) = replies.recv().await {
            let _ = shell_out.send(message).await;
        }
    });

    let output = Output::new(iopub_in.clone());
    let shared = Arc::new(Shared::new(iopub_in, output.clone()));
    let evaluator = {
        let (shared, reply) = (shared.clone(), reply.clone());
        move || Evaluator::new(shared, reply).run(work)
    };
    std::thread::Builder::new()
        .name("evaluator".into())
        // Parsing and type inference recurse deeply.
        .stack_size(64 << 20)
        .spawn(evaluator)
        .map_err(|error| Error::Evcxr(error.to_string()))?;

    let (on_shell, on_signal) = (shared.clone(), shared.clone());
    tokio::spawn(async move {
        let mut failures = Failures::default();
        loop {
            match shell_in.read().await {
                Ok(message) => on_shell.shell(message, &reply, &queue).await,
                Err(error) => failures.note("shell", error).await,
            }
        }
    });
    tokio::spawn(signals(on_signal));
    tokio::spawn(parent(shared.clone()));

    let mut failures = Failures::default();
    loop {
        let message = match control_in.read().await {
            Ok(message) => message,
            Err(error) => {
                failures.note("control", error).await;
                continue;
            }
        };
        shared.publish(Status::busy().as_child_of(&message)).await;
        let answer = match &message.content {
            JupyterMessageContent::ShutdownRequest(request) => {
                let reply = ShutdownReply { restart: request.restart, ..Default::default() };
                let _ = control_out.send(reply.as_child_of(&message)).await;
                shared.publish(reply.as_child_of(&message)).await;
                shared.publish(Status::idle().as_child_of(&message)).await;
                // Let the sockets write it.
                tokio::time::sleep(Duration::from_millis(50)).await;
                shared.exit();
            }
            _ => shared.control(&message),
        };
        if let Some(answer) = answer {
            let _ = control_out.send(answer).await;
        }
        shared.publish(Status::idle().as_child_of(&message)).await;
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

/// SIGINT stops the cell, SIGTERM ends the kernel.
async fn signals(shared: Arc<Shared>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut stop), Ok(mut end)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = stop.recv() => shared.interrupt(),
            _ = end.recv() => shared.exit(),
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
