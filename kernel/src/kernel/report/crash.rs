//! The cells' process is gone: why, what went with it, and how to get it back.

use super::{Memory, plain};
use crate::child::{FAILED, NOT_RUN};
use crate::kernel::interrupt::Pressed;
use crate::kernel::output::Death;
use jupyter_protocol::ErrorOutput;

/// The end of the process. `status` is evcxr's word for its exit status, `lost` are
/// the variables that it held.
pub fn process_ended(
    pressed: Pressed,
    status: &str,
    death: &Death,
    lost: &[String],
    memory: &mut Memory,
) -> ErrorOutput {
    memory.process_ended();
    let (name, reason) = match pressed {
        Pressed::Killed => ("Killed", "stop was pressed again, which ended the cells' process".to_owned()),
        _ => cause(status, death),
    };
    let mut text = format!("{reason}\n{}", loss(lost, memory));
    if name == "StackOverflow" {
        text += "\nnote: each call needs room on the stack (usually 8 MiB in all); a loop, or a `Box` for large values, needs none";
    }
    let mut error = plain(name, &text);
    // One sentence for clients that show no traceback.
    error.evalue = text.lines().take(2).collect::<Vec<_>>().join("; ");
    error
}

/// What the user has lost, and the way back.
fn loss(lost: &[String], memory: &Memory) -> String {
    let kept = "functions, types and `use` lines of earlier cells are kept";
    if lost.is_empty() {
        return format!("no variable is lost; {kept}");
    }
    let makers = memory.makers(lost);
    let again = match makers.as_slice() {
        [] => "the cells above".to_owned(),
        [one] => format!("cell {one}"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(usize::to_string).collect();
            format!("cells {} and {last}", most.join(", "))
        }
    };
    format!(
        "these variables are lost: {}; {kept}\nto get them back, run {again} again (Run > Run All Above Selected Cell)",
        lost.join(", ")
    )
}

/// A name and a sentence for the end of a process.
fn cause(status: &str, death: &Death) -> (&'static str, String) {
    let number = |mark: &str| {
        let rest = &status[status.rfind(mark)? + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<i32>().ok()
    };
    if death.overflow {
        return ("StackOverflow", "stack overflow (a function calls itself without end?)".into());
    }
    if let Some(signal) = number("signal: ") {
        return signal_cause(signal, &death.said);
    }
    match (number("exit status: "), not_loaded(&death.said)) {
        (Some(FAILED), Some(reason)) => {
            ("NotLoaded", format!("the cell could not be loaded into its process: {reason}"))
        }
        (Some(code), _) => {
            ("Exited", format!("the cell ended its process, with `std::process::exit({code})`"))
        }
        (None, _) => ("ProcessEnded", format!("the cells' process ended: {}", status.trim())),
    }
}

/// What the cells' process says before it ends because it could not load a cell.
fn not_loaded(said: &str) -> Option<&str> {
    said.rsplit_once(NOT_RUN).map(|(_, reason)| reason.trim())
}

fn signal_cause(signal: i32, said: &str) -> (&'static str, String) {
    match signal {
        libc::SIGSEGV => (
            "SegmentationFault",
            "segmentation fault: `unsafe` code, here or in a library, used memory that is not its own \
             (or a thread's stack overflowed)"
                .into(),
        ),
        libc::SIGBUS => (
            "BusError",
            "bus error: a file that was mapped into memory has become shorter, or `unsafe` code is wrong"
                .into(),
        ),
        libc::SIGILL => (
            "IllegalInstruction",
            "illegal instruction: code for another kind of processor, or wrong `unsafe` code".into(),
        ),
        libc::SIGABRT => match bytes_asked_for(said) {
            Some(bytes) => (
                "OutOfMemory",
                format!("out of memory: {} more were asked for and not to be had", size(bytes)),
            ),
            None => (
                "Aborted",
                "the process was aborted: by `std::process::abort()`, or by a panic where none may pass"
                    .into(),
            ),
        },
        libc::SIGKILL => (
            "ProcessKilled",
            "the process was ended from outside, most often by the system because memory ran out \
             (a smaller batch_size needs less)"
                .into(),
        ),
        other => ("ProcessEnded", format!("the cells' process was ended by signal {other}")),
    }
}

/// The size in Rust's `memory allocation of N bytes failed`.
fn bytes_asked_for(said: &str) -> Option<u64> {
    let rest = said.rsplit_once("memory allocation of ")?.1;
    rest.split_once(" bytes failed")?.0.parse().ok()
}

fn size(bytes: u64) -> String {
    let (mut amount, mut unit) = (bytes as f64, "bytes");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if amount >= 1024.0 {
            (amount, unit) = (amount / 1024.0, larger);
        }
    }
    format!("{amount:.0} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(status: &str, overflow: bool, said: &str) -> &'static str {
        cause(status, &Death { overflow, said: said.into() }).0
    }

    #[test]
    fn each_end_has_its_name() {
        let segv = "Subprocess terminated with status: signal: 11 (SIGSEGV) (core dumped)";
        assert_eq!(name(segv, true, ""), "StackOverflow");
        assert_eq!(name(segv, false, ""), "SegmentationFault");
        let abort = "Subprocess terminated with status: signal: 6 (SIGABRT)";
        assert_eq!(name(abort, false, ""), "Aborted");
        assert_eq!(name(abort, false, "x\nmemory allocation of 1024 bytes failed\n"), "OutOfMemory");
        assert_eq!(name("status: signal: 9 (SIGKILL)", false, ""), "ProcessKilled");
        assert_eq!(name("status: exit status: 3", false, ""), "Exited");
        let said = format!("{NOT_RUN}no room\n");
        assert_eq!(name("status: exit status: 99", false, &said), "NotLoaded");
        assert_eq!(name("status: exit status: 98", false, &said), "Exited");
        assert_eq!(name("Subprocess didn't start: no", false, ""), "ProcessEnded");
    }

    #[test]
    fn the_loss_names_variables_and_the_cells_that_make_them() {
        let mut memory = Memory::default();
        memory.ran(1, "let a = 1;", false, &[], &["a".into()]);
        memory.ran(4, "let b = 1;", false, &["a".into()], &["a".into(), "b".into()]);
        let lost = ["a".to_owned(), "b".to_owned()];
        let error = process_ended(Pressed::Not, "signal: 6 (SIGABRT)", &Death::default(), &lost, &mut memory);
        assert!(error.evalue.contains("lost: a, b"), "{}", error.evalue);
        assert!(
            error.traceback.iter().any(|line| line.contains("run cells 1 and 4 again")),
            "{:?}",
            error.traceback
        );
        let none = process_ended(Pressed::Killed, "signal: 9", &Death::default(), &[], &mut memory);
        assert!(none.evalue.contains("no variable is lost"));
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!((size(10).as_str(), size(1 << 46).as_str()), ("10 bytes", "64 TiB"));
    }
}
