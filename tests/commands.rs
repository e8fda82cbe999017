//! The command line as a user meets it: help, exit codes, errors, and what the
//! commands write. Each test has a home of its own and needs no network.

#[path = "support/outcome.rs"]
mod outcome;

use outcome::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty home, Jupyter's folders and the virtual environment in it too.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sevenlines"));
        command.args(arguments).current_dir(self.0.path());
        for unset in
            ["XDG_CACHE_HOME", "XDG_DATA_HOME", "JUPYTER_DATA_DIR", "CONDA_PREFIX", "HF_HOME", "HF_HUB_CACHE"]
        {
            command.env_remove(unset);
        }
        for unset in [
            "SEVENLINES_WEIGHTS",
            "SEVENLINES_DATA",
            "SEVENLINES_FEATURES",
            "PIP_FIND_LINKS",
            "PIP_CONFIG_FILE",
            "VIRTUAL_ENV",
        ] {
            command.env_remove(unset);
        }
        // rustup's toolchains lie in the true home.
        if std::env::var_os("RUSTUP_HOME").is_none() {
            command.env("RUSTUP_HOME", std::env::home_dir().unwrap_or_default().join(".rustup"));
        }
        command
            .env("HOME", self.0.path())
            .env("SEVENLINES_HOME", self.path("home"))
            .env("SEVENLINES_VENV", self.path("venv"))
            .env("PIP_CONFIG_FILE", "/dev/null");
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(arguments))
    }
}

impl Outcome {
    #[track_caller]
    fn says(self, words: &[&str]) -> Outcome {
        for word in words {
            assert!(
                self.out.contains(word) || self.err.contains(word),
                "no {word:?} in\n{}\n{}",
                self.out,
                self.err
            );
        }
        self
    }
}

/// A small picture, its colour made from `number`, so that no two are alike.
fn picture(path: &Path, number: u8) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
    image::RgbImage::from_pixel(8, 8, image::Rgb([number, 255 - number, 7])).save(path).expect("writes");
}

fn count(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())).count()
}

#[test]
fn help_lists_every_command_and_the_exit_codes() {
    let help = Home::new().run(&["--help"]).ends(0);
    help.says(&[
        "setup",
        "run",
        "lab",
        "doctor",
        "data",
        "features",
        "kernel",
        "Exit codes",
        "SEVENLINES_HOME",
    ]);
}

