//! Work with files that come from or go to others: a submission, a download.

use super::Work;
use crate::support::server::{Answer, Server};
use sevenlines::Error;
use sevenlines::fetch::download::Download;
use sevenlines::fetch::http::{Client, Limits};
use sevenlines::submission::Submission;
use sha2::{Digest, Sha256};
use std::path::Path;

/// A submission of 5,000 rows.
pub const SUBMISSION: Work =
    Work { name: "submission", prepare: rows, ready: |_| (), round: submission, result: "submission.csv" };
/// A file from a server on the loopback.
pub const DOWNLOAD: Work =
    Work { name: "download", prepare: serve, ready: |_| (), round: download, result: "model.bin" };

/// How long the file from the server is, in bytes.
pub const LENGTH: usize = 12 << 20;

fn rows(folder: &Path) {
    for round in 0..2 {
        let row = |id: usize| format!("{id},0.{:06}\n", id * 7 + round);
        let text: String = std::iter::once("id,dogs\n".to_owned()).chain((1..5001).map(row)).collect();
        std::fs::write(folder.join(format!("rows-{round}.csv")), text).expect("the rows are written");
    }
}

fn submission(folder: &Path, round: usize) -> Result<(), Error> {
    Submission::read(folder.join(format!("rows-{}.csv", round % 2)))?.write(folder.join(SUBMISSION.result))
}

/// What the server gives: one file for the even rounds, another for the odd.
pub fn file(round: usize) -> Vec<u8> {
    (0..LENGTH).map(|at| (at / 7 + at % 251 + round % 2) as u8).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serve(folder: &Path) {
    let files = [file(0), file(1)];
    let hashes = files.each_ref().map(|file| sha256(file));
    let server = Server::start(move |request| {
        let number = usize::from(request.path.ends_with('1'));
        Answer::file(request, &files[number], &format!("tag-{number}"))
    });
    let text = format!("{}\n{}\n{}", server.url, hashes[0], hashes[1]);
    std::fs::write(folder.join("server.txt"), text).expect("the address is written");
}

fn download(folder: &Path, round: usize) -> Result<(), Error> {
    let text = std::fs::read_to_string(folder.join("server.txt")).expect("the address is there");
    let lines: Vec<&str> = text.lines().collect();
    let (url, part) = (format!("{}/{}", lines[0], round % 2), folder.join(format!("{}.part", round % 2)));
    let length = Some(LENGTH as u64);
    let download = Download { url: &url, token: None, span: None, length, part: &part };
    let mut first = None;
    download.run(&Client::new(Limits::default()), &mut |done, _| {
        if *first.get_or_insert(done) == done && done > 0 {
            println!("goes on from {done}");
        }
    })?;
    download.finish(&folder.join(DOWNLOAD.result), Some(lines[1 + round % 2]))
}
