//! Servers that stand before those of the sandbox and let nobody in without the right header, and servers that repeat
//! what they are sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A request as it came: head and body.
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    fn read(stream: &TcpStream) -> Self {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while reader.read_line(&mut head).unwrap_or(0) > 2 {}
        let length = (head.lines())
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.trim().parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap_or(());
        Self { head, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// Answers each request with the bytes that the function gives, whole. Gives host and port.
pub(crate) fn answer(with: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let with = Arc::new(with);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, with) = (stream.unwrap(), with.clone());
            std::thread::spawn(move || {
                let asked = Asked::read(&stream);
                stream.write_all(&with(&asked)).ok();
            });
        }
    });
    address
}

/// An answer with a body.
pub(crate) fn reply(status: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Stands before a service; lets those in who send all these headers, and counts them.
pub(crate) fn guarded(
    service: &str,
    wanted: &[(&'static str, String)],
    challenge: &'static str,
) -> (String, Arc<AtomicUsize>) {
    let service = service
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let wanted = wanted.to_vec();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let address = answer(move |asked| {
        let is_in = (wanted.iter()).all(|(name, value)| asked.header(name) == Some(value.as_str()));
        if !is_in {
            return reply("401 Unauthorized", challenge, b"who are you?");
        }
        counted.fetch_add(1, Ordering::Relaxed);
        let mut upstream = TcpStream::connect(&service).unwrap();
        let lines = asked.head.lines().filter(|line| !line.is_empty());
        let lines = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let mut head: String = lines.map(|line| format!("{line}\r\n")).collect();
        head.push_str("connection: close\r\n\r\n");
        upstream.write_all(head.as_bytes()).unwrap();
        upstream.write_all(&asked.body).unwrap();
        let mut whole = Vec::new();
        upstream.read_to_end(&mut whole).unwrap();
        whole
    });
    (address, count)
}
