//! Features in shards: several processes fill one store, and what one of them may meet.

use crate::installed::convolution_base;
use crate::python::{BINARY, repository};
use sevenlines::Vgg16;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PICTURES: &str = "SEVENLINES_TEST_PICTURES";

/// A folder with pictures, and a home that starts empty.
struct Place(tempfile::TempDir);

/// How a process ended, and all that it said.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Place {
    fn new(sets: &[(&str, u8)]) -> Place {
        let place = Place(tempfile::tempdir().expect("a folder"));
        for (class, (set, each)) in sets.iter().enumerate() {
            let folder = place.path("photos").join(set);
            std::fs::create_dir_all(&folder).expect("creates");
            for number in 0..*each {
                let colour = image::Rgb([number, class as u8, 7]);
                let file = folder.join(format!("{number:03}.png"));
                image::RgbImage::from_pixel(8, 8, colour).save(file).expect("writes");
            }
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn prepare(&self, mut command: Command) -> Command {
        command.current_dir(self.0.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("HOME", self.0.path()).env("SEVENLINES_HOME", self.path("sevenlines"));
        command.env("SEVENLINES_WEIGHTS", convolution_base()).env_remove("SEVENLINES_FEATURES");
        command
    }

    fn features(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("features").args(arguments);
        self.prepare(command)
    }

    fn stored(&self) -> String {
        Said::by(self.features(&[]).spawn().expect("starts")).ends(0).text
    }

    /// The seven lines on a folder, in a process of their own, this program again.
    fn fit(&self, folder: &str) -> Said {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "shards::seven_lines", "--ignored", "--nocapture"]);
        command.env(PICTURES, self.path(folder));
        Said::by(self.prepare(command).spawn().expect("starts")).ends(0)
    }
}

impl Said {
    fn by(child: Child) -> Said {
        let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Said { code: status.code(), text }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "{}", self.text);
        assert!(!self.text.contains("panicked"), "{}", self.text);
        self
    }

    #[track_caller]
    fn says(self, words: &[&str]) -> Said {
        words.iter().for_each(|word| assert!(self.text.contains(word), "no {word:?} in\n{}", self.text));
        self
    }

    /// At how many pictures the network looked.
    fn looked_at(&self) -> usize {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("VGG16 looked at "));
        lines.filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()).sum()
    }
}

/// The script below a heading of docs/elsewhere.md.
fn documented(heading: &str) -> String {
    let text = std::fs::read_to_string(repository().join("docs/elsewhere.md")).expect("the document");
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the section is there");
    let (_, block) = section.split_once("```bash\n").expect("a script is there");
    block.split_once("```").expect("it ends").0.to_owned()
}

#[test]
#[ignore = "the other tests here run it, in processes of its own"]
fn seven_lines() {
    let Some(pictures) = std::env::var_os(PICTURES) else { return };
    let mut vgg = Vgg16::new().expect("weights");
    let batches = vgg.get_batches(PathBuf::from(pictures), 8).expect("pictures");
    vgg.finetune(&batches).expect("a new layer");
    vgg.fit(&batches, &batches, 1).expect("trains");
}

#[test]
fn the_documented_job_array_looks_at_each_picture_once_and_fit_at_none() {
    let place = Place::new(&[("train/cats", 14), ("train/dogs", 13), ("valid/cats", 5), ("valid/dogs", 5)]);
    std::fs::write(place.path("job.sh"), documented("Features as a job array")).expect("writes");
    let bin = place.path("bin");
    std::fs::create_dir(&bin).expect("creates");
    std::os::unix::fs::symlink(BINARY, bin.join("sevenlines")).expect("links");
    let path = std::env::join_paths(
        std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let task = |number: usize| {
        let mut command = Command::new("bash");
        command.arg("job.sh").env("PATH", path.as_ref().expect("a path")).env("SLURM_CPUS_PER_TASK", "1");
        command.env("SLURM_ARRAY_TASK_ID", number.to_string()).env("SLURM_ARRAY_TASK_COUNT", "4");
        place.prepare(command).spawn().expect("starts")
    };
    let array = || (1..=4).map(task).collect::<Vec<Child>>().into_iter().map(|child| Said::by(child).ends(0));
    let first: Vec<Said> = array().collect();
    let looked: Vec<usize> = first.iter().map(Said::looked_at).collect();
    assert_eq!(looked, [10, 9, 9, 9], "each picture in one shard, and each shard its share");
    assert!(place.stored().contains("the features of 37 pictures"), "{}", place.stored());
    let again: Vec<Said> = array().map(|said| said.says(&["0 looked at now"])).collect();
    assert_eq!(again.iter().map(Said::looked_at).sum::<usize>(), 0);
    for (folder, count) in [("photos/train", 27), ("photos/valid", 10)] {
        let said = place.fit(folder).says(&[&format!("{count} images: features from the store")]);
        assert_eq!(said.looked_at(), 0, "{}", said.text);
    }
    // Copied into another user's home, they serve there too.
    std::fs::rename(place.path("sevenlines"), place.path("class")).expect("moves");
    std::fs::create_dir(place.path("sevenlines")).expect("creates");
    let mut copy = Command::new("cp");
    copy.args(["-r", "class/features", "sevenlines/"]).current_dir(place.0.path());
    assert!(copy.status().expect("cp starts").success());
    assert_eq!(place.fit("photos/train").looked_at(), 0);
}

#[test]
fn a_shard_that_was_killed_goes_on() {
    for attempt in 1.. {
        let place = Place::new(&[("cats", 120), ("dogs", 120)]);
        let mut killed = place.features(&["photos", "--shard", "2/2"]).spawn().expect("starts");
        let began = Instant::now();
        while !place.stored().contains("the features of") && began.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(20));
        }
        killed.kill().expect("kills");
        Said::by(killed);
        let after = Said::by(place.features(&["photos", "--shard", "2/2"]).spawn().expect("starts")).ends(0);
        println!("killed after {:?}, then {} of 120 looked at", began.elapsed(), after.looked_at());
        if !(1..120).contains(&after.looked_at()) {
            assert!(attempt < 5, "it never stops in the middle of its work");
            continue;
        }
        let before = 120 - after.looked_at();
        let told = format!("{} looked at now, {before} before", after.looked_at());
        let after = after.says(&[&told]);
        assert!(place.stored().contains("the features of 120 pictures"), "{}", after.text);
        return;
    }
}

