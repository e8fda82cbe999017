//! evcxr_jupyter's own kernel with the same quick build: for comparison, and to
//! see that the library also works where one adds it by `:dep`.

use super::{Prepared, rust_src, shim, toolchain::Toolchain, work::Work, wrapper};
use crate::error::{Error, Result};
use std::path::Path;
use std::process::Command;

/// The kernel's program, beside this one.
const PROGRAM: &str = "sevenlines-stock";

/// Becomes that kernel. Cells are compiled as evcxr writes them; only what was
/// prepared is shared.
pub fn run(control_file: &Path) -> Result<()> {
    let exe = std::env::current_exe().map_err(Error::io("find", "this program"))?;
    let program = exe.with_file_name(PROGRAM);
    if !program.is_file() {
        return Err(Error::Missing {
            what: program.display().to_string(),
            hint: "build it with `cargo build --release -p sevenlines-stock`".into(),
        });
    }
    let toolchain = Toolchain::find()?;
    let prepared = Prepared::ensure(&toolchain, &mut |step| eprintln!("{step}"))?;
    let work = Work::create(&prepared)?;
    let sources = match rust_src::find(&toolchain) {
        Some(sources) => rust_src::for_inference(&sources)?,
        None => rust_src::none(work.outer())?,
    };
    let mut command = Command::new(program);
    command
        .arg("--control_file")
        .arg(control_file)
        .envs(work.variables(&toolchain))
        .env(wrapper::REWRITE, "0")
        .env("PATH", work.path_with_shims())
        .env("EVCXR_TMPDIR", work.path())
        .env("RUST_SRC_PATH", sources)
        .env("RUST_LIB_BACKTRACE", "0")
        .env(super::LIBRARY_PATH, super::library_path());
    // The process keeps its number, so the next kernel to start sees when it has
    // ended, and removes the folder.
    std::mem::forget(work);
    shim::become_program(&mut command)
}
