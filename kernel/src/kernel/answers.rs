//! The replies that need neither Rust nor the cells' process.

use super::requests::Shared;
use super::syntax::{self, Completeness};
use jupyter_protocol::{
    CodeMirrorMode, CommInfoReply, DebugReply, DebugRequest, HelpLink, HistoryReply, InterruptReply,
    IsCompleteReply, JupyterMessage, JupyterMessageContent, KernelInfoReply, LanguageInfo, ReplyStatus,
    UnknownMessage,
};
use serde_json::{Value, json};
use std::sync::PoisonError;

/// The reply to a message; `None` if it wants none.
pub fn answer(shared: &Shared, message: &JupyterMessage) -> Option<JupyterMessage> {
    use JupyterMessageContent as Content;
    Some(match &message.content {
        Content::KernelInfoRequest(_) => kernel_info().as_child_of(message),
        Content::IsCompleteRequest(request) => is_complete(&request.code).as_child_of(message),
        Content::CommInfoRequest(_) => CommInfoReply::default().as_child_of(message),
        Content::HistoryRequest(request) => {
            let history = shared.history.lock().unwrap_or_else(PoisonError::into_inner).answer(request);
            HistoryReply::new(history).as_child_of(message)
        }
        Content::InterruptRequest(_) => {
            InterruptReply { status: ReplyStatus::Ok, error: None }.as_child_of(message)
        }
        Content::DebugRequest(request) => no_debugger(request).as_child_of(message),
        Content::UnknownMessage(unknown) => {
            let content = match unknown.msg_type.strip_suffix("_request")? {
                "connect" => ports(shared),
                _ => not_known(unknown),
            };
            JupyterMessage::new(unknown.reply(content), Some(message))
        }
        _ => return None,
    })
}

fn is_complete(code: &str) -> IsCompleteReply {
    match syntax::completeness(code) {
        Completeness::Complete => IsCompleteReply::complete(),
        Completeness::Incomplete(depth) => IsCompleteReply::incomplete("    ".repeat(depth)),
        Completeness::Invalid => IsCompleteReply::invalid(),
    }
}

fn ports(shared: &Shared) -> Value {
    let connection = &shared.connection;
    json!({
        "status": "ok",
        "shell_port": connection.shell_port,
        "iopub_port": connection.iopub_port,
        "stdin_port": connection.stdin_port,
        "control_port": connection.control_port,
        "hb_port": connection.hb_port,
    })
}

/// The reply to a request that cannot be understood; `None` if it is no request.
pub fn refusal(message: &JupyterMessage, fault: &str) -> Option<JupyterMessage> {
    let JupyterMessageContent::UnknownMessage(unknown) = &message.content else { return None };
    let kind = &unknown.msg_type;
    kind.strip_suffix("_request")?;
    let advice = "Jupyter's messaging protocol says what belongs in it";
    let content = error("InvalidRequest", format!("this {kind} cannot be read: {fault}; {advice}"));
    Some(JupyterMessage::new(unknown.reply(content), Some(message)))
}

fn not_known(request: &UnknownMessage) -> Value {
    error("UnknownRequest", format!("this kernel does not know {}", request.msg_type))
}

fn error(name: &str, text: String) -> Value {
    json!({ "status": "error", "ename": name, "evalue": text, "traceback": [] })
}

/// In the form of the debug adapter protocol.
fn no_debugger(request: &DebugRequest) -> DebugReply {
    let content = json!({
        "type": "response",
        "seq": 0,
        "request_seq": request.content["seq"],
        "command": request.content["command"],
        "success": false,
        "message": "this kernel has no debugger",
        "body": {},
    });
    DebugReply { content }
}

fn kernel_info() -> KernelInfoReply {
    let link = |text: &str, url: &str| HelpLink { text: text.into(), url: url.into() };
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: "5.3".into(),
        implementation: "sevenlines".into(),
        implementation_version: env!("CARGO_PKG_VERSION").into(),
        language_info: LanguageInfo {
            name: "rust".into(),
            version: String::new(),
            mimetype: Some("text/rust".into()),
            file_extension: Some(".rs".into()),
            pygments_lexer: Some("rust".into()),
            codemirror_mode: Some(CodeMirrorMode::Simple("rust".into())),
            nbconvert_exporter: None,
        },
        banner: "sevenlines: Rust cells with the sevenlines library already loaded (:help says what else a cell understands)".into(),
        help_links: vec![
            link("The Rust Book", "https://doc.rust-lang.org/book/"),
            link("Rust's standard library", "https://doc.rust-lang.org/std/"),
        ],
        debugger: false,
        error: None,
    }
}
