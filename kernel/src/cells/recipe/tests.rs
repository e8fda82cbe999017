//! Whatever would make cargo build otherwise, a recipe no longer holds.

use super::*;
use std::time::{Duration, SystemTime};

/// A work folder with recipes, a crate by path, an artifact and a compiler.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        for file in ["library/Cargo.toml", "library/src/lib.rs", "library/src/part.rs", "rustc", "lib.so"] {
            folder.write(file, "1");
        }
        folder.write("work/Cargo.lock", "lock");
        folder.write("work/Cargo.toml", &manifest("sevenlines = 1\n"));
        folder.write("work/.cargo/config.toml", CONFIG);
        let text = |file: &str| folder.path(file).to_str().expect("a name").to_owned();
        let call = Call {
            arguments: vec![text("rustc"), "--extern".into(), format!("library={}", text("lib.so"))],
            variables: vec![("CARGO_MANIFEST_DIR".into(), WORK.into())],
        };
        let sources = ["library/src/lib.rs", "library/src/part.rs"].map(|file| folder.path(file)).into();
        Template { call, sources }.install(&folder.path("work"), "1").expect("installs");
        folder
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(path, text).expect("writes");
    }

    fn find(&self) -> Option<Recipe> {
        Recipe::find(&self.path("work"))
    }
}

#[test]
fn holds_as_long_as_nothing_changes() {
    let folder = Folder::new();
    let (command, arguments) = folder.find().expect("a recipe").command();
    assert_eq!(command.get_program(), folder.path("rustc"));
    assert_eq!(arguments.len(), 3);
    // A cell's own text is no part of it.
    folder.write("work/src/lib.rs", "2");
    assert!(folder.find().is_some());
    // Without dependencies nothing is linked.
    folder.write("work/Cargo.toml", &manifest(""));
    assert_eq!(folder.find().expect("a recipe").command().1.len(), 1);
}

#[test]
fn a_changed_file_is_seen() {
    for file in ["library/src/lib.rs", "library/src/part.rs", "library/Cargo.toml", "lib.so", "rustc"] {
        let folder = Folder::new();
        assert!(folder.find().is_some());
        folder.write(file, "longer");
        assert!(folder.find().is_none(), "{file}");
    }
}

#[test]
fn a_file_of_the_same_length_but_later_is_seen() {
    let folder = Folder::new();
    let file = fs::File::options().write(true).open(folder.path("library/src/part.rs")).expect("opens");
    file.set_modified(SystemTime::now() + Duration::from_secs(5)).expect("sets");
    assert!(folder.find().is_none());
}

#[test]
fn another_manifest_lock_or_configuration_has_no_recipe() {
    let manifest = manifest("sevenlines = 1\nregex = 1\n");
    for (file, text) in [("Cargo.toml", manifest.as_str()), ("Cargo.lock", "2"), (".cargo/config.toml", "3")]
    {
        let folder = Folder::new();
        folder.write(&format!("work/{file}"), text);
        assert!(folder.find().is_none(), "{file}");
    }
}

#[test]
fn a_new_manifest_or_configuration_above_is_seen() {
    for file in ["Cargo.toml", "library/src/Cargo.toml", ".cargo/config.toml"] {
        let folder = Folder::new();
        assert!(folder.find().is_some());
        folder.write(file, "");
        assert!(folder.find().is_none(), "{file}");
    }
}

#[test]
fn another_environment_is_seen() {
    let folder = Folder::new();
    let file = file(&folder.path("work"));
    // The first use in a kernel sets it.
    assert_eq!(Recipe::of(&folder.path("work")).expect("a recipe").environment, None);
    let mut recipe = folder.find().expect("a recipe");
    recipe.environment = recipe.environment.map(|known| known ^ 1);
    recipe.write(&file).expect("writes");
    assert!(folder.find().is_none());
}

#[test]
fn a_missing_source_leaves_no_recipe() {
    let folder = Folder::new();
    fs::remove_file(folder.path("library/src/part.rs")).expect("removes");
    assert!(folder.find().is_none());
}
