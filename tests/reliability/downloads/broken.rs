//! Connections that break at random places: the next one goes on from there.

use super::PATIENT;
use crate::support::counts::{record, tries};
use crate::support::server::{Answer, Server};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::fetch::download::Download;
use sevenlines::fetch::http::Client;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};

const SEED: u64 = 11;

#[test]
fn connections_that_break() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let file: Vec<u8> = (0..300_000).map(|_| rng.random()).collect();
    let sha256: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = tempfile::tempdir().unwrap();
    let (mut lost, count) = (Vec::new(), tries(20, 100));
    for number in 0..count {
        // The first connection breaks here, and the second so far on.
        let cuts = [rng.random_range(1..file.len()), rng.random_range(1..file.len())];
        let (served, asked) = (file.clone(), AtomicUsize::new(0));
        let server = Server::start(move |request| {
            let answer = Answer::file(request, &served, "x");
            match cuts.get(asked.fetch_add(1, Ordering::SeqCst)) {
                Some(cut) if *cut < answer.body.len() => answer.cut(*cut),
                _ => answer,
            }
        });
        let (part, whole) = (folder.path().join("part"), folder.path().join("whole"));
        let length = (number % 2 == 0).then_some(file.len() as u64);
        let download = Download { url: &server.url, token: None, span: None, length, part: &part };
        let run = download.run(&Client::new(PATIENT), &mut |_, _| ());
        let run = run.and_then(|()| download.finish(&whole, Some(&sha256)));
        let second = server.requests().get(1).and_then(|request| request.range.clone());
        if let Err(error) = run {
            lost.push(format!("broken at {cuts:?}: {error}"));
        } else if std::fs::read(&whole).unwrap() != file {
            lost.push(format!("broken at {cuts:?}: other bytes"));
        } else if second != Some(format!("bytes={}-", cuts[0])) {
            lost.push(format!("broken at {cuts:?}: then asked for {second:?}"));
        } else if std::fs::read_dir(folder.path()).unwrap().count() != 1 {
            lost.push(format!("broken at {cuts:?}: something is left beside the file"));
        }
        std::fs::remove_file(&whole).unwrap_or_default();
    }
    record("downloads: connections broken at two random places", count, &lost, "each resumed where it broke");
}
