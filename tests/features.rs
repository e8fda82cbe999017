//! Features on disk, with the real body: what a model computed, the next one has.
//! Each model is in a process of its own, this very program again, as [`child`]; each
//! test has a home of its own.

mod support;

use sevenlines::Vgg16;
use sevenlines::data::{Augment, BatchOptions, Resize};
use sevenlines::train::{clear_stored_features, stored_features};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::installed::convolution_base;
use support::pictures::{classes, write};

const PICTURES: &str = "SEVENLINES_TEST_PICTURES";
const ROLE: &str = "SEVENLINES_TEST_ROLE";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn pictures(&self, each: u8) -> PathBuf {
        classes(&self.path("pictures"), &[("cats", each), ("dogs", each)])
    }

    fn command(&self, role: &str, pictures: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--ignored", "--nocapture"]).stdout(Stdio::piped());
        command.env("SEVENLINES_HOME", self.path("home")).env("SEVENLINES_WEIGHTS", convolution_base());
        command.env_remove("SEVENLINES_FEATURES").env(ROLE, role).env(PICTURES, pictures);
        command
    }

    fn start(&self, role: &str, pictures: &Path) -> Child {
        self.command(role, pictures).spawn().unwrap()
    }

    fn run(&self, role: &str, pictures: &Path) -> Said {
        Said::by(self.start(role, pictures))
    }
}

/// What a child printed.
struct Said(String);

impl Said {
    #[track_caller]
    fn by(child: Child) -> Said {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}");
        Said(said)
    }

    fn line(&self, start: &str) -> &str {
        self.0.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("{}", self.0))
    }

    /// The bits of what the model says of each picture.
    fn probs(&self) -> &str {
        self.line("probs ")
    }

    /// The greatest difference to what another said.
    fn distance(&self, other: &Said) -> f32 {
        let numbers = |said: &Said| -> Vec<f32> {
            let bits = said.probs().split(' ').map(|bits| u32::from_str_radix(bits, 16).unwrap());
            bits.map(f32::from_bits).collect()
        };
        let (a, b) = (numbers(self), numbers(other));
        assert_eq!(a.len(), b.len());
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// How many pictures the body looked at.
    fn looked_at(&self) -> usize {
        let lines = self.0.lines().filter_map(|line| line.strip_prefix("VGG16 looked at "));
        lines.filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()).sum()
    }
}

/// The seven lines, in a home where others may have run them before.
#[test]
#[ignore = "the other tests here run it, in processes of its own"]
fn child() {
    let (Ok(role), Some(pictures)) = (std::env::var(ROLE), std::env::var_os(PICTURES)) else { return };
    if role == "clear" {
        return println!("left: {}", clear_stored_features().unwrap());
    }
    if role == "count" {
        return println!("stored: {}", stored_features().unwrap());
    }
    let mut vgg = Vgg16::new().unwrap();
    let options = match role.as_str() {
        "cropped" => BatchOptions { resize: Resize::CenterCrop, ..Default::default() },
        "augmented" => BatchOptions { augment: Some(Augment::default()), ..Default::default() },
        _ => BatchOptions::default(),
    };
    let batch_size = if role == "other batch size" { 3 } else { 8 };
    let batches = vgg.get_batches_with(PathBuf::from(pictures), batch_size, options).unwrap();
    vgg.finetune(&batches).unwrap();
    let nb_epoch = if role == "augmented" { 2 } else { 1 };
    vgg.fit(&batches, &batches, nb_epoch).unwrap();
    println!("stored: {}", stored_features().unwrap());
    let probs = vgg.probs(&batches).unwrap();
    let bits: Vec<String> = probs.rows.concat().iter().map(|p| format!("{:08x}", p.to_bits())).collect();
    println!("probs {}", bits.join(" "));
}

