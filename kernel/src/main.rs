//! The sevenlines command.
fn main() {}
