//! Folders as they are met: odd names, links in a circle, no permission, files that vanish.
#![cfg(unix)]

use crate::support::counts::{record, tries};
use crate::support::installed::vgg16;
use crate::support::pictures::{small, write};
use sevenlines::Error;
use sevenlines::data::{BatchOptions, Batches, open_picture, split_folder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn list(root: &Path) -> Result<Batches, String> {
    Batches::open(root, 4, BatchOptions::default(), 0).map_err(|error| error.to_string())
}

fn skipping(root: &Path) -> Result<Batches, String> {
    let options = BatchOptions { skip_broken: true, ..Default::default() };
    Batches::open(root, 4, options, 0).map_err(|error| error.to_string())
}

/// Two classes of so many pictures.
fn two_classes(root: &Path, count: u8) {
    for n in 0..count {
        write(root, &format!("cats/{n:02}.png"), n);
        write(root, &format!("dogs/{n:02}.png"), 100 + n);
    }
}

fn read_all(batches: &Batches) -> usize {
    batches.epoch(0).map(|batch| batch.expect("each can be read").indices.len()).sum()
}

#[test]
fn names_that_are_not_utf8_are_read_and_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    for (class, seed) in [(b"caf\xe9".as_slice(), 1), (b"caf\xea", 11), (b"caf\xc3\xa9", 21)] {
        let class = root.join(OsStr::from_bytes(class));
        std::fs::create_dir_all(&class).unwrap();
        for (n, name) in [b"\xff\xfe.png".as_slice(), b"\xff\xfd.PNG", b"na\xefve.jpg"].iter().enumerate() {
            let file = class.join(OsStr::from_bytes(name));
            small(seed + n as u8).save_with_format(&file, image::ImageFormat::Png).unwrap();
        }
    }
    let batches = list(&root).unwrap();
    assert_eq!(batches.classes(), ["caf\u{e9}", "caf\\xe9", "caf\\xea"]);
    assert_eq!(batches.class_counts(), [3, 3, 3]);
    assert_eq!(read_all(&batches), 9);
    let split = split_folder(&root, 0.3, 0).unwrap();
    let valid = list(&split.join("valid")).unwrap();
    assert_eq!((valid.classes(), valid.len()), (batches.classes(), 3));
    assert_eq!(split_folder(&root, 0.3, 0).unwrap(), split, "again is the same");
    // One that is broken is named so that it can be found.
    std::fs::write(root.join(OsStr::from_bytes(b"caf\xe9/na\xefve.jpg")), "text").unwrap();
    let error = list(&root).unwrap_err();
    assert!(error.contains("na\u{fffd}ve.jpg: it is no picture"), "{error}");
}

#[test]
fn long_names_deep_folders_and_names_that_differ_by_case() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let long = format!("{}.png", "n".repeat(251));
    let deep = "deeper/".repeat(60);
    for (name, seed) in [
        (format!("cats/{long}"), 1),
        ("cats/a.png".into(), 2),
        ("cats/A.PNG".into(), 3),
        (format!("Cats/{deep}a.png"), 4),
    ] {
        write(root, &name, seed);
    }
    let batches = list(root).unwrap();
    assert_eq!(
        (batches.classes(), batches.class_counts()),
        (&["Cats".to_owned(), "cats".into()][..], vec![1, 3])
    );
    assert_eq!(read_all(&batches), 4);
}

#[test]
fn links_are_followed_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    two_classes(&root, 2);
    let elsewhere = folder.path().join("elsewhere");
    (0..3).for_each(|n| drop(write(&elsewhere, &format!("{n}.png"), 50 + n)));
    symlink(&elsewhere, root.join("ants")).unwrap();
    symlink(elsewhere.join("0.png"), root.join("dogs/one.png")).unwrap();
    // To itself, to its parent, and one to the other.
    symlink(root.join("cats"), root.join("cats/again")).unwrap();
    std::fs::create_dir_all(root.join("cats/a/b")).unwrap();
    symlink("..", root.join("cats/a/b/up")).unwrap();
    symlink("ring two", root.join("cats/ring one")).unwrap();
    symlink("ring one", root.join("cats/ring two")).unwrap();
    let batches = list(&root).unwrap();
    assert_eq!(batches.classes(), ["ants", "cats", "dogs"]);
    assert_eq!(batches.class_counts(), [3, 2, 3], "each picture once");
    assert_eq!(read_all(&batches), 8);
    let split = split_folder(&root, 0.5, 0).unwrap();
    let counts = ["train", "valid"].map(|part| list(&split.join(part)).unwrap().len());
    assert_eq!(counts.iter().sum::<usize>(), 8, "a split loses none of them");

    // Thirty folders with two links each to the next would be a billion paths.
    for n in 0..30 {
        std::fs::create_dir_all(folder.path().join(format!("many/{n}"))).unwrap();
        for link in ["one", "two"] {
            symlink(format!("../{}", n + 1), folder.path().join(format!("many/{n}/{link}"))).unwrap();
        }
    }
    write(folder.path(), "many/30/last.png", 7);
    symlink(folder.path().join("many/0"), root.join("zebras")).unwrap();
    assert_eq!(list(&root).unwrap().class_counts(), [3, 2, 3, 1]);
}

