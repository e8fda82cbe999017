//! The five ports of a kernel: ZeroMQ's sockets, each behind a gate.

use super::connection;
use super::gate::{Clients, Gate, Limits};
use super::refusals::Refusals;
use crate::cells::work;
use crate::error::{Error, Result};
use jupyter_protocol::ConnectionInfo;
use jupyter_zmq_client::{Connection, KernelIoPubConnection, KernelShellConnection};
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use zeromq::{PubSocket, RepSocket, RouterSocket, Socket};

/// The open ports.
pub struct Ports {
    /// Requests.
    pub shell: KernelShellConnection,
    /// Requests that must not wait for a cell.
    pub control: KernelShellConnection,
    /// Questions to the user.
    pub stdin: KernelShellConnection,
    /// What cells show.
    pub iopub: KernelIoPubConnection,
    /// Those that read it.
    pub readers: Clients,
    /// Whether the kernel lives.
    pub heartbeat: RepSocket,
    /// Where the sockets lie.
    pub folder: PathBuf,
}

/// Opens them. What they refuse goes to `refusals`.
pub async fn open(info: &ConnectionInfo, refusals: &Refusals) -> Result<Ports> {
    let folder = work::sockets()?;
    let doors = Doors { info, short: short(&folder)?, refusals };
    let session = uuid::Uuid::new_v4().to_string();
    let requests = |socket| Connection::<RouterSocket>::new(socket, &info.key, &session);
    let (iopub, readers) = doors.open("iopub", info.iopub_port, Limits::SUBSCRIPTIONS).await?;
    let ports = Ports {
        shell: requests(doors.open("shell", info.shell_port, Limits::REQUESTS).await?.0),
        control: requests(doors.open("control", info.control_port, Limits::REQUESTS).await?.0),
        stdin: requests(doors.open("stdin", info.stdin_port, Limits::REQUESTS).await?.0),
        iopub: Connection::<PubSocket>::new(iopub, &info.key, &session),
        readers,
        heartbeat: doors.open("heartbeat", info.hb_port, Limits::HEARTBEAT).await?.0,
        folder: folder.clone(),
    };
    Ok(ports)
}

struct Doors<'a> {
    info: &'a ConnectionInfo,
    short: PathBuf,
    refusals: &'a Refusals,
}

impl Doors<'_> {
    async fn open<S: Socket>(
        &self,
        channel: &'static str,
        port: u16,
        limits: Limits,
    ) -> Result<(S, Clients)> {
        let ip = connection::address(self.info).map_err(Error::Invalid)?;
        let behind = self.short.join(channel);
        let listener = UnixListener::bind(&behind).map_err(Error::io("create the socket", &behind))?;
        let mut socket = S::new();
        socket.bind_listener(listener).await.map_err(|error| Error::Jupyter(error.to_string()))?;
        let clients = Clients::default();
        let gate =
            Gate { channel, limits, behind, clients: clients.clone(), refusals: self.refusals.clone() };
        let address = SocketAddr::new(ip, port);
        let opened = gate.open(address).await;
        opened.map_err(|error| Error::Jupyter(format!("the {channel} port {address}: {error}")))?;
        Ok((socket, clients))
    }
}

/// Another name of the folder, for a socket's path may have about a hundred bytes.
fn short(folder: &Path) -> Result<PathBuf> {
    if !cfg!(target_os = "linux") {
        return Ok(folder.to_owned());
    }
    // Open as long as the kernel lives.
    let open = File::open(folder).map_err(Error::io("open", folder))?.into_raw_fd();
    Ok(PathBuf::from(format!("/proc/self/fd/{open}")))
}
