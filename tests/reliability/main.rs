//! Nothing lost, nothing let in: broken pictures, damaged weights, bad servers,
//! killed processes, full disks, too much asked for, other threads and processors.
//! The tests of the command and of the kernel are in `commands.rs` here and in
//! `tests/kernel/`. `run.py` runs all of them as often as `docs/reliability.md` says.

#[path = "../support/mod.rs"]
mod support;

mod archives;
mod crashes;
mod disk_full;
mod downloads;
mod folders;
mod fuzz_seeds;
mod memory;
mod pictures;
mod same_numbers;
mod weights;
mod work;
