//! The thread that owns evcxr and works through the notebook's requests in order.

use super::complete::Completer;
use super::context::Context;
use super::execute::{self, Outcome};
use super::inspect;
use super::output::media;
use super::report;
use super::requests::{Job, Shared};
use super::start::Rust;
use jupyter_protocol::{
    CompleteReply, CompleteRequest, ErrorOutput, ExecuteInput, ExecuteReply, ExecuteRequest, ExecuteResult,
    ExecutionCount, InspectReply, InspectRequest, JupyterMessage, JupyterMessageContent, ReplyError,
    ReplyStatus, Status,
};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

/// Nobody waits for an answer if no request came for so long.
const QUIET: Duration = Duration::from_millis(200);

/// The evaluator.
pub struct Evaluator {
    shared: Arc<Shared>,
    count: usize,
    completer: Completer,
    memory: report::Memory,
}

impl Evaluator {
    /// An evaluator that has not started yet.
    pub fn new(shared: Arc<Shared>) -> Evaluator {
        Evaluator { shared, count: 0, completer: Completer::default(), memory: Default::default() }
    }

    /// Starts evcxr and answers requests until the queue closes. If evcxr does not
    /// start, every cell answers with the reason.
    pub fn run(mut self, requests: mpsc::Receiver<Job>) {
        let mut rust = Rust::start(&self.shared);
        let mut waiting: VecDeque<Job> = requests.try_iter().collect();
        rust.was_awaited(waiting.iter().any(is_cell));
        if waiting.is_empty() {
            waiting.extend(requests.recv_timeout(QUIET));
        }
        if let (true, Some(context)) = (waiting.is_empty(), rust.context()) {
            context.warm();
        }
        while let Some(job) = waiting.pop_front().or_else(|| requests.recv().ok()) {
            let mut pending = || waiting.extend(requests.try_iter());
            if self.request(&job, &mut rust, &mut pending) {
                waiting.retain(|job| !self.abort(job));
            }
        }
    }

    /// Answers one request; true if a cell failed and those sent before the client
    /// could know, which `pending` fetches, must not run.
    fn request(&mut self, job: &Job, rust: &mut Rust, pending: &mut dyn FnMut()) -> bool {
        let message = &job.message;
        self.shared.publish_blocking(Status::busy().as_child_of(message));
        let (mut failed, mut ends) = (false, false);
        let reply = match &message.content {
            JupyterMessageContent::ExecuteRequest(request) => {
                let outcome = self.execute(message, request, rust);
                failed = outcome.error.is_some() && request.stop_on_error;
                if failed {
                    pending();
                }
                if let Some(error) = &outcome.error
                    && !request.silent
                {
                    self.shared.publish_blocking(error.as_child_of(message));
                }
                ends = outcome.ends;
                self.execute_reply(outcome).as_child_of(message)
            }
            JupyterMessageContent::CompleteRequest(request) => {
                self.complete(request, rust.context()).as_child_of(message)
            }
            JupyterMessageContent::InspectRequest(request) => {
                inspect(request, rust.context()).as_child_of(message)
            }
            _ => return false,
        };
        let written = job.reply.deliver(reply);
        self.shared.publish_blocking(Status::idle().as_child_of(message));
        if ends {
            let _ = written.blocking_recv();
            self.shared.drain();
            self.shared.exit();
        }
        failed
    }

    fn execute_reply(&self, outcome: Outcome) -> ExecuteReply {
        let error = outcome.error.map(|error| {
            Box::new(ReplyError { ename: error.ename, evalue: error.evalue, traceback: error.traceback })
        });
        ExecuteReply {
            status: if error.is_some() { ReplyStatus::Error } else { ReplyStatus::Ok },
            execution_count: ExecutionCount::new(self.count),
            payload: outcome.payload,
            user_expressions: Some(Default::default()),
            error,
        }
    }

