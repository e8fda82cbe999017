//! Two processes that fetch the same at once, and one that is killed while it does.

use super::PATIENT;
use crate::support::counts::{record, tries};
use crate::support::server::{Answer, Request, Server};
use crate::support::tiny::{self, TINY};
use sevenlines::fetch::hub::Hub;
use sevenlines::weights::{Weights, hub_file};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
/// What a child is told by.
const ENDPOINT: &str = "SEVENLINES_TEST_ENDPOINT";
const FOLDER: &str = "SEVENLINES_TEST_FOLDER";
const WHAT: &str = "SEVENLINES_TEST_WHAT";

fn hub(endpoint: &str, folder: &Path) -> Hub {
    let limits = PATIENT;
    let (endpoint, cache) = (endpoint.to_owned(), folder.join("hub"));
    Hub { endpoint, cache, offline: false, token: None, first_contact: limits, limits, layout: TINY }
}

fn base(folder: &Path) -> PathBuf {
    folder.join("weights/vgg16-conv.safetensors")
}

fn fetch(what: &str, hub: &Hub, folder: &Path) -> sevenlines::Result<()> {
    match what {
        "full" => hub.full(&mut |_, _| ()).map(drop),
        _ => hub.convolution_base(&base(folder), &mut |_, _| ()),
    }
}

#[test]
#[ignore = "the other tests run it in processes of its own"]
fn fetches() {
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let folder = PathBuf::from(set(FOLDER));
    if folder.as_os_str().is_empty() {
        return;
    }
    fetch(&set(WHAT), &hub(&set(ENDPOINT), &folder), &folder).unwrap();
}

fn start(what: &str, server: &Server, folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--ignored", "--nocapture", "downloads::processes::fetches"]);
    child.env(ENDPOINT, &server.url).env(FOLDER, folder).env(WHAT, what);
    child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The hub's server: every answer of more than 8 bytes waits for `pause`.
fn server(
    file: Vec<u8>,
    pause: Duration,
    change: impl Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
) -> Server {
    let sha256: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    Server::start(move |request| {
        let answer = Answer::file(request, &file, "x");
        let answer = answer.header("X-Repo-Commit", REVISION).header("X-Linked-Size", file.len());
        let answer = answer.header("X-Linked-Etag", format!("\"{sha256}\""));
        if answer.body.len() > 8 {
            std::thread::sleep(pause);
        }
        change(request, answer)
    })
}

/// The files below a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => names.push(entry.file_name().to_string_lossy().into_owned()),
            }
        }
    }
    names.sort();
    names
}

/// Whether what was fetched opens, and nothing else is there.
fn wrong(what: &str, hub: &Hub, folder: &Path, sha256: &str) -> Option<String> {
    let found = files(folder);
    let (file, expected) = match what {
        "full" => (hub_file(&hub.cache).unwrap_or_default(), vec![sha256, "main", "model.safetensors"]),
        _ => (base(folder), vec!["vgg16-conv.safetensors"]),
    };
    match Weights::open_as(file, TINY) {
        Err(error) => Some(error.to_string()),
        Ok(_) if found != expected => Some(format!("there is {found:?}")),
        Ok(_) => None,
    }
}

fn sha256(file: &[u8]) -> String {
    Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn two_processes_at_once() {
    let file = tiny::safetensors(&tiny::timm(1));
    let (mut lost, count) = (Vec::new(), tries(2, 50));
    for number in 0..count {
        let what = ["full", "base"][number % 2];
        let folder = tempfile::tempdir().unwrap();
        let server = server(file.clone(), Duration::from_millis(100), |_, answer| answer);
        let children = [(); 2].map(|()| start(what, &server, folder.path()));
        for child in children {
            let output = child.wait_with_output().unwrap();
            if !output.status.success() {
                lost.push(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        lost.extend(wrong(what, &hub(&server.url, folder.path()), folder.path(), &sha256(&file)));
        let whole = server.requests().iter().filter(|request| request.range.is_none()).count();
        if what == "full" && whole != 1 {
            lost.push(format!("full: it was fetched {whole} times"));
        }
    }
    record("downloads: two processes at once", count, &lost, "one good file, nothing beside it");
}

#[test]
fn one_killed_while_it_holds_the_lock() {
    let file = tiny::safetensors(&tiny::timm(2));
    let (mut lost, count) = (Vec::new(), tries(2, 50));
    let mut slowest = Duration::ZERO;
    for number in 0..count {
        let folder = tempfile::tempdir().unwrap();
        let half = file.len() / (2 + number % 5);
        let server = server(file.clone(), Duration::ZERO, move |request, answer| match request.range {
            None => Answer { stall: Duration::from_secs(60), ..answer.cut(half) },
            Some(_) => answer,
        });
        let mut child = start("full", &server, folder.path());
        let gathered = || {
            let part =
                |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|end| end == "incomplete");
            let blobs = folder.path().join("hub/models--timm--vgg16.tv_in1k/blobs");
            let parts = std::fs::read_dir(blobs).into_iter().flatten().flatten().filter(part);
            parts.map(|part| part.metadata().map_or(0, |part| part.len())).sum::<u64>()
        };
        let began = Instant::now();
        while gathered() < half as u64 && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let hub = hub(&server.url, folder.path());
        let began = Instant::now();
        if let Err(error) = fetch("full", &hub, folder.path()) {
            lost.push(error.to_string());
        }
        slowest = slowest.max(began.elapsed());
        lost.extend(wrong("full", &hub, folder.path(), &sha256(&file)));
        let last = server.requests().pop().and_then(|request| request.range);
        if last != Some(format!("bytes={half}-")) {
            lost.push(format!("it did not go on at byte {half}, but asked for {last:?}"));
        }
    }
    let figures = format!("the next had the file after {:.2} s at most", slowest.as_secs_f64());
    record("downloads: a process killed while it holds the lock", count, &lost, &figures);
}
