//! What `docs/` says and what the code does are the same: every error that a user can
//! meet stands in `docs/errors.md`, every command and code block of the pages is tried,
//! and nothing there is of the past.

mod books;
mod errors;
#[path = "../support/python.rs"]
mod python;
mod source;
