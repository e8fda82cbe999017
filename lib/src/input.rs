//! Asking the user for a line: in a notebook by the box under the cell, elsewhere
//! on the terminal.
//!
//! Our kernel is asked over the side channel, and answers there: text that a cell
//! prints asks nothing. For the stock kernel evcxr has a line: the cell prints
//! `EVCXR_INPUT_REQUEST:` and what fits into it of the prompt, and reads the answer
//! from its standard input.

use crate::interrupt::check_interrupt;
use crate::{Error, Result, channel};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What our kernel answers where the front end cannot ask.
pub const NO_INPUT: &str = "\u{1}NO_INPUT";
/// What it answers when the user presses stop instead.
pub const INTERRUPTED: &str = "\u{1}INTERRUPTED";

const NOBODY: &str =
    "this notebook runs without anybody to ask; set the value in the cell, or run it in Jupyter";
const ENDED: &str = "standard input has ended; run it in a terminal, or pipe a line in";

/// Asks for one line of text and waits for it; without its line end.
///
/// # Errors
/// [`Error::NoInput`] where nobody can answer: a notebook that `sevenlines run` or
/// nbconvert executes, a program whose standard input has ended.
/// [`Error::Interrupted`] if the user presses stop. [`Error::Io`].
///
/// ```no_run
/// use sevenlines::prelude::*;
///
/// let name = input("What is your name? ")?;
/// println!("Hello, {name}!");
/// # Ok::<(), Error>(())
/// ```
pub fn input(prompt: &str) -> Result<String> {
    ask(prompt, false)
}

/// [`input`] for what nobody should read over the user's shoulder: it is not shown
/// while it is typed, nor kept in the notebook.
///
/// # Errors
/// As [`input`].
///
/// ```no_run
/// let token = sevenlines::input::input_password("Token: ")?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn input_password(prompt: &str) -> Result<String> {
    ask(prompt, true)
}

fn ask(prompt: &str, password: bool) -> Result<String> {
    let answer = match std::env::var_os("EVCXR_IS_RUNTIME") {
        Some(_) => ask_notebook(prompt, password),
        None => ask_terminal(prompt, password),
    };
    let answer = answer.map_err(Error::io("read", PathBuf::from("standard input")))?;
    understand(prompt, answer)
}

/// What an answer means; none if the input has ended.
fn understand(prompt: &str, answer: Option<String>) -> Result<String> {
    let none = |reason| Err(Error::NoInput { prompt: prompt.trim().to_owned(), reason });
    match answer.as_deref() {
        None => none(ENDED),
        Some(NO_INPUT) => none(NOBODY),
        Some(INTERRUPTED) => {
            // The signal may have come as well; it is answered by this.
            let _ = check_interrupt();
            Err(Error::Interrupted)
        }
        Some(line) => check_interrupt().map(|()| line.to_owned()),
    }
}

fn ask_notebook(prompt: &str, password: bool) -> std::io::Result<Option<String>> {
    if let Some(answers) = channel::ask(prompt, password) {
        return read_line(&mut answers?);
    }
    // The stock kernel would not see the request behind text without a line end,
    // and the cell would wait for ever.
    write(&format!("\n{}", request(prompt, password)))?;
    // Not through std's handle: evcxr's loop holds its lock while a cell runs.
    let mut stdin = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    read_line(&mut stdin)
}

/// evcxr's line, with a prompt that it can carry: it takes what stands between the
/// first two colons.
fn request(prompt: &str, password: bool) -> String {
    let command = if password { "EVCXR_INPUT_REQUEST_PASSWORD" } else { "EVCXR_INPUT_REQUEST" };
    let tame = |c: char| match c {
        ':' => '\u{2236}',
        c if c.is_control() => ' ',
        c => c,
    };
    let prompt: String = prompt.chars().map(tame).collect();
    format!("{command}:{prompt}\n")
}

/// Byte by byte, for what follows the line belongs to somebody else.
fn read_line(from: &mut impl Read) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match from.read(&mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if byte[0] == b'\n' {
            break;
        }
    }
    Ok(Some(without_end(&String::from_utf8_lossy(&line))))
}

fn ask_terminal(prompt: &str, password: bool) -> std::io::Result<Option<String>> {
    write(prompt)?;
    let hidden = (password && std::io::stdin().is_terminal()).then(Hidden::new);
    let mut line = String::new();
    let count = std::io::stdin().read_line(&mut line)?;
    if hidden.is_some() {
        // The user's own line end was not shown either.
        write("\n")?;
    }
    Ok((count > 0).then(|| without_end(&line)))
}

/// While it lives, the terminal does not show what is typed.
struct Hidden;

impl Hidden {
    fn new() -> Self {
        echo("-echo");
        Hidden
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        echo("echo");
    }
}

/// Where there is no `stty`, what is typed is shown.
fn echo(setting: &str) {
    let _ = Command::new("stty").arg(setting).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
}

fn without_end(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).to_owned()
}

fn write(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_line_of_two_fields() {
        assert_eq!(request("Name? ", false), "EVCXR_INPUT_REQUEST:Name? \n");
        let asked = request("host:port\r\nor empty:", true);
        assert_eq!(asked, "EVCXR_INPUT_REQUEST_PASSWORD:host\u{2236}port  or empty\u{2236}\n");
        assert_eq!((asked.matches(':').count(), asked.lines().count()), (1, 1));
    }

    #[test]
    fn one_line_is_read_and_no_more() {
        let mut bytes: &[u8] = "Jürgen: 1\r\n\nnext\nrest".as_bytes();
        let mut line = || read_line(&mut bytes).unwrap();
        assert_eq!(line().as_deref(), Some("Jürgen: 1"));
        assert_eq!(line().as_deref(), Some(""));
        assert_eq!(line().as_deref(), Some("next"));
        assert_eq!(line().as_deref(), Some("rest"));
        assert_eq!(line(), None);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let error = |answer: Option<&str>| understand("Name? ", answer.map(str::to_owned)).unwrap_err();
        let text = error(Some(NO_INPUT)).to_string();
        assert!(text.contains("\"Name?\": this notebook runs without anybody to ask"), "{text}");
        assert!(error(None).to_string().contains("standard input has ended"));
        assert!(matches!(error(Some(INTERRUPTED)), Error::Interrupted));
        assert_eq!(understand("", Some(" as it is ".into())).unwrap(), " as it is ");
    }
}
