//! `input` in a program, under evcxr's protocol and over the side channel: the test
//! runs itself as the process that asks, with its standard input and output in hand.

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

#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Program,
    Ours,
    Stock,
}

/// What the asking process prints when it gets these lines.
fn asked(prompt: &str, lines: &str, asks: Asks) -> String {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), TOKEN).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "asks", "--nocapture"]).env(ROLE, prompt);
    if asks != Asks::Program {
        command.env("EVCXR_IS_RUNTIME", "1");
    }
    if asks == Asks::Ours {
        command.env(channel::VARIABLE, token.path()).env(channel::ANSWERS, "/dev/fd/0");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_program_prints_the_prompt_and_reads_a_line() {
    let output = asked("Who: ", "Ann: 1 \r\n", Asks::Program);
    assert!(output.contains("Who: \nanswer \"Ann: 1 \"\n"), "{output}");
    assert!(
        output.contains("error NoInput there was no answer to \"Who:\": standard input has ended"),
        "{output}"
    );
    assert!(!output.contains("EVCXR"), "{output}");
}

#[test]
fn the_stock_kernel_is_asked_by_evcxrs_line() {
    let output = asked("Host:\n port? ", "localhost\n\n", Asks::Stock);
    for request in ["EVCXR_INPUT_REQUEST", "EVCXR_INPUT_REQUEST_PASSWORD"] {
        assert!(output.contains(&format!("\n{request}:Host∶  port? \n")), "{output}");
    }
    assert!(output.contains("answer \"localhost\"") && output.contains("answer \"\""), "{output}");
}

#[test]
fn our_kernel_is_asked_by_the_side_channel() {
    let output = asked("Host:\n port? ", "localhost\n\n", Asks::Ours);
    let mark = channel::mark(TOKEN);
    let operations: Vec<serde_json::Value> =
        output.lines().filter_map(|line| serde_json::from_str(line.split_once(&mark)?.1).ok()).collect();
    let asked = |password: bool| {
        [
            serde_json::json!({ "op": "prompt", "text": "Host:\n port? ", "password": password }),
            serde_json::json!({ "op": "evcxr", "line": "EVCXR_INPUT_REQUEST:" }),
        ]
    };
    assert_eq!(operations, [asked(false), asked(true)].concat(), "{output}");
    // Nothing else is printed that a file which a cell prints could hold.
    assert!(output.lines().all(|line| line.contains(&mark) || !line.contains("EVCXR")), "{output}");
    assert!(output.contains("answer \"localhost\"") && output.contains("answer \"\""), "{output}");
}

#[test]
fn a_notebook_without_anybody_says_so() {
    let output = asked("Name? ", "\u{1}NO_INPUT\n\u{1}INTERRUPTED\n", Asks::Ours);
    assert!(
        output.contains("error NoInput there was no answer to \"Name?\": this notebook runs"),
        "{output}"
    );
    assert!(output.contains("error Interrupted "), "{output}");
}
