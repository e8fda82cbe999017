//! Files looked at in a process of its own, on both ways, the whole picture and the one
//! that training takes: how long each took, and how much memory.

use super::{mutated, reason};
use candle_core::Tensor;
use image::RgbImage;
use sevenlines::Error;
use sevenlines::data::{BatchOptions, Batches};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The environment variable that says what the child looks at: a folder's files, or so
/// many mutated ones, `SEED COUNT`.
const WHAT: &str = "SEVENLINES_PICTURES";

/// No file may keep the child for longer than this: not even one on which it stands still.
const STUCK: Duration = Duration::from_secs(120);

/// What came of one file.
#[derive(Debug)]
pub struct Seen {
    pub name: String,
    /// Of processor time, both ways together.
    pub seconds: f64,
    /// More memory than before, in MB; None where the system does not tell.
    pub peak: Option<f64>,
    /// `width x height`, or the reason.
    pub outcome: Result<String, String>,
    /// What training made of it.
    pub trained: Result<(), String>,
}

/// The picture as training takes it, 224 x 224.
pub fn trained(file: &Path) -> Result<RgbImage, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let only = folder.path().join("picture.jpg");
    std::fs::hard_link(file, &only).or_else(|_| std::fs::copy(file, &only).map(drop)).expect("a link");
    let options = BatchOptions { unlabelled: true, ..Default::default() };
    let batch = Batches::open(folder.path(), 1, options, 0)
        .and_then(|batches| batches.epoch(0).next().expect("a batch"));
    match batch {
        Ok(batch) => Ok(picture(&batch.images)),
        Err(Error::BrokenPictures { mut pictures }) => Err(pictures.remove(0).1),
        Err(error) => panic!("{} is not named as a picture: {error}", file.display()),
    }
}

fn picture(images: &Tensor) -> RgbImage {
    let planes: Vec<f32> = images.flatten_all().and_then(|flat| flat.to_vec1()).expect("numbers");
    let plane = planes.len() / 3;
    RgbImage::from_fn(224, 224, |x, y| {
        let at = (y * 224 + x) as usize;
        image::Rgb([0, 1, 2].map(|c| planes[c * plane + at] as u8))
    })
}

/// A number of kB in `/proc/self/status`, in MB.
fn memory(line: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|text| text.strip_prefix(line))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1000.0)
}

/// Processor time of this process so far, in seconds; None where the system does not tell.
fn processor() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // In hundredths: what Linux counts for programs in.
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
}

/// Looks at one file and measures.
fn look(name: &str, file: &Path) -> Seen {
    let before = std::fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| memory("VmRSS:"));
    let (clock, started) = (Instant::now(), processor());
    let outcome = reason(file).map(|picture| format!("{} x {}", picture.width(), picture.height()));
    let trained = trained(file).map(drop);
    let spent = processor().zip(started).map(|(now, then)| now - then);
    let seconds = spent.unwrap_or_else(|| clock.elapsed().as_secs_f64());
    let peak = before.and_then(|before| memory("VmHWM:").map(|peak| peak - before));
    Seen { name: name.to_owned(), seconds, peak, outcome, trained }
}

/// What the child is looking at, and since when.
static NOW: Mutex<Option<(String, Instant)>> = Mutex::new(None);

fn watch() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = NOW.lock().expect("no panic holds it").clone();
            if let Some((name, since)) = now.filter(|(_, since)| since.elapsed() > STUCK) {
                println!("STUCK {name} for {:?}", since.elapsed());
                std::process::exit(3);
            }
        }
    });
}

#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    let what = std::env::var(WHAT).expect("what to look at");
    watch();
    let tell = |name: String, file: &Path| {
        *NOW.lock().expect("no panic holds it") = Some((name.clone(), Instant::now()));
        let seen = look(&name, file);
        let text = |words: &str| words.replace(['\t', '\n', '\r'], " ");
        let (kind, outcome) = match &seen.outcome {
            Ok(size) => ("ok", size),
            Err(reason) => ("named", reason),
        };
        let trained = seen.trained.as_ref().err().map_or("ok".to_owned(), |reason| text(reason));
        let peak = seen.peak.map_or("?".to_owned(), |peak| peak.to_string());
        println!(
            "SEEN\t{}\t{}\t{peak}\t{kind}\t{}\t{trained}",
            text(&seen.name),
            seen.seconds,
            text(outcome)
        );
    };
    match what.split_once(' ').and_then(|(seed, count)| Some((seed.parse().ok()?, count.parse().ok()?))) {
        Some((seed, count)) => mutated::each(seed, count, tell),
        None => {
            let mut files: Vec<PathBuf> = std::fs::read_dir(&what)
                .expect("a folder")
                .map(|entry| entry.expect("an entry").path())
                .collect();
            files.sort();
            files.iter().for_each(|file| {
                tell(file.file_name().unwrap_or_default().to_string_lossy().into_owned(), file)
            });
        }
    }
    *NOW.lock().expect("no panic holds it") = None;
    println!("DONE");
}

/// What came of each file of `what`, with these variables in the environment.
pub fn ask(what: &str, environment: &[(&str, &str)]) -> Vec<Seen> {
    let mut command = Command::new(std::env::current_exe().expect("this test's binary"));
    command.args(["--exact", "pictures::child::child", "--ignored", "--nocapture"]).env(WHAT, what);
    command.envs(environment.iter().copied());
    let output = command.output().expect("the child starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_default();
    assert!(output.status.success() && text.contains("DONE"), "{}: {last}\n{errors}", output.status);
    assert!(!errors.contains("panicked"), "a decoder's panic is printed: {errors}");
    text.lines().filter_map(|line| line.split_once("SEEN\t")).map(|(_, line)| parse(line)).collect()
}

fn parse(line: &str) -> Seen {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, seconds, peak, kind, outcome, trained] = fields.as_slice() else { panic!("{line}") };
    Seen {
        name: (*name).to_owned(),
        seconds: seconds.parse().expect("seconds"),
        peak: peak.parse().ok(),
        outcome: if *kind == "ok" { Ok((*outcome).to_owned()) } else { Err((*outcome).to_owned()) },
        trained: if *trained == "ok" { Ok(()) } else { Err((*trained).to_owned()) },
    }
}

/// What is wrong: longer than `seconds`, more than `megabytes`, or read on one way alone.
pub fn lost(seen: &[Seen], seconds: f64, megabytes: f64) -> Vec<String> {
    let wrong = |seen: &&Seen| {
        seen.seconds > seconds
            || seen.peak.is_some_and(|peak| peak > megabytes)
            || seen.outcome.is_ok() != seen.trained.is_ok()
    };
    seen.iter().filter(wrong).map(|seen| format!("{seen:?}")).collect()
}

/// `slowest 0.2 s, peak 90 MB, 12 read, 5 named`.
pub fn figures(seen: &[Seen]) -> String {
    let slowest = seen.iter().map(|seen| seen.seconds).fold(0.0, f64::max);
    let read = seen.iter().filter(|seen| seen.outcome.is_ok()).count();
    let peak = match seen.iter().filter_map(|seen| seen.peak).reduce(f64::max) {
        Some(peak) => format!("peak {peak:.0} MB"),
        None => "memory not measured on this system".to_owned(),
    };
    format!(
        "slowest {slowest:.2} s of processor time for two readings, {peak}, {read} read, {} named",
        seen.len() - read
    )
}