    /// Answers a cell that is not run; false for other requests, which are kept.
    fn abort(&self, job: &Job) -> bool {
        let message = &job.message;
        if !is_cell(job) {
            return false;
        }
        self.shared.publish_blocking(Status::busy().as_child_of(message));
        let reply = ExecuteReply {
            status: ReplyStatus::Aborted,
            execution_count: ExecutionCount::new(self.count),
            ..ExecuteReply::default()
        };
        job.reply.send(reply.as_child_of(message));
        self.shared.publish_blocking(Status::idle().as_child_of(message));
        true
    }

    /// Runs a cell and publishes its value.
    fn execute(&mut self, message: &JupyterMessage, request: &ExecuteRequest, rust: &mut Rust) -> Outcome {
        let shared = self.shared.clone();
        let history = || shared.history.lock().unwrap_or_else(PoisonError::into_inner);
        if !request.silent {
            if request.store_history {
                self.count += 1;
                history().push(self.count, &request.code);
            }
            let input =
                ExecuteInput { code: request.code.clone(), execution_count: ExecutionCount::new(self.count) };
            shared.publish_blocking(input.as_child_of(message));
        }
        shared.output.begin(message, request.silent);
        let context = match rust.for_cell(&shared) {
            Ok(context) => context,
            Err(error) => return Outcome::failed(error),
        };
        let cell = execute::Cell { message, number: self.count, code: &request.code };
        let mut outcome = execute::run(&shared, context, &cell, &mut self.memory);
        if let Some(value) = outcome.value.take().filter(|_| !request.silent) {
            if request.store_history {
                history().set_output(value["text/plain"].as_str().unwrap_or_default());
            }
            shared.publish_blocking(JupyterMessage::new(self.result(value), Some(message)));
        }
        outcome
    }

    fn result(&self, value: Value) -> ExecuteResult {
        ExecuteResult {
            execution_count: ExecutionCount::new(self.count),
            data: media(value),
            metadata: Default::default(),
            // A null would be against the protocol.
            transient: Some(Default::default()),
        }
    }

    fn complete(&mut self, request: &CompleteRequest, context: Option<&mut Context>) -> CompleteReply {
        let (code, position) = (&request.code, request.cursor_pos);
        let Some(context) = context else {
            return CompleteReply { cursor_start: position, cursor_end: position, ..Default::default() };
        };
        let found = self.completer.complete(context, code, byte_position(code, position));
        let characters = |byte: usize| code.get(..byte).map_or(position, |text| text.chars().count());
        let (start, end) = (characters(found.range.start), characters(found.range.end));
        let kinds = found.items.iter().map(|item| item.metadata(start, end)).collect();
        CompleteReply {
            matches: found.items.into_iter().map(|item| item.text).collect(),
            cursor_start: start,
            cursor_end: end,
            metadata: [("_jupyter_types_experimental".to_owned(), kinds)].into_iter().collect(),
            status: ReplyStatus::Ok,
            error: None,
        }
    }
}

fn is_cell(job: &Job) -> bool {
    matches!(job.message.content, JupyterMessageContent::ExecuteRequest(_))
}

fn inspect(request: &InspectRequest, context: Option<&mut Context>) -> InspectReply {
    let mut reply = InspectReply::default();
    let Some(context) = context else { return reply };
    let cursor = byte_position(&request.code, request.cursor_pos);
    if let Some(found) = inspect::at(context, &request.code, cursor) {
        reply.found = true;
        reply.data = media(found);
    }
    reply
}

/// The byte that a position in characters stands at.
fn byte_position(code: &str, characters: usize) -> usize {
    code.char_indices().nth(characters).map_or(code.len(), |(byte, _)| byte)
}

/// What a thread panicked with.
pub fn panic_error(panic: &(dyn std::any::Any + Send)) -> ErrorOutput {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("no reason");
    report::plain(
        "KernelError",
        &format!("evcxr stopped on this code ({text}); variables are kept, try to write it otherwise"),
    )
}
