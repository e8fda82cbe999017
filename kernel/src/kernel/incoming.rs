//! Messages on their way in. `jupyter-protocol` throws a message away if a field is
//! missing, and its sender waits for ever. Here what the protocol has a default for
//! is filled in, and the rest comes back as an [`Incoming::Fault`], to be answered.
//! The signature is checked before anything is read.

use super::refusals::Refusals;
use super::replays::Replays;
use super::syntax;
use jupyter_protocol::{Header, JupyterMessage, JupyterMessageContent, UnknownMessage};
use jupyter_zmq_client::{RawMessage, Result, RouterRecvConnection, RuntimeError};
use serde::de::Error;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use zeromq::{SocketRecv, ZmqMessage};

/// What stands between the addresses of a message and its signature.
const DELIMITER: &[u8] = b"<IDS|MSG>";
/// After a message that is ignored: the others' turn.
const PAUSE: Duration = Duration::from_millis(5);

/// A message with the right signature.
#[derive(Debug)]
pub enum Incoming {
    /// One that can be understood.
    Message(JupyterMessage),
    /// One that cannot, and why. Its content is an [`UnknownMessage`].
    Fault(JupyterMessage, String),
}

/// One channel's messages.
pub struct Messages {
    /// The channel's name.
    pub channel: &'static str,
    /// Where they come from.
    pub connection: RouterRecvConnection,
    /// Those that came before, on all channels.
    pub replays: Arc<Replays>,
    /// Where it is told what was ignored.
    pub refusals: Refusals,
}

