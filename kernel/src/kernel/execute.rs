//! Running one cell: its commands, a question about a name, and the rest by evcxr.

use super::commands::{self, Question};
use super::context::{Context, START};
use super::evaluator::panic_error;
use super::infer;
use super::input::Prompt;
use super::interrupt::Pressed;
use super::output::media;
use super::renew;
use super::report;
use super::requests::Shared;
use super::syntax;
use crate::cells::work;
use evcxr::{EvalCallbacks, EvalOutputs};
use jupyter_protocol::{DisplayData, ErrorOutput, JupyterMessage, Payload};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

/// What became of a cell.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The MIME bundle of its value.
    pub value: Option<Value>,
    /// Why it failed.
    pub error: Option<ErrorOutput>,
    /// What the client shows beside the notebook.
    pub payload: Vec<Payload>,
    /// The kernel is to end.
    pub ends: bool,
}

impl Outcome {
    /// A cell that failed.
    pub fn failed(error: ErrorOutput) -> Outcome {
        Outcome { error: Some(error), ..Outcome::default() }
    }
}

/// Runs a cell.
pub fn run(shared: &Shared, context: &mut Context, message: &JupyterMessage, code: &str) -> Outcome {
    if let Some(answer) = Question::read(code).and_then(|question| question.answer(context)) {
        return match answer {
            Ok(page) => Outcome {
                payload: vec![Payload::Page { data: media(&page), start: 0 }],
                ..Outcome::default()
            },
            Err(reason) => Outcome::failed(report::plain("NotFound", &reason)),
        };
    }
    let cell = commands::read(code);
    let mut outcome = Outcome::default();
    for command in &cell.commands {
        match command.run(context) {
            Ok(shown) => shared.output.display(&DisplayData::new(media(&shown))),
            Err(reason) => return Outcome::failed(report::plain("CommandError", &reason)),
        }
        if *command == commands::Command::Quit {
            outcome.ends = true;
            outcome.payload = vec![Payload::AskExit { keepkernel: false }];
            return outcome;
        }
    }
    if cell.is_done() {
        return outcome;
    }
    match evaluate(shared, context, message, &cell.code, code) {
        Ok((outputs, value)) => {
            if cell.timed || outputs.timing.is_some() && !outputs.phases.is_empty() {
                shared.output.print(&commands::took(&outputs));
            }
            outcome.value = bundle(outputs, value);
        }
        Err(error) => outcome.error = Some(error),
    }
    outcome
}

/// Has evcxr run the code, which is the `cell` without our commands: what it says
/// and the text of the value, or the error to show.
fn evaluate(
    shared: &Shared,
    context: &mut Context,
    message: &JupyterMessage,
    code: &str,
    cell: &str,
) -> Result<(EvalOutputs, Option<String>), ErrorOutput> {
    let variables: Vec<String> =
        context.evcxr.variables_and_types().map(|(name, _)| name.to_owned()).collect();
    let process = context.evcxr.process_handle();
    let lives =
        || process.lock().unwrap_or_else(PoisonError::into_inner).try_wait().is_ok_and(|end| end.is_none());
    let mut callbacks = EvalCallbacks {
        input_reader: &|request| {
            let theirs = Prompt { text: request.prompt, password: request.is_password };
            shared.input.ask(message, shared.output.take_prompt().unwrap_or(theirs), &lives)
        },
    };
    if code.lines().any(|line| [":fmt", ":types"].iter().any(|command| line.starts_with(command))) {
        work::set_formatted(context.work());
    }
    shared.stop.begin();
    // rust-analyzer may panic on odd code; the notebook's state is evcxr's own
    // and unchanged then.
    let code = syntax::with_semicolon(code);
    let mut run = |context: &mut Context, code: &str| {
        catch_unwind(AssertUnwindSafe(|| context.evcxr.execute_with_callbacks(code, &mut callbacks)))
    };
    let mut outcome = run(context, &code);
    if let Ok(Err(error)) = &outcome
        && let Some(typed) = infer::annotate(&code, error, context.work())
    {
        outcome = run(context, &typed);
    }
    let renewed = renew::is_due(context);
    if renewed {
        renew::renew(context);
        if variables.is_empty() {
            outcome = run(context, &code);
        }
    }
    let pressed = shared.stop.end();
    let (failure, value) = shared.output.end();
    Err(match outcome {
        _ if renewed && !variables.is_empty() => renew::report(&variables),
        Ok(Ok(outputs)) => match failure {
            None => return Ok((outputs, value)),
            Some(failure) => report::failure(&failure, pressed),
        },
        Ok(Err(evcxr::Error::SubprocessTerminated(said))) => {
            shared.wait_if_ending();
            // evcxr has started a new process; it needs what the prelude did.
            let _ = context.evcxr.execute(START);
            report::process_ended(pressed, &said, &variables)
        }
        Ok(Err(error)) => match (&error, pressed) {
            (evcxr::Error::CompilationErrors(_), _) | (_, Pressed::Not) => report::evcxr(&error, cell),
            _ => report::not_run(),
        },
        Err(panic) => panic_error(&*panic),
    })
}

/// What evcxr's commands answer, and the value of the last expression.
fn bundle(outputs: EvalOutputs, value: Option<String>) -> Option<Value> {
    let mut data = outputs.content_by_mime_type;
    // A statement's `()` is not worth showing.
    if let Some(value) = value.filter(|value| value != "()") {
        data.entry("text/plain".into()).or_default().push_str(&value);
    }
    (!data.is_empty()).then(|| json!(data))
}