#[test]
fn the_body_sees_each_picture_once_over_all_restarts() {
    let home = Home::new();
    let pictures = home.pictures(5);
    let first = home.run("fit", &pictures);
    assert_eq!(first.looked_at(), 10, "{}", first.0);
    assert!(!first.0.contains("from the store"), "{}", first.0);
    assert!(first.line("stored: ").starts_with("the features of 10 pictures, "), "{}", first.0);

    let again = home.run("fit", &pictures);
    assert_eq!(again.looked_at(), 0, "{}", again.0);
    assert!(again.line("10 images: features from the store").ends_with(" s)"), "{}", again.0);
    assert_eq!(again.probs(), first.probs(), "stored features are the same bit by bit");

    // Moved, renamed in the same order, in other batches: still the same pictures.
    let moved = home.path("moved/far away");
    std::fs::create_dir(home.path("moved")).unwrap();
    std::fs::rename(&pictures, &moved).unwrap();
    std::fs::rename(moved.join("cats/0.png"), moved.join("cats/00.png")).unwrap();
    assert_eq!(home.run("other batch size", &moved).looked_at(), 0);
    assert_eq!(home.run("fit", &moved).probs(), first.probs());

    // One picture edited, one new.
    write(&moved, "cats/00.png", 200);
    write(&moved, "dogs/9.png", 201);
    let edited = home.run("fit", &moved);
    assert_eq!(edited.looked_at(), 2, "{}", edited.0);
    assert!(edited.0.contains("9 of 11 images: features from the store"), "{}", edited.0);
    let cropped = home.run("cropped", &moved);
    assert_eq!(cropped.looked_at(), 11, "{}", cropped.0);
    assert!(cropped.line("stored: ").starts_with("the features of 23 pictures, "), "{}", cropped.0);

    assert!(home.run("clear", &moved).line("left: ").starts_with("no features, 0 kB"));
    assert_eq!(home.run("fit", &moved).looked_at(), 11);
}

#[test]
fn augmented_pictures_are_looked_at_each_epoch_and_it_says_so() {
    let home = Home::new();
    let said = home.run("augmented", &home.pictures(2));
    // Two epochs of training, each augmented anew, one look for both validations, and
    // the probabilities.
    assert_eq!(said.looked_at(), 4 * 4, "{}", said.0);
    let line = "Augmented pictures differ each epoch: VGG16 looks at all of them again.";
    assert_eq!(said.0.matches(line).count(), 1, "{}", said.0);
    assert!(said.line("stored: ").starts_with("no features"), "{}", said.0);
}

#[test]
fn it_can_be_switched_off() {
    let home = Home::new();
    let pictures = home.pictures(2);
    for _ in 0..2 {
        let off = home.command("fit", &pictures).env("SEVENLINES_FEATURES", "off").spawn().unwrap();
        let said = Said::by(off);
        assert_eq!(said.looked_at(), 4, "{}", said.0);
        assert!(said.line("stored: ").contains("off"), "{}", said.0);
    }
    assert!(!home.path("home/features").exists());
}

#[test]
fn two_kernels_at_once_both_learn() {
    let home = Home::new();
    let pictures = home.pictures(12);
    let both = [home.start("fit", &pictures), home.start("fit", &pictures)].map(Said::by);
    assert!(both[0].distance(&both[1]) < 1e-4);
    let third = home.run("fit", &pictures);
    assert_eq!(third.looked_at(), 0, "{}", third.0);
    assert!(third.distance(&both[0]) < 1e-4);
    assert!(third.line("stored: ").starts_with("the features of 24 pictures, "), "{}", third.0);
}

#[test]
fn a_killed_kernel_loses_seconds_and_spoils_nothing() {
    let all = 120;
    for attempt in 1.. {
        let home = Home::new();
        let pictures = home.pictures(all / 2);
        let mut killed = home.start("fit", &pictures);
        // Until some features are on disk, while the body is at work. The file alone says
        // nothing: it is there before the first of them, on a slow disk for long.
        let stored = home.path("home/features/features-1.redb");
        let began = Instant::now();
        let some =
            || stored.exists() && home.run("count", &pictures).line("stored: ").starts_with("the features");
        while !some() && began.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(5));
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        let after = home.run("fit", &pictures);
        println!("killed after {:?}, then {} of {all} looked at", began.elapsed(), after.looked_at());
        assert!(!after.0.contains("cannot be read"), "{}", after.0);
        if !(1..usize::from(all)).contains(&after.looked_at()) {
            assert!(attempt < 5, "it never stops in the middle of its work");
            continue;
        }
        let fresh = home.command("fit", &pictures).env("SEVENLINES_FEATURES", "off").spawn().unwrap();
        let distance = after.distance(&Said::by(fresh));
        assert!(distance < 1e-4, "{distance}");
        return;
    }
}
