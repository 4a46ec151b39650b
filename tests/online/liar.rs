//! A server between the program and an honest log, which changes what it likes.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server; it ends with the test's process.
pub(crate) struct Liar {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// An answer of the honest log, or what becomes of it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) header: String,
    pub(crate) body: Vec<u8>,
    /// Sends the body again and again, without end.
    pub(crate) endless: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, body: &[u8]) -> Self {
        Self {
            status,
            header: String::new(),
            body: body.to_vec(),
            endless: false,
        }
    }

    /// The same with another document.
    pub(crate) fn edit(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut json = serde_json::from_slice(&self.body).unwrap();
        edit(&mut json);
        self.body = json.to_string().into_bytes();
        self
    }

    /// The same with another entry of a Rekor v1 answer.
    pub(crate) fn edit_entry(self, edit: impl FnOnce(&mut Value)) -> Self {
        self.edit(|json| edit(json.as_object_mut().unwrap().values_mut().next().unwrap()))
    }
}

impl Liar {
    /// Passes everything on to the log at `upstream`, and gives what `lie` makes of the answer to that path and query.
    pub(crate) fn new(
        upstream: &str,
        lie: impl Fn(&str, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, lie) = (asked.clone(), Arc::new(lie));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (upstream, seen, lie) = (upstream.clone(), seen.clone(), lie.clone());
                std::thread::spawn(move || {
                    let mut client = client.unwrap();
                    let path = path_of(&head(&mut client));
                    seen.lock().unwrap().push(path.clone());
                    let answer = lie(&path, ask(&upstream, &path));
                    // The program may have heard enough.
                    let _ = send(&mut client, &answer);
                });
            }
        });
        Self { url, asked }
    }

    /// Paths and queries that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).unwrap()
}

fn path_of(head: &str) -> String {
    head.split(' ').nth(1).unwrap_or("/").into()
}

/// Asks a server.
pub(crate) fn ask(upstream: &str, path: &str) -> Answer {
    let Ok(mut stream) = TcpStream::connect(upstream) else {
        return Answer::new(502, b"");
    };
    let request = format!("GET {path} HTTP/1.1\r\nhost: {upstream}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let head = head(&mut stream);
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    Answer::new(path_of(&head).parse().unwrap(), &body)
}

fn send(client: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    let length = if answer.endless {
        String::new()
    } else {
        format!("content-length: {}\r\n", answer.body.len())
    };
    write!(
        client,
        "HTTP/1.1 {} OK\r\n{length}{}connection: close\r\n\r\n",
        answer.status, answer.header
    )?;
    client.write_all(&answer.body)?;
    if !answer.endless {
        return Ok(());
    }
    loop {
        client.write_all(&answer.body)?;
    }
}
