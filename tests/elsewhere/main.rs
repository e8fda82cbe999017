//! Other places than this repository: a job array's shards, conda, Binder, a class's
//! JupyterHub, a container; and what docs/elsewhere.md says of them.

#[path = "../support/installed.rs"]
#[allow(dead_code, reason = "this test uses a part of it")]
mod installed;
mod places;
#[path = "../support/python.rs"]
mod python;
mod shards;
