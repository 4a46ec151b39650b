//! A wire to a server that is cut in the middle of a conversation: at a certain request, the server is stopped.

use super::running::control;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Passes requests on, and stops the server when the request of that number comes. Once it has been started again,
/// passes them on as before.
pub(crate) struct Tripwire {
    /// Where it listens, HOST:PORT.
    pub(crate) address: String,
}

impl Tripwire {
    /// `server` is the stack's name of what listens at `upstream`.
    pub(crate) fn new(server: &'static str, upstream: &str, request: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let upstream = upstream.to_owned();
        let seen = Arc::new(AtomicUsize::new(0));
        let trip = move |bytes: &[u8]| {
            let is_request = [&b"GET "[..], b"HEAD ", b"POST "]
                .iter()
                .any(|method| bytes.starts_with(method));
            let trips = is_request && seen.fetch_add(1, Ordering::SeqCst) + 1 == request;
            if trips {
                control("stop", server);
            }
        };
        // Ends with the process of the tests.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (trip, upstream) = (trip.clone(), upstream.clone());
                thread::spawn(move || client.and_then(|client| pass(client, &upstream, trip)));
            }
        });
        Self { address }
    }
}

/// Passes one connection on; a server that is gone ends it.
fn pass(mut client: TcpStream, upstream: &str, trip: impl Fn(&[u8])) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream)?;
    let (mut answers, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let copied = io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
        copied
    });
    let mut buffer = [0; 16_384];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return server.shutdown(Shutdown::Write);
        }
        let bytes = &buffer[..length];
        trip(bytes);
        server.write_all(bytes)?;
    }
}
