//! `sevenlines features`: what VGG16 has computed is kept on disk; this shows how much
//! of it there is, and clears it.

use crate::error::Result;
use crate::paths;
use crate::report::{Mode, mode, say, tell};
use clap::{Args, Subcommand};
use serde_json::json;
use sevenlines::train::{clear_stored_features, stored_features};

/// Show or clear the features that VGG16 has computed: they are kept, so that it looks at each picture once.
///
/// They are found by what a picture holds, also after a restart and in another folder. SEVENLINES_FEATURES in
/// the kernel's environment limits the room that they take (500MB; 2 GB unless set; the longest unused go
/// first), or keeps them in memory only (off).
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Remove them all; kernels may be running.
    Clear,
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    match options.action {
        None => {
            let stored = stored_features()?;
            let event = json!({
                "event": "result", "pictures": stored.pictures, "bytes": stored.bytes, "limit": stored.limit,
                "folder": stored.folder,
            });
            tell(event, &format!("There are {stored}."));
            if stored.pictures > 0 && mode() == Mode::Text {
                say(&format!("`{} features clear` removes them.", paths::command()));
            }
        }
        Some(Action::Clear) => {
            // What cannot be read can be removed all the same.
            let before = stored_features().map_or(0, |stored| stored.pictures);
            clear_stored_features()?;
            let text = match before {
                0 => "There are no stored features now.".to_owned(),
                1 => "Removed the features of 1 picture.".to_owned(),
                count => format!("Removed the features of {count} pictures."),
            };
            tell(json!({ "event": "result", "removed": before }), &text);
        }
    }
    Ok(())
}
