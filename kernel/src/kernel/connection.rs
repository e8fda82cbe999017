//! Jupyter's connection file, and what this kernel refuses in one.
//!
//! Whoever reaches the ports and has the key can run any code as this user. So the
//! ports are open on this machine alone, and there is no kernel without a key.

use crate::error::{Error, Result};
use jupyter_protocol::ConnectionInfo;
use jupyter_protocol::connection_info::Transport;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SCHEME: &str = "hmac-sha256";

/// Reads and checks a connection file.
pub fn read(file: &Path) -> Result<ConnectionInfo> {
    let text = std::fs::read_to_string(file).map_err(Error::io("read", file))?;
    let info: ConnectionInfo = serde_json::from_str(&text).map_err(|error| {
        Error::Invalid(format!("{} is not a Jupyter connection file: {error}", file.display()))
    })?;
    check(&info).map_err(|reason| Error::Invalid(format!("{} {reason}", file.display())))?;
    let mode = std::fs::metadata(file).map_err(Error::io("read", file))?.permissions().mode();
    if mode & 0o077 != 0 {
        eprintln!(
            "sevenlines: other users may read {}, and with its key run code as you; `chmod 600` it",
            file.display()
        );
    }
    Ok(info)
}

/// The address of the ports.
///
/// # Errors
/// If it is not one of this machine alone.
pub fn address(info: &ConnectionInfo) -> std::result::Result<IpAddr, String> {
    let name = if info.ip == "localhost" { "127.0.0.1" } else { &info.ip };
    let address = name.parse::<IpAddr>().ok().filter(IpAddr::is_loopback);
    address.ok_or_else(|| {
        format!(
            "asks for ports on {:?}, which other machines may reach; this kernel listens on 127.0.0.1 alone, \
             and a tunnel (ssh -L) brings it elsewhere",
            info.ip
        )
    })
}

fn check(info: &ConnectionInfo) -> std::result::Result<(), String> {
    if info.transport != Transport::TCP {
        return Err("asks for the transport ipc; this kernel knows tcp alone".into());
    }
    address(info)?;
    if info.key.is_empty() {
        return Err("has no key, so any program on this machine could run code as you; \
             let Jupyter make one (remove `Session.key = b''` from its configuration)"
            .into());
    }
    if info.signature_scheme != SCHEME {
        return Err(format!(
            "asks for signatures by {:?}; this kernel knows {SCHEME} alone",
            info.signature_scheme
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(change: impl FnOnce(&mut Value)) -> std::result::Result<(), String> {
        let mut info = json!({
            "ip": "127.0.0.1", "transport": "tcp", "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
            "control_port": 4, "hb_port": 5, "key": "k", "signature_scheme": SCHEME,
        });
        change(&mut info);
        check(&serde_json::from_value(info).expect("a connection file"))
    }

    #[test]
    fn this_machine_and_a_key_are_asked_for() {
        assert_eq!(checked(|_| ()), Ok(()));
        for ip in ["127.0.0.2", "localhost", "::1"] {
            assert_eq!(checked(|info| info["ip"] = ip.into()), Ok(()), "{ip}");
        }
        for ip in ["0.0.0.0", "192.0.2.1", "::", "", "*", "localhost.example", "127.0.0.1.example"] {
            let refused = checked(|info| info["ip"] = ip.into());
            assert!(refused.is_err_and(|reason| reason.contains("127.0.0.1 alone")), "{ip}");
        }
        for (name, value, why) in [
            ("key", "", "has no key"),
            ("transport", "ipc", "knows tcp alone"),
            ("signature_scheme", "", "knows hmac-sha256 alone"),
            ("signature_scheme", "hmac-md5", "knows hmac-sha256 alone"),
        ] {
            let refused = checked(|info| info[name] = value.into());
            assert!(refused.is_err_and(|reason| reason.contains(why)), "{name} {value}");
        }
    }
}
