//! What comes from elsewhere is pinned by its hash: runs the Python tests beside
//! this file. `check.py` there asks cargo-deny; it takes longer and is run apart.

use std::path::Path;
use std::process::Command;

#[test]
fn everything_from_elsewhere_is_pinned_by_its_hash() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tests = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests/supply"])
        .current_dir(&repository)
        .status()
        .expect("Python starts");
    assert!(tests.success(), "tests/supply failed");
}
