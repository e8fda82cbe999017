//! The thread that owns evcxr and works through the notebook's requests in order.

use super::context::{Context, START};
use super::infer;
use super::interrupt::Pressed;
use super::output::media;
use super::report;
use super::requests::Shared;
use evcxr::EvalOutputs;
use jupyter_protocol::{
    CompleteReply, CompleteRequest, ErrorOutput, ExecuteInput, ExecuteReply, ExecuteRequest, ExecuteResult,
    ExecutionCount, InspectReply, InspectRequest, JupyterMessage, JupyterMessageContent, ReplyError,
    ReplyStatus, Status,
};
use serde_json::json;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, mpsc};
use tokio::sync::mpsc::UnboundedSender;

/// The evaluator.
pub struct Evaluator {
    shared: Arc<Shared>,
    reply: UnboundedSender<JupyterMessage>,
    count: usize,
}

impl Evaluator {
    /// Replies go to `reply`.
    pub fn new(shared: Arc<Shared>, reply: UnboundedSender<JupyterMessage>) -> Evaluator {
        Evaluator { shared, reply, count: 0 }
    }

    /// Starts evcxr and answers requests until the queue closes. If evcxr does not
    /// start, every cell answers with the reason.
    pub fn run(mut self, requests: mpsc::Receiver<JupyterMessage>) {
        let started = catch_unwind(AssertUnwindSafe(|| Context::start(&self.shared)));
        let mut context = match started {
            Ok(Ok(context)) => Ok(context),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the kernel's Rust did not start (its log has the reason)".into()),
        };
        let mut waiting = VecDeque::new();
        while let Some(message) = waiting.pop_front().or_else(|| requests.recv().ok()) {
            let mut pending = || waiting.extend(requests.try_iter());
            if self.request(&message, &mut context, &mut pending) {
                waiting.retain(|message| !self.abort(message));
            }
        }
    }

    /// Answers one request; true if a cell failed and those sent before the client
    /// could know, which `pending` fetches, must not run.
    fn request(
        &mut self,
        message: &JupyterMessage,
        context: &mut Result<Context, String>,
        pending: &mut dyn FnMut(),
    ) -> bool {
        self.shared.publish_blocking(Status::busy().as_child_of(message));
        let mut failed = false;
        let reply = match &message.content {
            JupyterMessageContent::ExecuteRequest(request) => {
                let error = self.execute(message, request, context);
                failed = error.is_some() && request.stop_on_error;
                if failed {
                    pending();
                }
                if let Some(error) = &error
                    && !request.silent
                {
                    self.shared.publish_blocking(error.as_child_of(message));
                }
                self.execute_reply(error).as_child_of(message)
            }
            JupyterMessageContent::CompleteRequest(request) => {
                complete(request, context).as_child_of(message)
            }
            JupyterMessageContent::InspectRequest(request) => inspect(request, context).as_child_of(message),
            _ => return false,
        };
        let _ = self.reply.send(reply);
        self.shared.publish_blocking(Status::idle().as_child_of(message));
        failed
    }

    fn execute_reply(&self, error: Option<ErrorOutput>) -> ExecuteReply {
        let error = error.map(|error| {
            Box::new(ReplyError { ename: error.ename, evalue: error.evalue, traceback: error.traceback })
        });
        ExecuteReply {
            status: if error.is_some() { ReplyStatus::Error } else { ReplyStatus::Ok },
            execution_count: ExecutionCount::new(self.count),
            payload: Vec::new(),
            user_expressions: Some(Default::default()),
            error,
        }
    }

    /// Answers a cell that is not run; false for other requests, which are kept.
    fn abort(&self, message: &JupyterMessage) -> bool {
        if !matches!(message.content, JupyterMessageContent::ExecuteRequest(_)) {
            return false;
        }
        self.shared.publish_blocking(Status::busy().as_child_of(message));
        let reply = ExecuteReply {
            status: ReplyStatus::Aborted,
            execution_count: ExecutionCount::new(self.count),
            ..ExecuteReply::default()
        };
        let _ = self.reply.send(reply.as_child_of(message));
        self.shared.publish_blocking(Status::idle().as_child_of(message));
        true
    }

    /// Runs a cell; its error, if it failed.
    fn execute(
        &mut self,
        message: &JupyterMessage,
        request: &ExecuteRequest,
        context: &mut Result<Context, String>,
    ) -> Option<ErrorOutput> {
        let shared = self.shared.clone();
        if !request.silent {
            if request.store_history {
                self.count += 1;
                let mut history = shared.history.lock().unwrap_or_else(PoisonError::into_inner);
                history.push(self.count, &request.code);
            }
            let input =
                ExecuteInput { code: request.code.clone(), execution_count: ExecutionCount::new(self.count) };
            shared.publish_blocking(input.as_child_of(message));
        }
        shared.output.begin(message, request.silent);
        match context {
            Err(reason) => Some(report::plain("KernelError", reason)),
            Ok(context) => match self.evaluate(&request.code, context) {
                Ok(data) => {
                    if !request.silent && !data.is_null() {
                        let result = ExecuteResult {
                            execution_count: ExecutionCount::new(self.count),
                            data: media(&data),
                            metadata: Default::default(),
                            transient: None,
                        };
                        shared.publish_blocking(result.as_child_of(message));
                    }
                    None
                }
                Err(error) => Some(error),
            },
        }
    }

