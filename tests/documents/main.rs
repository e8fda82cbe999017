//! What `docs/` says and what the code does are the same: every error that a user can
//! meet stands in `docs/errors.md`, and nothing there is of the past.

mod errors;
mod source;