#[test]
fn what_would_not_be_kept_is_refused_before_anything_is_computed() {
    let place = Place::new(&[("cats", 20), ("dogs", 20)]);
    let with = |limit: &str| {
        let mut command = place.features(&["photos", "--shard", "1/4"]);
        Said::by(command.env("SEVENLINES_FEATURES", limit).spawn().expect("starts")).ends(1)
    };
    // Of all four shards, though one alone would fit.
    with("200kB").says(&[
        "error: the features of 40 pictures",
        "200 kB are allowed",
        "Set SEVENLINES_FEATURES=1GB",
    ]);
    let off = with("off").says(&["SEVENLINES_FEATURES is off"]);
    assert_eq!(off.looked_at(), 0, "{}", off.text);
    assert!(!place.path("sevenlines/features").exists());
}

#[test]
fn a_disk_without_locks_is_an_error_and_not_a_loss() {
    let place = Place::new(&[("cats", 2), ("dogs", 2)]);
    // As on a network's disk that was mounted without them.
    let code =
        "#include <errno.h>\nint flock(int f, int o) { (void)f; (void)o; errno = ENOLCK; return -1; }\n";
    std::fs::write(place.path("no_locks.c"), code).expect("writes");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o", "no_locks.so", "no_locks.c"]).current_dir(place.0.path());
    assert!(compiler.status().expect("Rust needs a C compiler too").success());
    let mut command = place.features(&["photos"]);
    command.env("LD_PRELOAD", place.path("no_locks.so"));
    let said = Said::by(command.spawn().expect("starts")).ends(1);
    said.says(&["error: not all features could be stored", "o locks available", "run it again"]);
}

#[test]
fn what_is_no_shard_and_what_is_no_picture_is_told() {
    let place = Place::new(&[("cats", 2), ("dogs", 2)]);
    let run = |arguments: &[&str]| Said::by(place.features(arguments).spawn().expect("starts"));
    for shard in ["0/4", "5/4", "4", "a/b", "1/0"] {
        run(&["photos", "--shard", shard]).ends(2).says(&["is no shard", "1/8 is the first of eight"]);
    }
    run(&["--shard", "1/4"]).ends(2);
    run(&["clear", "--shard", "1/4"]).ends(2);
    run(&["nowhere", "--shard", "1/4"]).ends(1).says(&["nowhere is no folder"]);
    std::fs::write(place.path("photos/cats/broken.png"), "no picture").expect("writes");
    run(&["photos"]).ends(1).says(&["broken.png"]);
    let said = run(&["photos", "--skip-broken", "--resize", "center-crop"]).ends(0);
    said.says(&["left out", "all 4 pictures are stored: 4 looked at now, 0 before"]);
    // Squashed, the same pictures are others.
    std::fs::remove_file(place.path("photos/cats/broken.png")).expect("removes");
    run(&["photos", "--shard", "9/9"]).ends(0).says(&["shard 9/9: all 0 pictures are stored"]);
    assert_eq!(run(&["photos"]).ends(0).looked_at(), 4);
    assert_eq!(
        run(&[as_text(&place.path("photos/cats"))]).ends(0).looked_at(),
        0,
        "a folder of loose pictures"
    );
}

fn as_text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}
