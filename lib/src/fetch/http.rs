//! One GET: redirects counted, waits limited, byte ranges, messages that say
//! what to do.

use super::pace::{Paced, Slow};
use crate::{Error, Result};
use std::io::Read;
use std::ops::Range;
use std::time::Duration;
use ureq::http::HeaderMap;

/// A hub sends one on to its CDN once or twice.
const REDIRECTS: usize = 5;

/// How long to wait, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the host to be found and to take the connection.
    pub connect: Duration,
    /// For an answer to begin.
    pub response: Duration,
    /// For the next bytes of an answer; and for so long may fewer than 1000 a second come.
    pub stall: Duration,
}

impl Limits {
    /// For asking whether a host answers at all: 5 seconds.
    pub fn first_contact() -> Limits {
        let short = Duration::from_secs(5);
        Limits { connect: short, response: short, stall: short }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let long = Duration::from_secs(30);
        Limits { connect: long / 3, response: long, stall: long }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Get<'a> {
    /// The address.
    pub url: &'a str,
    /// A bearer token; only the first address's host ever sees it.
    pub token: Option<&'a str>,
    /// The first byte wanted, and the one after the last.
    pub range: Option<(u64, Option<u64>)>,
    /// The ETag that the bytes must still have for a range to be sent.
    pub if_range: Option<&'a str>,
}

/// An answer whose body has not been read yet.
pub struct Answer {
    /// The last address.
    pub url: String,
    /// 200, or 206 for a byte range.
    pub status: u16,
    hops: Vec<HeaderMap>,
    /// The bytes.
    pub body: Box<dyn Read + Send>,
}

impl Answer {
    /// A header of the first address that sent one: what a hub says of a file
    /// before it sends one on to its CDN.
    pub fn first_header(&self, name: &str) -> Option<&str> {
        self.hops.iter().find_map(|headers| headers.get(name)?.to_str().ok())
    }

    /// A header of the last address.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.hops.last()?.get(name)?.to_str().ok()
    }

    /// Of a 206: the first byte sent, and the whole file's length if told.
    pub fn content_range(&self) -> Option<(u64, Option<u64>)> {
        let (range, total) = self.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
        let (start, _) = range.split_once('-')?;
        Some((start.trim().parse().ok()?, total.trim().parse().ok()))
    }

    /// How many bytes the body has, if told.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }
}

/// Sends GETs, each on a connection of its own.
pub struct Client {
    agent: ureq::Agent,
    limits: Limits,
}