#[test]
fn links_that_lead_nowhere_or_to_all_classes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    two_classes(&root, 2);
    symlink("..", root.join("cats/up")).unwrap();
    let error = list(&root).unwrap_err();
    assert!(error.contains("cats/up leads back to") && error.contains("remove that link"), "{error}");
    std::fs::remove_file(root.join("cats/up")).unwrap();

    for (target, link) in [("gone", "birds"), ("birds", "fish"), ("fish", "birds")] {
        let _ = std::fs::remove_file(root.join(link));
        symlink(target, root.join(link)).unwrap();
        let error = list(&root).unwrap_err();
        assert!(error.contains("is a link to") && error.contains("cannot be reached"), "{error}");
    }
    std::fs::remove_file(root.join("birds")).unwrap();
    std::fs::remove_file(root.join("fish")).unwrap();

    symlink("nowhere.png", root.join("dogs/link.png")).unwrap();
    symlink("ring.png", root.join("dogs/ring.png")).unwrap();
    let error = list(&root).unwrap_err();
    assert!(error.contains("link.png: it is a link to nowhere.png, which does not exist"), "{error}");
    assert!(error.contains("ring.png: ") && error.contains("2 pictures"), "{error}");
    let batches = skipping(&root).unwrap();
    assert_eq!((batches.len(), batches.skipped().len()), (4, 2));
}

/// What `work` returns, if it does within a time in which nothing here takes that long.
fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it stands still")
}

#[test]
fn pipes_sockets_devices_and_folders_are_no_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    two_classes(&root, 1);
    assert!(Command::new("mkfifo").arg(root.join("cats/pipe.jpg")).status().unwrap().success());
    let _socket = UnixListener::bind(root.join("cats/socket.png")).unwrap();
    symlink("/dev/zero", root.join("cats/zeros.gif")).unwrap();
    symlink("/dev/tty", root.join("cats/terminal.bmp")).unwrap();
    std::fs::create_dir(root.join("cats/folder.jpg")).unwrap();
    let there = root.clone();
    let (error, skipped) = soon(move || (list(&there).unwrap_err(), skipping(&there).unwrap()));
    assert_eq!((skipped.len(), skipped.skipped().len()), (2, 4), "a folder's name may end so");
    for name in ["pipe.jpg", "socket.png", "zeros.gif", "terminal.bmp"] {
        assert!(
            error.contains(&format!("{name}: it is no file but a pipe, a socket or a device")),
            "{error}"
        );
        let file = root.join("cats").join(name);
        let error = soon(move || open_picture(&file)).unwrap_err().to_string();
        assert!(error.contains("a pipe, a socket or a device"), "{error}");
    }
    let error = open_picture(&root.join("cats/folder.jpg")).unwrap_err().to_string();
    assert!(error.contains("it is a folder"), "{error}");
}

/// The environment variable that names the folder that the child looks at.
const FORBIDDEN: &str = "SEVENLINES_FORBIDDEN";

#[test]
#[ignore = "another test runs it as a user who may do little"]
fn child() {
    let root = PathBuf::from(std::env::var_os(FORBIDDEN).expect("a folder"));
    let may = |path: &str, mode: u32| {
        std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(mode))
            .expect("it is the child's");
    };
    let part = |name: &str| root.join(name);
    two_classes(&part("file"), 2);
    may("file/cats/00.png", 0);
    let error = list(&part("file")).expect_err("one may not be read");
    assert!(error.contains("00.png: there is no permission to read it"), "{error}");
    assert_eq!(skipping(&part("file")).expect("the others may").len(), 3);
    let error = split_folder(part("file"), 0.5, 0)
        .map(|split| list(&split.join("train")).map(|batches| batches.len()));
    println!("split: {error:?}");

    two_classes(&part("class"), 2);
    may("class/cats", 0);
    let error = list(&part("class")).expect_err("a class may not be listed");
    assert!(error.contains("could not list") && error.contains("class/cats: Permission denied"), "{error}");
    assert!(skipping(&part("class")).is_err(), "a whole class is not left out");
    may("class/cats", 0o755);

    two_classes(&part("names"), 2);
    // Names may be listed, and no more.
    may("names", 0o444);
    let error = list(&part("names")).expect_err("no class may be entered");
    assert!(error.contains("could not look at") && error.contains("Permission denied"), "{error}");
    may("names", 0o755);

    two_classes(&part("root"), 2);
    may("root", 0);
    let error = list(&part("root")).expect_err("the folder may not be listed");
    assert!(error.contains("could not list") && error.contains("Permission denied"), "{error}");
    may("root", 0o755);
    println!("DONE");
}

