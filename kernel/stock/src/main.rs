//! evcxr_jupyter's kernel, unchanged.

use std::process::ExitCode;

fn main() -> ExitCode {
    match evcxr_jupyter::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sevenlines-stock: {error:#}");
            ExitCode::FAILURE
        }
    }
}
