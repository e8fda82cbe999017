//! A web server on the loopback for tests: one thread a connection, answers by a
//! closure, so that a test can truncate, lie, stall or break off.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub path: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
    pub token: Option<String>,
}

/// What is answered.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Announced instead of the body's length.
    pub length: Option<usize>,
    /// Slept after the body, before the connection closes.
    pub stall: Duration,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into(), length: None, stall: Duration::ZERO }
    }

    pub fn header(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// A file, or the byte range of it that was asked for.
    pub fn file(request: &Request, file: &[u8], etag: &str) -> Answer {
        let whole = Answer::new(200, file).header("ETag", format!("\"{etag}\""));
        let changed = request.if_range.as_ref().is_some_and(|tag| *tag != format!("\"{etag}\""));
        let Some(range) = request.range.as_ref().filter(|_| !changed) else { return whole };
        let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let start: usize = start.parse().unwrap();
        let end = end.parse().map_or(file.len(), |end: usize| file.len().min(end + 1));
        if start >= end {
            return Answer::new(416, "").header("Content-Range", format!("bytes */{}", file.len()));
        }
        Answer::new(206, &file[start..end])
            .header("ETag", format!("\"{etag}\""))
            .header("Content-Range", format!("bytes {start}-{}/{}", end - 1, file.len()))
    }

    /// Sends only the first bytes of the announced body.
    pub fn cut(mut self, at: usize) -> Answer {
        self.length = Some(self.body.len());
        self.body.truncate(at);
        self
    }
}

/// A running server. It ends with the test's process.
pub struct Server {
    pub url: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), log.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (answer.clone(), seen.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &*answer, &seen);
                });
            }
        });
        Server { url, log }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(&Request) -> Answer,
    log: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_string();
    let mut request = Request { path, range: None, if_range: None, token: None };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = Some(value.trim().to_string());
        match name.to_lowercase().as_str() {
            "range" => request.range = value,
            "if-range" => request.if_range = value,
            "authorization" => request.token = value,
            _ => {}
        }
    }
    log.lock().unwrap().push(request.clone());
    let answer = answer(&request);
    let length = answer.length.unwrap_or(answer.body.len());
    let mut head =
        format!("HTTP/1.1 {} Test\r\nContent-Length: {length}\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&answer.body)?;
    stream.flush()?;
    std::thread::sleep(answer.stall);
    Ok(())
}