#[test]
fn what_may_not_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    std::fs::create_dir(&root).unwrap();
    let binary = std::env::current_exe().unwrap();
    let probe = folder.path().join("probe");
    std::fs::write(&probe, "").unwrap();
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o000)).unwrap();
    let mut command;
    if std::fs::read(&probe).is_ok() {
        // Permissions do not bind this user, who is root: ask as one whom they bind.
        let copy = folder.path().join("tests");
        std::fs::copy(&binary, &copy).unwrap();
        for path in [folder.path(), &copy] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o777)).unwrap();
        command = Command::new(copy);
        command.uid(65534).gid(65534).current_dir(folder.path());
    } else {
        command = Command::new(binary);
    }
    command.args(["--exact", "folders::child", "--ignored", "--nocapture"]).env(FORBIDDEN, &root);
    let output = command.output().expect("the child starts");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("DONE"), "{text}");
    println!("{text}");
}

/// What becomes of a file, how, and what the error says.
type Fate = (&'static str, fn(&Path), &'static str);

/// What may happen between the listing and the training.
const FATES: [Fate; 4] = [
    ("gone", |file| std::fs::remove_file(file).unwrap(), "there is no such file; if it was there"),
    (
        "a folder",
        |file| {
            std::fs::remove_file(file).unwrap();
            std::fs::create_dir(file).unwrap();
        },
        "it is a folder",
    ),
    ("text", |file| std::fs::write(file, "no picture any more").unwrap(), "it is no picture"),
    ("empty", |file| std::fs::write(file, "").unwrap(), "the file is empty"),
];

#[test]
fn a_file_that_vanishes_before_training_is_named_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let kept = folder.path().join("kept");
    two_classes(&kept, 2);
    let good = vgg.get_batches(&kept, 4).unwrap();
    vgg.finetune(&good).unwrap();
    vgg.fit(&good, &good, 2).unwrap();
    let before = vgg.probs(&good).unwrap().rows;
    for (skip_broken, (fate, happen, words)) in
        [false, true].into_iter().flat_map(|skip| FATES.map(|fate| (skip, fate)))
    {
        let root = folder.path().join(format!("{fate} {skip_broken}"));
        two_classes(&root, 2);
        let options = BatchOptions { skip_broken, ..Default::default() };
        let batches = vgg.get_batches_with(&root, 4, options.clone()).unwrap();
        happen(&root.join("dogs/01.png"));
        // What was counted is not silently fewer: not even where broken ones are left out.
        let error = vgg.fit(&batches, &good, 1).unwrap_err();
        assert!(matches!(&error, Error::BrokenPictures { pictures } if pictures.len() == 1), "{error}");
        let error = error.to_string();
        assert!(error.contains("dogs/01.png: ") && error.contains(words), "{fate}: {error}");
        assert_eq!(vgg.probs(&good).unwrap().rows, before, "{fate}: what was learnt is kept");
        // Listed again, it is left out, or is gone, and training goes on.
        let again = vgg.get_batches_with(&root, 4, BatchOptions { skip_broken: true, ..options }).unwrap();
        assert_eq!(again.len(), 3, "{fate}");
    }
    vgg.fit(&good, &good, 1).unwrap();
}

#[test]
fn files_that_vanish_while_the_body_looks_are_named_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    two_classes(folder.path(), 40);
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(folder.path(), 4).unwrap();
    vgg.finetune(&batches).unwrap();
    let late: Vec<PathBuf> = batches.items()[76..].iter().map(|item| item.path.clone()).collect();
    let removed = late.clone();
    let remover = std::thread::spawn(move || {
        // The first pictures are being looked at; these are not yet read.
        std::thread::sleep(Duration::from_millis(600));
        removed.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    });
    let error = vgg.fit(&batches, &batches, 1).unwrap_err();
    remover.join().unwrap();
    let Error::BrokenPictures { pictures } = &error else { panic!("{error}") };
    assert_eq!(pictures.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), late);
    let kept = vgg.features_kept();
    assert!(kept >= 16, "{kept} pictures need not be looked at again");
    let rest = vgg.get_batches(folder.path(), 4).unwrap();
    assert_eq!(rest.len(), 76);
    vgg.fit(&rest, &rest, 1).unwrap();
}

#[test]
fn many_small_files_are_listed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let count = tries(4_000, 100_000);
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(1, 1).write_to(&mut png, image::ImageFormat::Png).unwrap();
    for class in 0..10 {
        let class = folder.path().join(format!("class {class}"));
        std::fs::create_dir(&class).unwrap();
        (0..count / 10).for_each(|n| std::fs::write(class.join(format!("{n}.png")), png.get_ref()).unwrap());
    }
    let start = Instant::now();
    let batches = list(folder.path()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(batches.len(), count);
    let slow = seconds > 5.0 + count as f64 / 1000.0;
    let lost = if slow { vec![format!("{seconds:.1} s")] } else { Vec::new() };
    record("folders: small files listed and checked", count, &lost, &format!("{seconds:.1} s"));
}
