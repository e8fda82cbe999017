//! `input` in a program and under evcxr's protocol: the test runs itself as the
//! process that asks, with its standard input and output in hand.

use sevenlines::channel;
use sevenlines::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

const ROLE: &str = "SEVENLINES_TEST_ASKS";
const TOKEN: &str = "t0k3n";

/// The asking process; where it is not, nothing.
#[test]
fn asks() {
    let Ok(prompt) = std::env::var(ROLE) else { return };
    // As evcxr's loop does while a cell runs.
    let locked = std::env::var_os("EVCXR_IS_RUNTIME").map(|_| std::io::stdin().lock());
    for ask in [input, input_password] {
        match ask(&prompt) {
            Ok(answer) => println!("\nanswer {answer:?}"),
            Err(error) => println!("\nerror {} {error}", error.name()),
        }
    }
    drop(locked);
}

/// What the asking process prints when it gets these lines.
fn asked(prompt: &str, lines: &str, notebook: bool) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "asks", "--nocapture"]).env(ROLE, prompt);
    if notebook {
        command.env("EVCXR_IS_RUNTIME", "1").env(channel::VARIABLE, TOKEN);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_program_prints_the_prompt_and_reads_a_line() {
    let output = asked("Who: ", "Ann: 1 \r\n", false);
    assert!(output.contains("Who: \nanswer \"Ann: 1 \"\n"), "{output}");
    assert!(
        output.contains("error NoInput there was no answer to \"Who:\": standard input has ended"),
        "{output}"
    );
    assert!(!output.contains("EVCXR"), "{output}");
}

#[test]
fn a_notebook_is_asked_by_the_side_channel_and_evcxr() {
    let output = asked("Host:\n port? ", "localhost\n\n", true);
    let mark = channel::mark(TOKEN);
    for (password, request) in [(false, "EVCXR_INPUT_REQUEST"), (true, "EVCXR_INPUT_REQUEST_PASSWORD")] {
        let (_, rest) =
            output.split_once(&format!("\n{request}:Host∶  port? \n")).unwrap_or_else(|| panic!("{output}"));
        let before = &output[..output.len() - rest.len()];
        let operation = before.lines().rev().nth(1).unwrap();
        let operation =
            &operation[operation.find(&mark).unwrap_or_else(|| panic!("{output}")) + mark.len()..];
        let wanted = serde_json::json!({ "op": "prompt", "text": "Host:\n port? ", "password": password });
        assert_eq!(serde_json::from_str::<serde_json::Value>(operation).unwrap(), wanted);
    }
    assert!(output.contains("answer \"localhost\"") && output.contains("answer \"\""), "{output}");
}

#[test]
fn a_notebook_without_anybody_says_so() {
    let output = asked("Name? ", "\u{1}NO_INPUT\n\u{1}INTERRUPTED\n", true);
    assert!(
        output.contains("error NoInput there was no answer to \"Name?\": this notebook runs"),
        "{output}"
    );
    assert!(output.contains("error Interrupted "), "{output}");
}