#[test]
fn each_command_explains_itself() {
    let home = Home::new();
    for (command, words) in [
        ("setup", vec!["--offline", "--full", "--user", "--sys-prefix", "--shared", "--stock", "--tests"]),
        ("run", vec!["--data", "--seed", "-p", "--out", "--html", "--in-place", "--kernel"]),
        ("lab", vec!["DIR", "JupyterLab"]),
        ("doctor", vec!["--json", "exit code is 1"]),
        ("data", vec!["kaggle", "dogs-vs-cats", "split", "draw"]),
        ("features", vec!["clear", "SEVENLINES_FEATURES", "off", "--shard", "--resize", "--backbone"]),
        ("kernel", vec!["--control_file"]),
    ] {
        home.run(&[command, "--help"]).ends(0).says(&words);
    }
    for (command, words) in [
        ("kaggle", vec!["--to"]),
        ("dogs-vs-cats", vec!["--sample"]),
        ("split", vec!["--valid", "--seed"]),
        ("draw", vec!["--seed"]),
    ] {
        home.run(&["data", command, "--help"]).ends(0).says(&words);
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let home = Home::new();
    for line in [
        vec!["frobnicate"],
        vec!["setup", "--user", "--sys-prefix"],
        vec!["run"],
        vec!["run", "a.ipynb", "--seed", "many"],
        vec!["run", "a.ipynb", "-p", "name"],
        vec!["run", "a.ipynb", "--in-place", "--out", "b.ipynb"],
        vec!["data", "split", "x", "--valid", "much"],
        vec!["kernel"],
        vec![],
    ] {
        let outcome = home.run(&line).ends(2);
        assert!(outcome.err.contains("--help") || outcome.err.contains("Usage"), "{line:?}: {}", outcome.err);
    }
}

#[test]
fn what_cannot_be_done_ends_with_1_and_a_reason() {
    let home = Home::new();
    std::fs::write(home.path("notes.txt"), "").expect("writes");
    std::fs::write(home.path("n.ipynb"), "{}").expect("writes");
    for (line, reason) in [
        (vec!["run", "none.ipynb"], "there is no notebook"),
        (vec!["run", "notes.txt"], "does not end in .ipynb"),
        (vec!["run", "n.ipynb", "--data", "nowhere"], "there is no such folder"),
        (vec!["lab", "nowhere"], "is no folder"),
        (vec!["kernel", "--control_file", "nowhere.json"], "nowhere.json"),
        (vec!["data", "kaggle", "nowhere.zip"], "nowhere.zip"),
        (vec!["data", "split", "nowhere"], "nowhere"),
        (vec!["data", "split", ".", "--valid", "1.5"], "1.5"),
    ] {
        let outcome = home.run(&line).ends(1).says(&[reason]);
        assert!(outcome.err.lines().any(|line| line.starts_with("error: ")), "{line:?}: {}", outcome.err);
    }
}

#[test]
fn an_empty_home_lacks_everything_and_the_doctor_says_what_mends_it() {
    let home = Home::new();
    let table = home.run(&["doctor"]).ends(1);
    for name in ["virtual environment", "Jupyter", "kernel", "weights", "drawn sample", "library for cells"] {
        let mut lines = table.out.lines().skip_while(|line| !line.starts_with(name));
        let line = lines.next().unwrap_or_else(|| panic!("no line {name:?} in\n{}", table.out));
        assert!(line[name.len()..].trim_start().starts_with("missing"), "{line}");
        let mend = lines.find(|line| line.contains('→')).unwrap_or_default();
        assert!(mend.contains("setup"), "{name}: {mend}");
    }
    assert!(table.out.contains("GPU"), "{}", table.out);
    assert!(!home.path("home").exists(), "the doctor changes nothing");
}

#[test]
fn the_doctor_speaks_json() {
    let outcome = Home::new().run(&["doctor", "--json"]).ends(1);
    let table: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
    assert_eq!(table["ready"], false);
    let checks = table["checks"].as_array().expect("a list");
    let find = |name: &str| {
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {table:#}"))
    };
    assert_eq!(find("Rust")["state"], "ok");
    assert_eq!(find("Rust")["mend"], serde_json::Value::Null);
    assert_eq!(find("weights")["state"], "missing");
    assert_eq!(find("photographs")["state"], "optional");
    assert!(find("weights")["mend"].as_str().is_some_and(|mend| mend.contains("setup")));
}

#[test]
fn stored_features_are_shown_and_cleared() {
    let home = Home::new();
    let folder = home.path("home/features");
    home.run(&["features"])
        .ends(0)
        .says(&["There are no features, 0 kB of at most 2.0 GB in ~/home/features."]);
    home.run(&["features", "clear"]).ends(0).says(&["no stored features now"]);
    assert!(!folder.exists(), "looking makes nothing");
    let limited =
        |limit: &str| Outcome::of(home.command(&["features"]).env("SEVENLINES_FEATURES", limit)).ends(0);
    limited("500MB").says(&["of at most 500 MB"]);
    limited("off").says(&["off", "in memory only"]);
    limited("many").says(&["\"many\"", "must be `off` or a size", "of at most 2.0 GB"]);
    let line = |home: &Home| {
        let table = home.run(&["doctor"]);
        let line = table.out.lines().find(|line| line.starts_with("stored features"));
        line.unwrap_or_else(|| panic!("no stored features in {}", table.out)).to_owned()
    };
    assert!(line(&home).contains(" note ") && line(&home).contains("at most 2.0 GB"), "{}", line(&home));

    // Damaged, they are moved aside and told of; clearing leaves nothing of them.
    std::fs::create_dir_all(&folder).expect("creates");
    std::fs::write(folder.join("features-1.redb"), vec![7; 20_000]).expect("writes");
    home.run(&["features"]).ends(1).says(&["damaged", "~/home/features/damaged.redb", "computed anew"]);
    let aside = home.run(&["features"]).ends(0).says(&["no features"]);
    assert!(!aside.out.contains(" 0 kB"), "{}", aside.out);
    home.run(&["features", "clear"]).ends(0);
    home.run(&["features"]).ends(0).says(&["no features, 0 kB"]);
    std::fs::write(folder.join("features-1.redb"), "").expect("writes");
    assert!(line(&home).contains(" note "), "the doctor goes on: {}", line(&home));
    home.run(&["features", "clear"]).ends(0).says(&["no stored features now"]);
    assert_eq!(count(&folder), 1, "the lock alone");
}

/// Checks the folder that Jupyter knows the kernel by.
#[track_caller]
fn is_our_kernelspec(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("kernel.json"))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let spec: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(spec["display_name"], "Rust (sevenlines)");
    assert_eq!(spec["language"], "rust");
    assert_eq!(spec["interrupt_mode"], "message");
    let argv: Vec<&str> =
        spec["argv"].as_array().expect("a list").iter().filter_map(|word| word.as_str()).collect();
    assert_eq!(argv[1..], ["kernel", "--control_file", "{connection_file}"]);
    assert!(Path::new(argv[0]).is_absolute() && Path::new(argv[0]).is_file(), "{}", argv[0]);
    for logo in ["logo-32x32.png", "logo-64x64.png"] {
        let picture = image::open(folder.join(logo)).expect("a picture");
        assert!(logo.contains(&format!("{}x{}", picture.width(), picture.height())));
    }
}

#[test]
fn the_kernelspec_lies_where_it_was_asked_for() {
    // The kernelspec comes before what needs the network; that then fails.
    let home = Home::new();
    home.run(&["setup", "--user", "--offline"]).ends(1).says(&[
        "[1/5] the kernel",
        "[2/5]",
        "goes on from here",
    ]);
    let user = if cfg!(target_os = "macos") { "Library/Jupyter" } else { ".local/share/jupyter" };
    is_our_kernelspec(&home.path(user).join("kernels/sevenlines"));

    let home = Home::new();
    let data = home.path("jupyter");
    let mut setup = home.command(&["setup", "--user", "--offline"]);
    Outcome::of(setup.env("JUPYTER_DATA_DIR", &data)).ends(1);
    is_our_kernelspec(&data.join("kernels/sevenlines"));

    let home = Home::new();
    let prefix = home.path("conda");
    let mut setup = home.command(&["setup", "--sys-prefix", "--offline"]);
    Outcome::of(setup.env("CONDA_PREFIX", &prefix)).ends(1);
    is_our_kernelspec(&prefix.join("share/jupyter/kernels/sevenlines"));
    assert!(!home.path("venv").exists(), "one's own Jupyter needs no other");

    let again =
        Outcome::of(home.command(&["setup", "--sys-prefix", "--offline"]).env("CONDA_PREFIX", &prefix));
    again.ends(1).says(&["[1/5] the kernel \"Rust (sevenlines)\" … already there"]);
}

/// Makes an environment that claims to hold what `lock` pins.
fn stamped_environment(home: &Home) -> PathBuf {
    let dir = home.path("venv");
    let made =
        Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&dir).status().expect("Python");
    assert!(made.success());
    let mut ask = Command::new(dir.join("bin/python"));
    let version =
        ask.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output().expect("Python");
    let version = String::from_utf8(version.stdout).expect("UTF-8");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/requirements.lock");
    let lock = std::fs::read_to_string(lock).expect("the lock file");
    let stamp = format!("# Installed by sevenlines for Python {}.\n{lock}", version.trim());
    std::fs::write(dir.join("sevenlines-requirements.lock"), stamp).expect("writes");
    // What the command asks the environment for.
    for package in ["jupyterlab", "nbclient"] {
        let about = dir.join(format!("lib/python{}/site-packages/{package}-0.dist-info", version.trim()));
        std::fs::create_dir_all(&about).expect("creates");
        std::fs::write(about.join("METADATA"), format!("Name: {package}\nVersion: 0\n")).expect("writes");
    }
    dir
}

