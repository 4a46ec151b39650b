//! An HTTP server below HTTP: what goes over the wire is up to the test.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// As it stands in the request line: path and query, or all of the URL for a proxy.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// Requests for the same path before this one.
    pub(crate) before: usize,
}

impl Ask {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether it is for a manifest, blob or list of referrers.
    pub(crate) fn is_for(&self, kind: &str) -> bool {
        self.path.contains(&format!("/{kind}/"))
    }
}

/// What is answered.
pub(crate) enum Reply {
    /// An orderly answer.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Anything at all, written by the function; then the connection is closed.
    Raw(Write),
}

type Write = Box<dyn FnOnce(&mut TcpStream) -> std::io::Result<()> + Send>;

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::new(status, format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#))
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name) || name == "set-cookie");
            headers.push((name.into(), value.into()));
        }
        self
    }

    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::Raw(Box::new(move |stream| stream.write_all(&bytes)))
    }

    pub(crate) fn raw(
        write: impl FnOnce(&mut TcpStream) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        Self::Raw(Box::new(write))
    }

    /// Nothing, for longer than anybody waits.
    pub(crate) fn silence() -> Self {
        Self::then_silence(String::new())
    }

    /// These bytes, and then nothing more.
    pub(crate) fn then_silence(bytes: String) -> Self {
        Self::raw(move |stream| {
            stream.write_all(bytes.as_bytes())?;
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        })
    }

    pub(crate) fn body(&self) -> &[u8] {
        match self {
            Self::Answer { body, .. } => body,
            Self::Raw(_) => panic!("raw bytes have no body"),
        }
    }

    fn send(self, stream: &mut TcpStream) -> std::io::Result<()> {
        let (status, headers, body) = match self {
            Self::Raw(write) => return write(stream),
            Self::Answer {
                status,
                headers,
                body,
            } => (status, headers, body),
        };
        let mut head = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n");
        for (name, value) in &headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| name == "content-length") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        stream.write_all(&body)
    }
}

/// A running server; its threads end with the tests.
pub(crate) struct Server {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    asked: Arc<Mutex<Vec<Ask>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, log, answer) = (stream.unwrap(), log.clone(), answer.clone());
                std::thread::spawn(move || {
                    // A client that gave up is part of the game.
                    stream
                        .set_write_timeout(Some(Duration::from_secs(30)))
                        .unwrap();
                    if let Some(ask) = read(&stream, &log) {
                        let _ = answer(&ask).send(&mut stream);
                    }
                    drain(&mut stream);
                });
            }
        });
        Self { host, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Ask> {
        self.asked.lock().unwrap().clone()
    }
}

/// Closes so that what was written arrives: an unread request would reset the connection.
fn drain(stream: &mut TcpStream) {
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = stream.read(&mut [0; 1024]);
}

fn read(stream: &TcpStream, log: &Mutex<Vec<Ask>>) -> Option<Ask> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut log = log.lock().unwrap();
    let ask = Ask {
        before: log.iter().filter(|ask| ask.path == path).count(),
        method,
        path,
        headers,
    };
    log.push(ask.clone());
    Some(ask)
}

/// What a well-behaved server has at this path.
pub(crate) fn fetch(host: &str, path: &str) -> Reply {
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut reply = Reply::new(status.parse().unwrap(), &bytes[end + 4..]);
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        assert_ne!(name, "transfer-encoding", "the sandbox's bodies are whole");
        if name.starts_with("content-type") || name.starts_with("docker-") {
            reply = reply.with(name, value.trim());
        }
    }
    reply
}
