//! Running one cell: its commands, a question about a name, and the rest by evcxr.

use super::commands::{self, Question};
use super::context::{Context, START};
use super::evaluator::panic_error;
use super::infer;
use super::input::Prompt;
use super::interrupt::Pressed;
use super::output::media;
use super::renew;
use super::report::{self, Memory};
use super::requests::Shared;
use super::syntax;
use crate::cells::{unused, work};
use evcxr::{EvalCallbacks, EvalOutputs};
use jupyter_protocol::{DisplayData, ErrorOutput, JupyterMessage, Payload};
use serde_json::{Map, Value};
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

/// A cell to be run.
#[derive(Debug)]
pub struct Cell<'a> {
    /// The request.
    pub message: &'a JupyterMessage,
    /// Its number.
    pub number: usize,
    /// Its text.
    pub code: &'a str,
}

/// Runs a cell.
pub fn run(shared: &Shared, context: &mut Context, request: &Cell, memory: &mut Memory) -> Outcome {
    let code = request.code;
    if let Some(answer) = Question::read(code).and_then(|question| question.answer(context)) {
        return match answer {
            Ok(page) => {
                Outcome { payload: vec![Payload::Page { data: media(page), start: 0 }], ..Outcome::default() }
            }
            Err(reason) => Outcome::failed(report::plain("NotFound", &reason)),
        };
    }
    let cell = commands::read(code);
    let mut outcome = Outcome::default();
    for command in &cell.commands {
        match command.run(context) {
            Ok(shown) => shared.output.display(DisplayData::new(media(shown))),
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
    if let Some(reason) = context.refusal() {
        outcome.error = Some(report::plain("OutOfMaps", &reason));
        return outcome;
    }
    let before = names(context);
    let evaluated = evaluate(shared, context, request, &cell.code, memory);
    // What later errors want to know of this cell.
    memory.ran(request.number, code, evaluated.is_err(), &before, &names(context));
    context.notes().iter().for_each(|note| shared.output.note(note));
    match evaluated {
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

/// The variables that evcxr holds.
fn names(context: &Context) -> Vec<String> {
    context.evcxr.variables_and_types().map(|(name, _)| name.to_owned()).collect()
}

/// Has evcxr run the code, which is the cell without our commands: what it says and
/// the text of the value, or the error to show.
fn evaluate(
    shared: &Shared,
    context: &mut Context,
    cell: &Cell,
    code: &str,
    memory: &mut Memory,
) -> Result<(EvalOutputs, Option<String>), ErrorOutput> {
    let variables = names(context);
    let process = context.evcxr.process_handle();
    let lives =
        || process.lock().unwrap_or_else(PoisonError::into_inner).try_wait().is_ok_and(|end| end.is_none());
    let mut callbacks = EvalCallbacks {
        input_reader: &|request| {
            let theirs = Prompt { text: request.prompt, password: request.is_password };
            shared.input.ask(cell.message, shared.output.take_prompt().unwrap_or(theirs), &lives)
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
    let died = matches!(outcome, Ok(Err(evcxr::Error::SubprocessTerminated(_))));
    let pressed = shared.stop.end(|text| {
        if !died {
            shared.output.note(text);
        }
    });
    if pressed == Pressed::Killed && !died {
        // The cell was over by then; evcxr learns only now that its process is gone.
        outcome = run(context, START);
    }
    let (failure, value) = shared.output.end();
    Err(match outcome {
        _ if renewed && !variables.is_empty() => renew::report(&variables),
        Ok(Ok(outputs)) => match failure {
            None => {
                let unused = unused::take(context.work());
                if let Some(note) = report::unused(&unused, cell.code, memory) {
                    shared.output.note(&note);
                }
                return Ok((outputs, value));
            }
            Some(failure) => {
                let generated = context.evcxr.last_source().unwrap_or_default();
                let ran = report::Ran { code: cell.code, generated: &generated };
                report::failure(&failure, pressed, ran, memory)
            }
        },
        Ok(Err(evcxr::Error::SubprocessTerminated(said))) => {
            shared.wait_if_ending();
            // evcxr has started a new process; it needs what the prelude did.
            let _ = context.evcxr.execute(START);
            report::process_ended(pressed, &said, &shared.output.death(), &variables, memory)
        }
        Ok(Err(error)) => report::evcxr(&error, cell.code, pressed, memory),
        Err(panic) => panic_error(&*panic),
    })
}

/// What evcxr's commands answer, and the value of the last expression.
fn bundle(outputs: EvalOutputs, value: Option<String>) -> Option<Value> {
    let mut data = outputs.content_by_mime_type;
    // A statement's `()` is not worth showing.
    if let Some(value) = value.filter(|value| value != "()") {
        match data.get_mut("text/plain") {
            Some(text) => text.push_str(&value),
            None => drop(data.insert("text/plain".into(), value)),
        }
    }
    let data: Map<String, Value> = data.into_iter().map(|(mime, text)| (mime, text.into())).collect();
    (!data.is_empty()).then_some(Value::Object(data))
}