#[test]
fn an_environment_that_is_there_is_kept_and_gets_the_kernelspec() {
    let home = Home::new();
    let dir = stamped_environment(&home);
    home.run(&["setup", "--offline"])
        .ends(1)
        .says(&["[1/6] Jupyter in a virtual environment … already there", "[2/6] the kernel"]);
    is_our_kernelspec(&dir.join("share/jupyter/kernels/sevenlines"));
    // Another lock file's environment is not taken for this one's.
    std::fs::write(dir.join("sevenlines-requirements.lock"), "of another version").expect("writes");
    let table = home.run(&["doctor"]).ends(1);
    assert!(table.out.contains("is not of this version"), "{}", table.out);
}

#[test]
fn offline_setup_without_wheels_says_how_to_bring_them() {
    let home = Home::new();
    let outcome = home.run(&["setup", "--offline"]).ends(1);
    outcome.says(&["[1/6] Jupyter in a virtual environment", "failed after", "PIP_FIND_LINKS"]);
}

#[test]
fn a_folder_that_is_no_environment_is_left_alone() {
    let home = Home::new();
    std::fs::create_dir(home.path("venv")).expect("creates");
    std::fs::write(home.path("venv/mine.txt"), "mine").expect("writes");
    home.run(&["setup", "--offline"]).ends(1).says(&["is no virtual environment", "SEVENLINES_VENV"]);
    assert_eq!(count(&home.path("venv")), 1);
}

