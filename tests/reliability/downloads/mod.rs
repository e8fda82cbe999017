//! Servers that lie, stall or break off, and two processes at once: a clear error within a
//! bound, or one good file.

mod broken;
mod liars;
mod processes;

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use sevenlines::fetch::http::Limits;

/// How long everything is waited for where it will not come.
const WAIT: Duration = Duration::from_secs(1);

const LIMITS: Limits = Limits { connect: WAIT, response: WAIT, stall: WAIT };

/// Where it will, however busy the machine is.
const PATIENT: Limits = {
    let long = Duration::from_secs(30);
    Limits { connect: long, response: long, stall: long }
};

/// A server that leaves each connection to `answer`, which gets its number and the lines
/// that were asked. It ends with the test's process.
fn raw(answer: impl Fn(&mut TcpStream, usize, &[String]) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for (number, mut stream) in listener.incoming().flatten().enumerate() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let reader = BufReader::new(stream.try_clone().unwrap());
                let asked: Vec<String> =
                    reader.lines().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
                answer(&mut stream, number, &asked);
            });
        }
    });
    url
}

/// Whether what was asked is the rest of a file.
fn resumes(asked: &[String]) -> bool {
    asked.iter().any(|line| line.to_lowercase().starts_with("range:"))
}
