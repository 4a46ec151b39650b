//! A server that answers with recorded bytes, for tests: status line, headers and body as they came.

use crate::net::http::Url;
use crate::net::{Http, HttpOptions};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method and path with query.
    pub(crate) line: String,
    /// Head, whole.
    pub(crate) head: String,
    /// Fields of query and form.
    pub(crate) fields: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// A running server on loopback; it ends with the tests.
pub(crate) struct Replay {
    pub(crate) url: Url,
    pub(crate) received: Arc<Mutex<Vec<Received>>>,
}

impl Replay {
    /// Answers each request with what the function gives.
    pub(crate) fn start(answer: impl Fn(&Received) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = Vec::new();
                let mut buffer = [0; 4096];
                while !is_whole(&bytes) {
                    let read = stream.read(&mut buffer).unwrap();
                    bytes.extend_from_slice(&buffer[..read]);
                    if read == 0 {
                        break;
                    }
                }
                let request = parse(&bytes);
                let response = answer(&request);
                log.lock().unwrap().push(request);
                stream.write_all(&response).unwrap();
            }
        });
        Self {
            url: url.parse().unwrap(),
            received,
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received.iter().map(|one| one.line.clone()).collect()
    }
}

/// A client that does not try twice.
pub(crate) fn client() -> Http {
    Http::new(&HttpOptions {
        retries: 0,
        timeout: Duration::from_secs(20),
        ..HttpOptions::default()
    })
    .unwrap()
}

/// An answer with this body.
pub(crate) fn response(status: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Head and body.
fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    Some((head, &bytes[end + 4..]))
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some((head, body)) = split(bytes) else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .next()
        .unwrap_or(0usize);
    body.len() >= length
}

fn parse(bytes: &[u8]) -> Received {
    let (head, body) = split(bytes).unwrap_or_default();
    let form = match head.to_lowercase().contains("x-www-form-urlencoded") {
        true => String::from_utf8_lossy(body).into_owned(),
        false => String::new(),
    };
    let line = head.lines().next().unwrap_or_default();
    let line = line.trim_end_matches(" HTTP/1.1").to_owned();
    let query = line.split_once('?').map_or("", |(_, query)| query);
    let fields = Url::parse(&format!("http://x/?{query}&{form}")).unwrap();
    Received {
        fields: fields.query_pairs().into_owned().collect(),
        head: head.to_lowercase(),
        body: body.to_vec(),
        line,
    }
}
