//! Files that once broke something, in `tests/reliability/found/pictures`: what is to come
//! of each now.

use super::reason;
use std::path::Path;

/// Words of the reason why it is no picture.
const NAMED: [(&str, &str); 1] = [("planes_apart.jpg", "its colours are stored one after the other")];

#[test]
fn what_broke_once_is_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reliability/found/pictures");
    let pictures = std::fs::read_dir(&folder).expect("the folder is listed");
    let pictures =
        pictures.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name() != "README.md"));
    assert_eq!(pictures.count(), NAMED.len(), "each file has its line");
    for (name, words) in NAMED {
        let found = reason(&folder.join(name)).expect_err(name);
        assert!(found.contains(words), "{name}: {found}");
    }
}
