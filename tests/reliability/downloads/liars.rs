//! Servers that lie about what they send, stall, or never end.

use super::{LIMITS, WAIT, raw, resumes};
use crate::support::counts::{record, tries};
use sevenlines::Error;
use sevenlines::fetch::download::Download;
use sevenlines::fetch::http::Client;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A generous multiple of the limits, which are a second each.
const BOUND: Duration = Duration::from_secs(15);
/// What the file should have.
const LENGTH: u64 = 100_000;

type Answer = fn(&mut TcpStream, usize, &[String]);

/// One server: what it does, what the error says, and whether the file's length is known.
struct Liar {
    name: &'static str,
    says: &'static str,
    known: bool,
    answer: Answer,
}

fn liar(name: &'static str, says: &'static str, answer: Answer) -> Liar {
    Liar { name, says, known: true, answer }
}

fn send(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

/// An answer of 200 with these headers.
fn head(stream: &mut TcpStream, headers: &str) {
    send(stream, &format!("HTTP/1.1 200 OK\r\n{headers}\r\n"));
}

/// Sends `bytes` again and again, with a pause between, until nobody listens.
fn forever(stream: &mut TcpStream, bytes: &[u8], pause: Duration) {
    while stream.write_all(bytes).and_then(|()| stream.flush()).is_ok() {
        std::thread::sleep(pause);
    }
}

fn silence() {
    std::thread::sleep(20 * WAIT);
}

const DRIP: Duration = Duration::from_millis(50);

fn liars() -> Vec<Liar> {
    let whole = |stream: &mut TcpStream, _: usize, _: &[String]| {
        head(stream, "Content-Length: 100000\r\n");
        let _ = stream.write_all(&[7; LENGTH as usize]);
    };
    let mut liars = vec![
        liar("no answer", "no answer within 1 s", |_, _, _| silence()),
        liar("silence in the header", "no answer within 1 s", |stream, _, _| {
            send(stream, "HTTP/1.1 200 OK\r\nContent-Le");
            silence();
        }),
        liar("a header that drips", "no answer within 1 s", |stream, _, _| {
            send(stream, "HTTP/1.1 200 OK\r\n");
            forever(stream, b"X: y\r\n", DRIP);
        }),
        liar("a header without an end", "127.0.0.1", |stream, _, _| {
            send(stream, "HTTP/1.1 200 OK\r\n");
            forever(stream, &b"X: yyyyyyyyyyyy\r\n".repeat(100), Duration::ZERO);
        }),
        liar("one line without an end", "127.0.0.1", |stream, _, _| {
            send(stream, "HTTP/1.1 200 OK\r\nX: ");
            forever(stream, &[b'y'; 5000], Duration::ZERO);
        }),
        liar("hints without an end", "127.0.0.1", |stream, _, _| {
            forever(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n", DRIP);
        }),
        liar("continues without an end", "127.0.0.1", |stream, _, _| {
            forever(stream, b"HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO);
        }),
        liar("broken off in the header", "online", |stream, _, _| {
            send(stream, "HTTP/1.1 200 OK\r\nContent-")
        }),
        liar("closed at once", "online", |_, _, _| ()),
        liar("no HTTP", "127.0.0.1", |stream, _, _| send(stream, "220 mail.example ESMTP\r\n\r\n")),
        liar("silence in the body", "nothing came for 1 s", |stream, _, _| {
            head(stream, "Content-Length: 100000\r\n");
            send(stream, "half");
            silence();
        }),
        liar("a body that drips", "bytes came in", |stream, _, _| {
            head(stream, "Content-Length: 100000\r\n");
            forever(stream, b"y", DRIP);
        }),
        liar("a shorter length", "bytes are offered, not the 100000", |stream, _, _| {
            head(stream, "Content-Length: 99999\r\n");
            let _ = stream.write_all(&[7; LENGTH as usize]);
        }),
        liar("a longer length", "bytes are offered, not the 100000", |stream, _, _| {
            head(stream, "Content-Length: 100001\r\n");
            let _ = stream.write_all(&[7; LENGTH as usize]);
        }),
        liar("a body cut off", "the connection broke", |stream, _, _| {
            head(stream, "Content-Length: 100000\r\n");
            let _ = stream.write_all(&[7; 50_000]);
        }),
        liar("a length that is no number", "127.0.0.1", |stream, _, _| {
            head(stream, "Content-Length: many\r\n");
            let _ = stream.write_all(&[7; LENGTH as usize + 1]);
        }),
        liar("a negative length", "127.0.0.1", |stream, _, _| {
            head(stream, "Content-Length: -1\r\n");
            let _ = stream.write_all(&[7; LENGTH as usize + 1]);
        }),
        liar("two lengths", "127.0.0.1", |stream, _, _| {
            head(stream, "Content-Length: 100000\r\nContent-Length: 5\r\n");
            send(stream, "short");
        }),
        liar("pieces that go on for ever", "more bytes came", |stream, _, _| {
            head(stream, "Transfer-Encoding: chunked\r\n");
            forever(stream, &[b"1000\r\n", &[7; 4096][..], b"\r\n"].concat(), Duration::ZERO);
        }),
        liar("pieces of no size", "the connection broke", |stream, _, _| {
            head(stream, "Transfer-Encoding: chunked\r\n");
            send(stream, "yy\r\nwhat\r\n");
        }),
        liar("pieces that end early", "bytes came", |stream, _, _| {
            head(stream, "Transfer-Encoding: chunked\r\n");
            send(stream, "4\r\nwhat\r\n0\r\n\r\n");
        }),
        liar("a web page", "a web page came", |stream, _, _| {
            head(stream, "Content-Type: text/html\r\nContent-Length: 13\r\n");
            send(stream, "<html></html>");
        }),
        liar("a web page under another name", "bytes are offered, not the 100000", |stream, _, _| {
            head(stream, "Content-Type: application/octet-stream\r\nContent-Length: 13\r\n");
            send(stream, "<html></html>");
        }),
        liar("packed, though not asked", "it came as gzip", |stream, _, _| {
            head(stream, "Content-Encoding: gzip\r\nContent-Length: 100000\r\n");
            let _ = stream.write_all(&[7; LENGTH as usize]);
        }),
        liar("a circle of two", "redirected more than 5 times", |stream, number, _| {
            send(
                stream,
                &format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\nContent-Length: 0\r\n\r\n", number % 2),
            );
        }),
        liar("a way to this machine's files", "no address", |stream, _, _| {
            send(stream, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
        }),
        liar("a way to nowhere", "status 302", |stream, _, _| {
            send(stream, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
        }),
        liar("a part that was not asked for", "bytes are offered, not the 100000", |stream, _, _| {
            send(
                stream,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nshort",
            );
        }),
        liar("another part", "byte ranges", |stream, _, _| {
            send(
                stream,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-9/100000\r\nContent-Length: 3\r\n\r\nend",
            );
        }),
        liar("another file at each attempt", "keeps changing", |stream, number, asked| {
            if resumes(asked) {
                return send(stream, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
            }
            head(stream, &format!("ETag: \"{number}\"\r\nContent-Length: 100000\r\n"));
            let _ = stream.write_all(&[7; 50_000]);
        }),
    ];
    let unknown = [
        Liar {
            answer: |stream, _, _| {
                head(stream, "");
                forever(stream, &[7; 65_536], Duration::ZERO);
            },
            ..liar("a body without length or end", "does not tell how long", whole)
        },
        Liar {
            answer: |stream, _, _| {
                head(stream, "Transfer-Encoding: chunked\r\n");
                forever(stream, b"5\r\nagain\r\n", Duration::ZERO);
            },
            ..liar("pieces without length or end", "does not tell how long", whole)
        },
        Liar {
            answer: |stream, _, _| {
                head(stream, "Content-Length: 1000000000000000\r\n");
                forever(stream, &[7; 65_536], Duration::ZERO);
            },
            ..liar("a petabyte", "it is not so large", whole)
        },
    ];
    liars.extend(unknown.map(|liar| Liar { known: false, ..liar }));
    liars
}

/// What was wrong with how the download ended, if anything; and how long it took.
fn meet(liar: &Liar) -> (Option<String>, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let (file, part) = (folder.path().join("file"), folder.path().join("file.part"));
    let url = raw(liar.answer);
    let length = liar.known.then_some(LENGTH);
    let download = Download { url: &url, token: None, span: None, length, part: &part };
    let began = Instant::now();
    let result =
        download.run(&Client::new(LIMITS), &mut |_, _| ()).and_then(|()| download.finish(&file, None));
    let took = began.elapsed();
    let wrong = match result {
        Ok(()) => Some("it was taken for the file".to_owned()),
        Err(error @ Error::Download { .. }) if error.to_string().contains(liar.says) => None,
        Err(error) => Some(format!("{}: {error}", error.name())),
    };
    let late = (took > BOUND).then(|| format!("after {took:?}"));
    let left = part
        .metadata()
        .is_ok_and(|part| part.len() > LENGTH)
        .then(|| "more is kept than the file has".into());
    let wrong = wrong.or(late).or(left).or(file.exists().then(|| "a file is there".into()));
    (wrong.map(|wrong| format!("{}: {wrong}", liar.name)), took)
}

#[test]
fn servers_that_lie_or_never_end() {
    let rounds = tries(1, 10);
    let (mut lost, mut slowest, mut count) = (Vec::new(), (Duration::ZERO, ""), 0);
    for _ in 0..rounds {
        let liars = liars();
        count += liars.len();
        let met: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = liars.iter().map(|liar| scope.spawn(|| meet(liar))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (liar, (wrong, took)) in liars.iter().zip(met) {
            println!("{}: {:.2} s", liar.name, took.as_secs_f64());
            slowest = slowest.max((took, liar.name));
            lost.extend(wrong);
        }
    }
    let figures = format!(
        "{} kinds; with limits of 1 s the slowest took {:.1} s ({})",
        count / rounds,
        slowest.0.as_secs_f64(),
        slowest.1
    );
    record("downloads: servers that lie, stall or never end", count, &lost, &figures);
}
