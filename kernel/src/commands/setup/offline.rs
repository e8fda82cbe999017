//! `--offline`, told to every program that the setup starts.

use crate::error::{Error, Result};
use crate::paths;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What pip, Cargo and the hub's conventions understand.
const VARIABLES: [(&str, &str); 3] =
    [("PIP_NO_INDEX", "1"), ("CARGO_NET_OFFLINE", "true"), ("HF_HUB_OFFLINE", "1")];

/// Starts this very command again with the variables set, unless they are.
pub fn enforce() -> Result<()> {
    let is_set = |(name, value): &(&str, &str)| std::env::var_os(name).is_some_and(|is| is == *value);
    if VARIABLES.iter().all(is_set) {
        return Ok(());
    }
    let mut again = Command::new(paths::binary()?);
    let error = again.args(std::env::args_os().skip(1)).envs(VARIABLES).exec();
    Err(Error::Invalid(format!("the command could not be started again for --offline: {error}")))
}
