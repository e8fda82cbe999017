//! Running another program: its last line is the progress, its last lines are
//! the error.

use crate::error::{Error, Result};
use crate::kernel::processes;
use crate::report::Progress;
use crate::stop;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How many of a failed program's last lines an error repeats.
const TAIL: usize = 25;
/// How often it is looked whether the user has stopped this process.
const LOOK: Duration = Duration::from_millis(100);
/// How long programs that were stopped are waited for.
const END: Duration = Duration::from_secs(5);

/// Runs a program to its end, or says what went wrong and `hint`. Gives back what
/// it wrote to stdout.
pub fn run(command: &mut Command, progress: Progress, hint: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut tail, mut output) = (VecDeque::new(), String::new());
    let status = follow(command, hint, &mut |is_output, line| {
        progress(line.trim());
        if is_output {
            output.push_str(&line);
            output.push('\n');
        }
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    })?;
    if status.success() {
        return Ok(output);
    }
    let tail = Vec::from(tail).iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
    let hint = if tells_of_a_full_disk(&tail) { FULL } else { hint };
    Err(failure(format!("{name} failed ({status})"), &tail, hint))
}

/// Runs a program to its end and hands on its lines, with whether they went to stdout.
/// Where the user stops this process, the program is stopped too.
pub fn follow(command: &mut Command, hint: &str, line: &mut dyn FnMut(bool, String)) -> Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failure(format!("{name} could not be started ({error})"), "", hint))?;
    let (sender, lines) = channel();
    let readers = [
        child.stdout.take().map(|pipe| listen(pipe, true, sender.clone())),
        child.stderr.take().map(|pipe| listen(pipe, false, sender.clone())),
    ];
    drop(sender);
    let (mut stopped, mut ended) = (None, Vec::new());
    loop {
        match lines.recv_timeout(LOOK) {
            Ok((is_output, text)) => line(is_output, text),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Err(interrupted) = sevenlines::interrupt::check_interrupt() {
            // With all below it: cargo's compilers, which would work on.
            let all = || [vec![child.id()], processes::descendants(child.id())].concat();
            ended = processes::halt(all);
            for &pid in &ended {
                processes::signal(pid, libc::SIGTERM);
                processes::signal(pid, libc::SIGCONT);
            }
            stopped = Some(interrupted);
        }
    }
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let status =
        child.wait().map_err(|error| failure(format!("{name} was lost sight of ({error})"), "", hint))?;
    processes::wait_for_end(&ended, END);
    // The terminal's Ctrl-C reaches the program too, which may be the first to end of it.
    if !status.success() && stop::signal_that_came().is_some() {
        stopped = stopped.or(Some(sevenlines::Error::Interrupted));
    }
    stopped.map_or(Ok(status), |interrupted| Err(interrupted.into()))
}

/// What to do then, whatever the program was.
pub const FULL: &str = "A disk is full: free some space where the lines above say, and try again.";

/// Whether a program's last lines say that the disk is full, as the system words it.
pub fn tells_of_a_full_disk(tail: &str) -> bool {
    [libc::ENOSPC, libc::EDQUOT].iter().any(|&code| {
        let words = std::io::Error::from_raw_os_error(code).to_string();
        tail.contains(words.split(" (os error").next().unwrap_or(&words))
    })
}

/// What a program writes to stdout, if it can be run and succeeds.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn failure(what: String, tail: &str, hint: &str) -> Error {
    Error::Step { what, tail: tail.to_owned(), hint: hint.to_owned() }
}

fn listen(
    pipe: impl Read + Send + 'static,
    is_output: bool,
    sender: Sender<(bool, String)>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        // Bytes, not `lines()`: a program may write what is no UTF-8.
        for line in BufReader::new(pipe).split(b'\n').map_while(std::result::Result::ok) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send((is_output, text)).is_err() {
                break;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_comes_back_and_lines_are_progress() {
        let mut seen = Vec::new();
        let mut note = |line: &str| seen.push(line.to_owned());
        let output = run(Command::new("sh").args(["-c", "echo one; echo two"]), &mut note, "").expect("runs");
        assert_eq!(output, "one\ntwo\n");
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_failure_repeats_the_last_lines_and_the_hint() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"]), &mut |_| (), "do this")
            .expect_err("fails")
            .to_string();
        assert!(error.contains("why") && error.contains("do this") && error.contains('3'), "{error}");
        let full = Command::new("sh")
            .args(["-c", "echo x > /dev/full"])
            .status()
            .is_ok_and(|ended| !ended.success());
        assert!(full, "this system has no /dev/full");
        let error = run(
            Command::new("sh").args(["-c", "LC_ALL=C cat /dev/zero > /dev/full"]),
            &mut |_| (),
            "ask again",
        )
        .expect_err("fails")
        .to_string();
        assert!(error.contains("A disk is full") && !error.contains("ask again"), "{error}");
        let error = run(&mut Command::new("no-such-program"), &mut |_| (), "get it").expect_err("fails");
        assert!(error.to_string().contains("no-such-program could not be started"), "{error}");
    }
}
