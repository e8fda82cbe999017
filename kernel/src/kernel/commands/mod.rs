//! What a cell may hold besides Rust: commands in its first lines, and a name with
//! a question mark.
//!
//! The kernel's own commands are taken out of the cell and carried out before the
//! rest; evcxr's stay in it. A command is replaced by spaces, so that an error's
//! line and column are those that the user sees.

mod clear;
mod doc;
mod help;
mod question;
mod timing;
mod vars;
mod version;

pub use question::Question;
pub use timing::took;

use super::context::Context;
use serde_json::Value;

/// One of the kernel's own commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What can be typed.
    Help,
    /// The variables and their types.
    Vars,
    /// What is written about a name.
    Doc(String),
    /// Who works here.
    Version,
    /// Forget all.
    Clear,
    /// A new process.
    Restart,
    /// End the kernel.
    Quit,
}

/// Their names, what follows them, and what they do.
pub const COMMANDS: [(&str, &str, &str); 8] = [
    (":help", "", "show this table"),
    (":doc", "NAME", "show what is written about a name; NAME? and ?NAME do the same"),
    (":vars", "", "list the variables and their types"),
    (":time", "CODE", "run the rest of the cell and say how long compiling and running took"),
    (":clear", "", "forget all variables, functions and dependencies, and load the library again"),
    (":restart", "", "start a new process for the cells; variables are lost, functions and types stay"),
    (":version", "", "show the versions of sevenlines, rustc, evcxr and candle"),
    (":quit", "", "end the kernel"),
];

impl Command {
    fn new(name: &str, argument: &str) -> Option<Command> {
        Some(match name {
            ":help" => Command::Help,
            ":vars" => Command::Vars,
            ":doc" => Command::Doc(argument.to_owned()),
            ":version" => Command::Version,
            ":clear" => Command::Clear,
            ":restart" => Command::Restart,
            ":quit" => Command::Quit,
            _ => return None,
        })
    }

    /// Carries it out: a MIME bundle to show, or what was wrong.
    pub fn run(&self, context: &mut Context) -> Result<Value, String> {
        match self {
            Command::Help => help::run(context),
            Command::Vars => Ok(vars::run(context)),
            Command::Doc(name) => doc::run(context, name),
            Command::Version => version::run(context),
            Command::Clear => clear::run(context),
            Command::Restart => clear::restart(context),
            Command::Quit => Ok(serde_json::json!({ "text/plain": "the kernel ends" })),
        }
    }
}

/// A cell, its own commands apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The kernel's commands, in order.
    pub commands: Vec<Command>,
    /// `:time` is among them.
    pub timed: bool,
    /// The rest: Rust, and evcxr's commands.
    pub code: String,
}

impl Cell {
    /// Whether nothing is left for evcxr.
    pub fn is_done(&self) -> bool {
        self.code.trim().is_empty()
    }

    /// The Rust code alone, also without evcxr's commands, shell lines and a name
    /// with a question mark.
    pub fn without_any(&self) -> String {
        if Question::read(&self.code).is_some() {
            return String::new();
        }
        let mut head = true;
        let lines = self.code.split('\n').map(|line| {
            head &= is_head(line);
            if head && (line.starts_with('!') || name_and_argument(line).is_some()) { "" } else { line }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Takes a cell apart.
pub fn read(code: &str) -> Cell {
    let mut cell = Cell::default();
    let mut head = true;
    let mut lines = Vec::new();
    for line in code.split('\n') {
        head &= is_head(line);
        lines.push(if head { take(line, &mut cell) } else { line.to_owned() });
    }
    cell.code = lines.join("\n");
    cell
}

/// Whether commands may follow: as evcxr has it, until the first line of Rust.
fn is_head(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with("//")
        || line.starts_with('!')
        || name_and_argument(line).is_some()
}

/// The command line, up to the cursor, that a cell ends with.
pub fn last_command(code: &str) -> Option<(&str, &str)> {
    let (before, line) = code.rsplit_once('\n').unwrap_or(("", code));
    let trimmed = line.trim_start();
    let is_command =
        trimmed.starts_with(':') && !trimmed.starts_with("::") && before.split('\n').all(is_head);
    is_command.then(|| trimmed.split_once(' ').unwrap_or((trimmed, "")))
}

/// The parts of a command line.
fn name_and_argument(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    name.strip_prefix(':').is_some_and(is_name).then(|| (name, argument.trim()))
}

/// Takes the kernel's command out of a line; what is left of the line.
fn take(line: &str, cell: &mut Cell) -> String {
    match name_and_argument(line) {
        Some((":time", argument)) => {
            cell.timed = true;
            let rest = line.replacen(":time", "     ", 1);
            // evcxr's own commands may follow, and ours.
            if argument.starts_with(':') { take(&rest, cell) } else { rest }
        }
        Some((name, argument)) => match Command::new(name, argument) {
            Some(command) => {
                cell.commands.push(command);
                " ".repeat(line.len())
            }
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A table as text and as HTML.
fn table(heads: &[&str], rows: &[Vec<String>]) -> Value {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let last = heads.len() - 1;
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, text)| match column == last {
            true => text.clone(),
            false => format!("{text:<width$}", width = width(column)),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    let cells = |tag: &str, row: &[String]| {
        row.iter()
            .map(|text| format!("<{tag} style=\"text-align:left\">{}</{tag}>", escape(text)))
            .collect::<String>()
    };
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let body: String = rows.iter().map(|row| format!("<tr>{}</tr>", cells("td", row))).collect();
    serde_json::json!({
        "text/plain": rows.iter().map(line).collect::<Vec<_>>().join("\n"),
        "text/html": format!("<table><thead><tr>{}</tr></thead><tbody>{body}</tbody></table>", cells("th", &heads)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_from_the_first_lines() {
        let cell = read("// a note\n:vars\n\n:dep rand = \"0.8\"\n:doc Vec::new\nlet a = 1;\n:vars");
        assert_eq!(cell.commands, [Command::Vars, Command::Doc("Vec::new".into())]);
        assert_eq!(cell.code, "// a note\n     \n\n:dep rand = \"0.8\"\n             \nlet a = 1;\n:vars");
        assert!(!cell.timed && !cell.is_done());
        assert_eq!(cell.without_any(), "// a note\n     \n\n\n             \nlet a = 1;\n:vars");
    }

    #[test]
    fn time_leaves_the_columns_as_they_were() {
        let cell = read(":time f(1)\ng()");
        assert_eq!((cell.timed, cell.code.as_str()), (true, "      f(1)\ng()"));
        assert_eq!(read(":time\nf()").code, "     \nf()");
        assert_eq!(read(":time :vars").commands, [Command::Vars]);
    }

    #[test]
    fn rust_stays() {
        for code in ["::std::mem::drop(1)", "let a: i32 = 1;", "'a: loop {}", "x?", "!true"] {
            let cell = read(code);
            assert_eq!((cell.commands.len(), cell.code.as_str()), (0, code));
        }
    }

    #[test]
    fn a_table_is_text_and_html() {
        let shown = table(&["a", "b"], &[vec!["x".into(), "<1>".into()], vec!["long".into(), "2".into()]]);
        assert_eq!(shown["text/plain"], "x     <1>\nlong  2");
        assert!(shown["text/html"].as_str().is_some_and(|html| html.contains("&lt;1&gt;")));
    }
}