impl Client {
    /// A client that waits no longer than `limits`.
    pub fn new(limits: Limits) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A server may close a connection that is kept open just when the next request
            // is on its way, which looks like a broken network; a few requests to a host
            // are not worth that.
            .max_idle_connections(0)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.response))
            .timeout_per_read(Some(limits.stall))
            .user_agent(concat!("sevenlines/", env!("CARGO_PKG_VERSION")))
            .build();
        Client { agent: config.new_agent(), limits }
    }

    /// Sends the request and follows redirects.
    ///
    /// # Errors
    /// [`Error::Download`] if nobody answers, if the answer is an error, or if it
    /// is a web page where a file was asked for.
    pub fn get(&self, get: &Get) -> Result<Answer> {
        let fail = |reason: String| Error::Download { url: get.url.to_string(), reason };
        let mut url = get.url.to_string();
        let mut hops = Vec::new();
        for _ in 0..=REDIRECTS {
            crate::interrupt::check_interrupt()?;
            let response = self.send(get, &url).map_err(|e| fail(self.explain(&e)))?;
            let status = response.status().as_u16();
            let (parts, body) = response.into_parts();
            let location = parts.headers.get("location").and_then(|l| l.to_str().ok()).map(str::to_string);
            hops.push(parts.headers);
            match (status, location) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => url = join(&url, &location).map_err(fail)?,
                (200 | 206 | 416, _) => {
                    let body = Box::new(Paced::new(body.into_reader(), self.limits.stall));
                    let answer = Answer { url, status, hops, body };
                    return refuse_other_content(answer).map_err(fail);
                }
                _ => return Err(fail(explain_status(status, get.token.is_some()))),
            }
        }
        Err(fail(format!("it was redirected more than {REDIRECTS} times")))
    }

    /// Reads one byte range into memory, and returns it with the answer's headers.
    ///
    /// # Errors
    /// [`Error::Download`] as [`get`](Self::get), and if not exactly the range
    /// comes.
    pub fn bytes(&self, url: &str, token: Option<&str>, range: Range<u64>) -> Result<(Vec<u8>, Answer)> {
        let fail = |reason: String| Error::Download { url: url.to_string(), reason };
        let mut answer =
            self.get(&Get { url, token, range: Some((range.start, Some(range.end))), if_range: None })?;
        if answer.status != 206 || answer.content_range().is_none_or(|(start, _)| start != range.start) {
            return Err(fail("the server does not send byte ranges".into()));
        }
        let wanted = range.end - range.start;
        let mut bytes = Vec::new();
        let body = std::mem::replace(&mut answer.body, Box::new(std::io::empty()));
        body.take(wanted + 1).read_to_end(&mut bytes).map_err(|e| fail(self.explain_io(&e)))?;
        if bytes.len() as u64 != wanted {
            return Err(fail(format!("{} bytes came, {wanted} were asked for", bytes.len())));
        }
        Ok((bytes, answer))
    }

    fn send(
        &self,
        get: &Get,
        url: &str,
    ) -> std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let Some((start, end)) = get.range {
            let end = end.map(|end| (end - 1).to_string()).unwrap_or_default();
            request = request.header("Range", format!("bytes={start}-{end}"));
        }
        if let Some(etag) = get.if_range {
            request = request.header("If-Range", etag);
        }
        if let Some(token) = get.token.filter(|_| origin(url) == origin(get.url)) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.call()
    }

    fn explain(&self, error: &ureq::Error) -> String {
        use ureq::{Error, Timeout};
        match error {
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                format!(
                    "no connection within {} s; is this machine online?",
                    self.limits.connect.as_secs_f32()
                )
            }
            Error::Timeout(Timeout::RecvResponse) => {
                format!("no answer within {} s", self.limits.response.as_secs_f32())
            }
            Error::Timeout(_) => format!("nothing came for {} s", self.limits.stall.as_secs_f32()),
            Error::HostNotFound => "the host was not found; is this machine online?".into(),
            other => format!("{other}; is this machine online?"),
        }
    }

    /// Why reading a body failed; ureq wraps its own errors in I/O errors.
    pub(super) fn explain_io(&self, error: &std::io::Error) -> String {
        if let Some(slow) = Slow::in_error(error) {
            return slow.to_string();
        }
        match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            Some(ureq::Error::Timeout(_)) => {
                format!("nothing came for {} s", self.limits.stall.as_secs_f32())
            }
            _ if error.kind() == std::io::ErrorKind::TimedOut => {
                format!("nothing came for {} s", self.limits.stall.as_secs_f32())
            }
            _ => format!("the connection broke ({error})"),
        }
    }
}

/// Hotel networks and proxies answer every address with a page of their own, and some pack
/// what was asked for as it is.
fn refuse_other_content(answer: Answer) -> std::result::Result<Answer, String> {
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(
            "a web page came instead of the file; is there a login page or a proxy in between?".into()
        );
    }
    match answer.header("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        Some(coding) => {
            Err(format!("it came as {coding}, which was not asked for; is there a proxy between?"))
        }
        None => Ok(answer),
    }
}

fn explain_status(status: u16, with_token: bool) -> String {
    match status {
        401 | 403 if with_token => format!("the server refused (status {status}); is HF_TOKEN still valid?"),
        401 | 403 => format!("the server refused (status {status})"),
        404 => "it is not there (status 404)".into(),
        407 => "the proxy wants a login (status 407)".into(),
        429 => "the server is asked too often (status 429); try again later".into(),
        500..=599 => format!("the server has trouble (status {status}); try again later"),
        _ => format!("the server answered with status {status}"),
    }
}

/// Scheme and host.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    &url[..url[host..].find('/').map_or(url.len(), |at| host + at)]
}

/// Where a redirect leads; never from https to http.
fn join(base: &str, location: &str) -> std::result::Result<String, String> {
    let scheme = base.split("://").next().unwrap_or_default();
    let target = if location.starts_with("https://") || location.starts_with("http://") {
        location.to_string()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{}{location}", origin(base))
    } else {
        return Err(format!("it was redirected to {location:?}, which is no address"));
    };
    match scheme == "https" && target.starts_with("http://") {
        true => Err(format!("it was redirected to the unencrypted {target}")),
        false => Ok(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_joined_to_where_they_came_from() {
        assert_eq!(origin("https://a.b:8/c/d"), "https://a.b:8");
        assert_eq!(join("https://a.b/c", "/d?e").unwrap(), "https://a.b/d?e");
        assert_eq!(join("https://a.b/c", "//d/e").unwrap(), "https://d/e");
        assert_eq!(join("http://a.b/c", "https://d/e").unwrap(), "https://d/e");
        assert!(join("https://a.b/c", "http://d/e").is_err(), "no downgrade");
        assert!(join("https://a.b/c", "d/e").is_err());
    }
}