#[test]
fn kaggles_pictures_are_sorted_from_a_folder_and_from_a_zip() {
    let home = Home::new();
    for number in 0..10 {
        picture(&home.path(&format!("kaggle/cat.{number}.png")), number);
        picture(&home.path(&format!("kaggle/dog.{number}.png")), 100 + number);
    }
    std::fs::write(home.path("kaggle/cat.10.png"), "no picture").expect("writes");
    let outcome = home.run(&["data", "kaggle", "kaggle"]).ends(0);
    outcome.says(&["dogs_vs_cats() finds it", "left out", "cat.10.png"]);
    let sorted = home.path("home/data/dogs-vs-cats");
    for class in ["cats", "dogs"] {
        assert_eq!(count(&sorted.join("train").join(class)) + count(&sorted.join("valid").join(class)), 10);
        assert_eq!(count(&sorted.join("valid").join(class)), 2, "a fifth");
    }
    assert_eq!(count(&home.path("kaggle")), 21, "the originals stay");

    let zip = home.path("train.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&zip).expect("creates"));
    for entry in std::fs::read_dir(home.path("kaggle")).expect("lists").flatten() {
        let name = format!("train/{}", entry.file_name().to_string_lossy());
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::Write::write_all(&mut writer, &std::fs::read(entry.path()).expect("reads")).expect("writes");
    }
    writer.finish().expect("ends");
    let outcome = home.run(&["data", "kaggle", "train.zip", "--to", "mine"]).ends(0);
    outcome.says(&["--data", "mine"]);
    assert_eq!(count(&home.path("mine/train/dogs")), 8);
    assert_eq!(count(&home.path("mine/valid/dogs")), 2);
}

#[test]
fn ones_own_folder_is_split() {
    let home = Home::new();
    for number in 0..10 {
        picture(&home.path(&format!("pets/hamsters/{number}.png")), number);
        picture(&home.path(&format!("pets/parrots/{number}.png")), 100 + number);
    }
    let outcome = home.run(&["data", "split", "pets", "--valid", "0.3", "--seed", "4"]).ends(0);
    outcome.says(&["pets-split", "PathBuf::from"]);
    for class in ["hamsters", "parrots"] {
        assert_eq!(count(&home.path("pets-split/train").join(class)), 7);
        assert_eq!(count(&home.path("pets-split/valid").join(class)), 3);
        assert_eq!(count(&home.path("pets").join(class)), 10);
    }
    home.run(&["data", "split", "pets", "--valid", "-0.3"]).ends(1).says(&["-0.3"]);
}

#[test]
fn the_sample_is_drawn_where_it_was_asked_for() {
    let home = Home::new();
    home.run(&["data", "draw", "drawings", "--seed", "3"]).ends(0).says(&["drawings", "--data"]);
    for (part, pictures) in [("train/cats", 150), ("train/dogs", 150), ("valid/cats", 50), ("valid/dogs", 50)]
    {
        assert_eq!(count(&home.path("drawings").join(part)), pictures, "{part}");
    }
    home.run(&["data", "draw", "kinds", "--five-kinds"]).ends(0).says(&["animals of five kinds", "--data"]);
    for kind in ["birds", "cats", "dogs", "horses", "rabbits"] {
        assert_eq!(count(&home.path("kinds/train").join(kind)), 60, "{kind}");
        assert_eq!(count(&home.path("kinds/valid").join(kind)), 20, "{kind}");
    }
    std::fs::create_dir(home.path("mine")).expect("creates");
    std::fs::write(home.path("mine/note.txt"), "").expect("writes");
    home.run(&["data", "draw", "mine"]).ends(1).says(&["mine", "not a complete drawn sample"]);
    // The doctor knows the one that lies where notebooks look.
    home.run(&["data", "draw"]).ends(0).says(&["dogs_vs_cats() finds it"]);
    let table = home.run(&["doctor"]);
    let line = table.out.lines().find(|line| line.starts_with("drawn sample")).unwrap_or_default();
    assert!(line.contains(" ok "), "{line}");
}
