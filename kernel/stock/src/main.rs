//! evcxr_jupyter's kernel.
fn main() {}
