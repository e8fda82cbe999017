//! Connections that break at random places: the next one goes on from there.

use super::{PATIENT, raw, resumes};
use crate::support::counts::{record, tries};
use crate::support::server::{Answer, Server};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::fetch::download::Download;
use sevenlines::fetch::http::Client;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
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

/// A server may close a connection that it kept open, and another request may just be on
/// its way there: no fault of the network, and the file has to come.
#[test]
fn a_connection_that_the_server_closes_between_two_requests() {
    let file = [7; 100_000];
    let url = raw(move |stream, number, asked| {
        if resumes(asked) {
            stream.write_all(b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n").unwrap();
            // Closed as soon as there is a next one.
            let _ = stream.read(&mut [0]);
            return;
        }
        let head = format!("HTTP/1.1 200 OK\r\nETag: \"{number}\"\r\nContent-Length: {}\r\n\r\n", file.len());
        let sent = if number == 0 { &file[..50_000] } else { &file };
        stream.write_all(&[head.as_bytes(), sent].concat()).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let (part, whole) = (folder.path().join("part"), folder.path().join("whole"));
    let download =
        Download { url: &url, token: None, span: None, length: Some(file.len() as u64), part: &part };
    download.run(&Client::new(PATIENT), &mut |_, _| ()).unwrap();
    download.finish(&whole, None).unwrap();
    assert!(std::fs::read(&whole).unwrap() == file);
}