    /// Has evcxr run the code: the MIME bundle of its value (or null), or the
    /// error to show.
    fn evaluate(&self, code: &str, context: &mut Context) -> Result<serde_json::Value, ErrorOutput> {
        let evcxr = &mut context.evcxr;
        let variables: Vec<String> = evcxr.variables_and_types().map(|(name, _)| name.to_owned()).collect();
        self.shared.stop.begin();
        // rust-analyzer may panic on odd code; the notebook's state is evcxr's own
        // and unchanged then.
        let mut outcome = catch_unwind(AssertUnwindSafe(|| evcxr.execute(code)));
        if let Ok(Err(error)) = &outcome
            && let Some(typed) = infer::annotate(code, error, context.work())
        {
            outcome = catch_unwind(AssertUnwindSafe(|| context.evcxr.execute(&typed)));
        }
        let evcxr = &mut context.evcxr;
        let pressed = self.shared.stop.end();
        let (failure, value) = self.shared.output.end();
        let error = match outcome {
            Ok(Ok(outputs)) => match failure {
                None => return Ok(bundle(outputs, value)),
                Some(failure) => report::failure(&failure, pressed),
            },
            Ok(Err(evcxr::Error::SubprocessTerminated(said))) => {
                // evcxr has started a new process; it needs what the prelude did.
                let _ = evcxr.execute(START);
                report::process_ended(pressed, &said, &variables)
            }
            Ok(Err(error)) => match (&error, pressed) {
                (evcxr::Error::CompilationErrors(_), _) | (_, Pressed::Not) => report::evcxr(&error, code),
                _ => report::not_run(),
            },
            Err(panic) => report::plain("KernelError", &panic_text(&*panic)),
        };
        Err(error)
    }
}

/// What evcxr's commands answer, and the value of the last expression.
fn bundle(outputs: EvalOutputs, value: Option<String>) -> serde_json::Value {
    let mut data = outputs.content_by_mime_type;
    // A statement's `()` is not worth showing.
    if let Some(value) = value.filter(|value| value != "()") {
        data.entry("text/plain".into()).or_default().push_str(&value);
    }
    if data.is_empty() { serde_json::Value::Null } else { json!(data) }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!(
        "evcxr stopped on this code ({}); variables are kept, try to write it otherwise",
        text.unwrap_or("no reason")
    )
}

/// The byte that a position in characters stands at.
fn byte_position(code: &str, characters: usize) -> usize {
    code.char_indices().nth(characters).map_or(code.len(), |(byte, _)| byte)
}

fn complete(request: &CompleteRequest, context: &mut Result<Context, String>) -> CompleteReply {
    let mut reply = CompleteReply {
        matches: Vec::new(),
        cursor_start: request.cursor_pos,
        cursor_end: request.cursor_pos,
        metadata: Default::default(),
        status: ReplyStatus::Ok,
        error: None,
    };
    let Ok(context) = context else { return reply };
    let (code, position) = (&request.code, byte_position(&request.code, request.cursor_pos));
    let found = catch_unwind(AssertUnwindSafe(|| context.evcxr.completions(code, position)));
    let Ok(Ok(found)) = found else { return reply };
    let characters = |byte: usize| code.get(..byte).map_or(request.cursor_pos, |text| text.chars().count());
    reply.cursor_start = characters(found.start_offset);
    reply.cursor_end = characters(found.end_offset);
    let kinds = found.completions.iter().map(|item| {
        json!({ "text": item.code, "type": item.kind, "start": reply.cursor_start, "end": reply.cursor_end })
    });
    reply.metadata.insert("_jupyter_types_experimental".into(), kinds.collect());
    reply.matches = found.completions.iter().map(|item| item.code.clone()).collect();
    reply
}

fn inspect(request: &InspectRequest, context: &mut Result<Context, String>) -> InspectReply {
    let mut reply = InspectReply::default();
    let Ok(context) = context else { return reply };
    let code = &request.code;
    let cursor = byte_position(code, request.cursor_pos);
    // To the end of the name under the cursor.
    let name = code[cursor..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len() - cursor);
    let found = catch_unwind(AssertUnwindSafe(|| context.evcxr.hover_at(code, cursor + name)));
    if let Ok(Ok((text, html))) = found
        && text != "No documentation found"
    {
        reply.found = true;
        reply.data = media(&json!({ "text/plain": text, "text/html": html }));
    }
    reply
}
