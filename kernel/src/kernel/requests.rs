//! What is answered at once, while a cell runs or evcxr is still loading.

use super::history::History;
use super::interrupt::Interrupt;
use super::output::Output;
use super::syntax;
use jupyter_protocol::{
    CodeMirrorMode, CommInfoReply, HelpLink, HistoryReply, InterruptReply, IsCompleteReply,
    IsCompleteReplyStatus, JupyterMessage, JupyterMessageContent, KernelInfoReply, LanguageInfo, ReplyStatus,
    Status,
};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::mpsc::{Sender, UnboundedSender};

/// What the kernel's threads and tasks share.
#[derive(Debug)]
pub struct Shared {
    iopub: Sender<JupyterMessage>,
    /// Where the cells' output goes.
    pub output: Output,
    /// The stop button.
    pub stop: Arc<Interrupt>,
    /// The cells of this session.
    pub history: Mutex<History>,
}

impl Shared {
    /// Messages go to `iopub`.
    pub fn new(iopub: Sender<JupyterMessage>, output: Output) -> Shared {
        Shared { iopub, output, stop: Arc::default(), history: Mutex::default() }
    }

    /// Publishes a message, from a task.
    pub async fn publish(&self, message: JupyterMessage) {
        let _ = self.iopub.send(message).await;
    }

    /// Publishes a message, from a thread.
    pub fn publish_blocking(&self, message: JupyterMessage) {
        let _ = self.iopub.blocking_send(message);
    }

    /// Takes a request on the shell channel: answers it, or hands it to the
    /// evaluator.
    pub async fn shell(
        &self,
        message: JupyterMessage,
        reply: &UnboundedSender<JupyterMessage>,
        queue: &mpsc::Sender<JupyterMessage>,
    ) {
        use JupyterMessageContent as Content;
        match &message.content {
            Content::ExecuteRequest(_) | Content::CompleteRequest(_) | Content::InspectRequest(_) => {
                self.output.begin_if_first(&message);
                let _ = queue.send(message);
            }
            _ => {
                self.publish(Status::busy().as_child_of(&message)).await;
                if let Some(answer) = self.answer(&message) {
                    let _ = reply.send(answer);
                }
                self.publish(Status::idle().as_child_of(&message)).await;
            }
        }
    }

    /// Takes a request on the control channel (shutdown apart).
    pub fn control(&self, message: &JupyterMessage) -> Option<JupyterMessage> {
        match &message.content {
            JupyterMessageContent::InterruptRequest(_) => {
                self.interrupt();
                Some(InterruptReply { status: ReplyStatus::Ok, error: None }.as_child_of(message))
            }
            _ => self.answer(message),
        }
    }

    fn answer(&self, message: &JupyterMessage) -> Option<JupyterMessage> {
        use JupyterMessageContent as Content;
        Some(match &message.content {
            Content::KernelInfoRequest(_) => kernel_info().as_child_of(message),
            Content::IsCompleteRequest(request) => match syntax::missing(&request.code) {
                None => IsCompleteReply { status: IsCompleteReplyStatus::Complete, indent: String::new() },
                Some(depth) => IsCompleteReply {
                    status: IsCompleteReplyStatus::Incomplete,
                    indent: "    ".repeat(depth),
                },
            }
            .as_child_of(message),
            Content::CommInfoRequest(_) => {
                CommInfoReply { status: ReplyStatus::Ok, comms: Default::default(), error: None }
                    .as_child_of(message)
            }
            Content::HistoryRequest(request) => {
                let history = self.history.lock().unwrap_or_else(PoisonError::into_inner).answer(request);
                HistoryReply::new(history).as_child_of(message)
            }
            _ => return None,
        })
    }

    /// Stop is pressed.
    pub fn interrupt(&self) {
        let output = self.output.clone();
        self.stop.press(move |text| output.note(text));
    }

    /// Ends the kernel, and all it has started.
    pub fn exit(&self) -> ! {
        self.stop.end_all();
        std::process::exit(0)
    }
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
        banner: "sevenlines: Rust cells with the sevenlines library already loaded".into(),
        help_links: vec![
            link("The Rust Book", "https://doc.rust-lang.org/book/"),
            link("Rust's standard library", "https://doc.rust-lang.org/std/"),
        ],
        debugger: false,
        error: None,
    }
}
