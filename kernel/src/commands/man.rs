//! `sevenlines man`: the manual pages, made of what `--help` says.

use crate::error::{Error, Result};
use crate::paths;
use crate::report::{print, tell};
use clap::{Args, Command};
use clap_mangen::Man;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Print the manual page, or write it and one for each command into a folder.
///
/// `sevenlines man ~/.local/share/man/man1`, then `man sevenlines` and `man sevenlines-setup`.
#[derive(Args)]
pub struct Options {
    /// Where the pages go.
    dir: Option<PathBuf>,
}

/// Runs the command; `line` is the whole command line.
pub fn main(options: &Options, mut line: Command) -> Result<()> {
    // With the options that are everywhere, and with full names.
    line.build();
    match &options.dir {
        None => print(&page(&line, &|error| Error::io("write", "the manual page")(error))?),
        Some(dir) => {
            let count = write(&line, &paths::absolute(dir)?)?;
            let event = json!({ "event": "file", "kind": "manual", "path": dir, "pages": count });
            tell(event, &format!("wrote {count} pages to {}", dir.display()));
        }
    }
    Ok(())
}

/// Writes the pages of a command and of those below it; how many.
fn write(line: &Command, dir: &Path) -> Result<usize> {
    let name = line.get_display_name().unwrap_or(line.get_name()).replace(' ', "-");
    let file = dir.join(format!("{name}.1"));
    let text = page(line, &|error| Error::io("write", &file)(error))?;
    paths::write(&file, text.as_bytes())?;
    let below = line.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    let below: Vec<&Command> = below.collect();
    below.into_iter().try_fold(1, |count, below| Ok(count + write(below, dir)?))
}

fn page(line: &Command, trouble: &dyn Fn(std::io::Error) -> Error) -> Result<String> {
    let mut bytes = Vec::new();
    Man::new(line.clone()).render(&mut bytes).map_err(trouble)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