impl Messages {
    /// Waits for the next message. What is not signed, cannot be read or came before
    /// is ignored and told.
    pub async fn next(&mut self) -> Incoming {
        loop {
            let read = match self.connection.socket.recv().await {
                Ok(frames) => self.read(frames),
                Err(error) => Err(error.to_string()),
            };
            match read {
                Ok(message) => return message,
                Err(reason) => self.refusals.note(self.channel, reason),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn read(&self, frames: ZmqMessage) -> std::result::Result<Incoming, String> {
        let signature = frames.iter().skip_while(|frame| ***frame != *DELIMITER).nth(1).cloned();
        let told = |error: RuntimeError| match error {
            RuntimeError::VerifyError(_) => "a message with a wrong signature".to_owned(),
            error => error.to_string(),
        };
        let raw = RawMessage::from_multipart(frames, &self.connection.mac).map_err(told)?;
        if !signature.is_some_and(|signature| self.replays.is_new(&signature)) {
            return Err("a message that came before".into());
        }
        understand(raw).map_err(told)
    }
}

fn understand(raw: RawMessage) -> Result<Incoming> {
    let [header, parent, metadata, content, buffers @ ..] = raw.jparts.as_slice() else {
        return Err(RuntimeError::InsufficientMessageParts(raw.jparts.len()));
    };
    let header =
        fill(serde_json::from_slice(header)?, json!({ "username": "", "session": "", "version": "" }));
    let header: Header = serde_json::from_value(header)?;
    let (content, fault) = match understand_content(&header.msg_type, content) {
        Ok(content) => (content, None),
        Err(error) => {
            let unknown = UnknownMessage { msg_type: header.msg_type.clone(), content: Value::Null };
            (JupyterMessageContent::UnknownMessage(unknown), Some(error.to_string()))
        }
    };
    let message = JupyterMessage {
        zmq_identities: raw.zmq_identities,
        header,
        // `{}` stands for no parent.
        parent_header: serde_json::from_slice(parent).ok(),
        metadata: serde_json::from_slice(metadata)?,
        content,
        buffers: buffers.to_vec(),
        channel: None,
    };
    Ok(match fault {
        None => Incoming::Message(message),
        Some(fault) => Incoming::Fault(message, fault),
    })
}

fn understand_content(kind: &str, content: &[u8]) -> serde_json::Result<JupyterMessageContent> {
    let content: Value = serde_json::from_slice(content)?;
    if content["code"].as_str().is_some_and(syntax::is_too_deep) {
        return Err(serde_json::Error::custom("too many brackets lie within one another"));
    }
    let defaults = defaults(kind, &content);
    JupyterMessageContent::from_type_and_content(kind, fill(content, defaults))
}

/// What the protocol's documentation, or else the reference implementation, takes
/// for fields that are left out.
fn defaults(kind: &str, content: &Value) -> Value {
    // The protocol counts characters.
    let end = || content["code"].as_str().map_or(0, |code| code.chars().count());
    match kind {
        "execute_request" => json!({
            "silent": false,
            "store_history": content["silent"] != true,
            "user_expressions": {},
            "allow_stdin": true,
            "stop_on_error": true,
        }),
        "complete_request" => json!({ "cursor_pos": end() }),
        "inspect_request" => json!({ "cursor_pos": end(), "detail_level": 0 }),
        "history_request" => json!({
            "output": false,
            "raw": true,
            "session": 0,
            "start": 0,
            // To the end.
            "stop": 0,
            // A search finds all.
            "n": if content["hist_access_type"] == "tail" { 10 } else { 0 },
            "pattern": "*",
            "unique": false,
        }),
        "shutdown_request" => json!({ "restart": false }),
        "comm_open" => json!({ "target_name": "", "data": {} }),
        "comm_msg" | "comm_close" => json!({ "data": {} }),
        _ => json!({}),
    }
}

/// Puts `defaults` where `given` has nothing, or null.
fn fill(given: Value, defaults: Value) -> Value {
    match (given, defaults) {
        (Value::Null, defaults) => defaults,
        (Value::Object(mut given), Value::Object(defaults)) => {
            for (name, value) in defaults {
                if given.get(&name).is_none_or(Value::is_null) {
                    given.insert(name, value);
                }
            }
            Value::Object(given)
        }
        (given, _) => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content as it is understood, or the fault.
    fn read(kind: &str, content: Value) -> std::result::Result<Value, String> {
        let content = understand_content(kind, content.to_string().as_bytes());
        content.map(|content| json!(content)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cell_needs_only_its_code() {
        let plain = json!({
            "code": "1", "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": true, "stop_on_error": true,
        });
        assert_eq!(read("execute_request", json!({ "code": "1" })), Ok(plain.clone()));
        assert_eq!(read("execute_request", json!({ "code": "1", "user_expressions": null })), Ok(plain));
        let silent = read("execute_request", json!({ "code": "1", "silent": true }));
        assert_eq!(silent.map(|content| content["store_history"].clone()), Ok(json!(false)));
        let given = json!({
            "code": "1", "silent": true, "store_history": true, "user_expressions": { "a": "b" },
            "allow_stdin": false, "stop_on_error": false,
        });
        assert_eq!(read("execute_request", given.clone()), Ok(given));
    }

    #[test]
    fn code_that_no_parser_survives_is_refused() {
        for kind in ["execute_request", "complete_request", "inspect_request", "is_complete_request"] {
            let deep = read(kind, json!({ "code": "(".repeat(100_000) }));
            assert!(deep.is_err_and(|fault| fault.contains("brackets")), "{kind}");
        }
        assert!(read("execute_request", json!({ "code": "f(1);".repeat(100_000) })).is_ok());
    }

    #[test]
    fn a_missing_cursor_is_at_the_end_in_characters() {
        let code = "é🦀";
        let completed = read("complete_request", json!({ "code": code }));
        assert_eq!(completed, Ok(json!({ "code": code, "cursor_pos": 2 })));
        let inspected = read("inspect_request", json!({ "code": code, "cursor_pos": 1 }));
        assert_eq!(inspected, Ok(json!({ "code": code, "cursor_pos": 1, "detail_level": 0 })));
    }

    #[test]
    fn history_needs_only_its_kind() {
        let history = |content| read("history_request", content);
        assert_eq!(
            history(json!({ "hist_access_type": "tail" })),
            Ok(json!({ "hist_access_type": "tail", "n": 10, "output": false, "raw": true }))
        );
        assert_eq!(
            history(json!({ "hist_access_type": "search", "n": null })),
            Ok(json!({
                "hist_access_type": "search", "pattern": "*", "unique": false, "n": 0,
                "output": false, "raw": true,
            }))
        );
        assert_eq!(
            history(json!({ "hist_access_type": "range", "stop": null, "output": true })),
            Ok(json!({
                "hist_access_type": "range", "session": 0, "start": 0, "stop": 0,
                "output": true, "raw": true,
            }))
        );
    }

    #[test]
    fn other_messages_have_defaults_too() {
        assert_eq!(read("shutdown_request", json!({})), Ok(json!({ "restart": false })));
        assert_eq!(read("kernel_info_request", Value::Null), Ok(json!({})));
        assert_eq!(read("comm_msg", json!({ "comm_id": "c" })), Ok(json!({ "comm_id": "c", "data": {} })));
        assert_eq!(read("no_such_request", json!({ "a": null })), Ok(json!({ "a": null })));
    }

    #[test]
    fn what_has_no_default_is_named() {
        for (kind, content, missing) in [
            ("execute_request", json!({}), "missing field `code`"),
            ("is_complete_request", json!({}), "missing field `code`"),
            ("complete_request", Value::Null, "missing field `code`"),
            ("history_request", json!({ "n": 1 }), "missing field `hist_access_type`"),
            ("history_request", json!({ "hist_access_type": "all" }), "unknown variant `all`"),
            ("execute_request", json!({ "code": 5 }), "invalid type: integer `5`"),
        ] {
            let fault = read(kind, content).unwrap_err();
            assert!(fault.contains(missing), "{kind}: {fault}");
        }
    }

    fn message(header: Value, content: &str) -> Result<Incoming> {
        let jparts = [header.to_string(), "{}".into(), "{}".into(), content.into()];
        understand(RawMessage { zmq_identities: Vec::new(), jparts: jparts.map(Into::into).into() })
    }

    #[test]
    fn a_header_needs_only_kind_and_identity() {
        let header = json!({ "msg_id": "m", "msg_type": "kernel_info_request" });
        assert!(matches!(
            message(header, "{}"),
            Ok(Incoming::Message(JupyterMessage { parent_header: None, .. }))
        ));
        assert!(message(json!({ "msg_type": "kernel_info_request" }), "{}").is_err());
    }

    #[test]
    fn a_fault_keeps_whom_to_answer() {
        let header = json!({ "msg_id": "m", "msg_type": "execute_request" });
        let Ok(Incoming::Fault(message, fault)) = message(header, "no JSON") else {
            panic!("a fault is expected")
        };
        assert_eq!(
            (message.header.msg_id.as_str(), message.content.message_type()),
            ("m", "execute_request")
        );
        assert!(fault.contains("line 1"), "{fault}");
    }
}
