//! A wire to a server that something happens to in the middle of a conversation: at a certain request, the server is
//! stopped, the wire is cut, or whatever a test wants.

use super::running::control;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Passes requests on, and acts when the request of a certain number comes, before it is passed on. From then on passes
/// requests on as before.
pub(crate) struct Tripwire {
    /// Where it listens, HOST:PORT.
    pub(crate) address: String,
    wire: Arc<Wire>,
}

/// Which request it is.
#[derive(Clone, Copy)]
pub(crate) struct Nth {
    /// Counted from 1.
    pub(crate) number: usize,
    /// Only requests count whose path ends so.
    pub(crate) path_end: &'static str,
}

struct Wire {
    upstream: String,
    request: Nth,
    act: Box<dyn Fn() + Send + Sync>,
    is_cut: Arc<AtomicBool>,
    counted: AtomicUsize,
}

impl Tripwire {
    /// Stops a server. `server` is the stack's name of what listens at `upstream`.
    pub(crate) fn new(server: &'static str, upstream: &str, request: usize) -> Self {
        let request = Nth {
            number: request,
            path_end: "",
        };
        Self::acting(upstream, request, move || control("stop", server))
    }

    /// Does what it is told.
    pub(crate) fn acting(
        upstream: &str,
        request: Nth,
        act: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::listen(upstream, request, Arc::default(), Box::new(act))
    }

    /// Drops that request and every later connection, until it is mended.
    pub(crate) fn cut(upstream: &str, request: Nth) -> Self {
        let is_cut = Arc::new(AtomicBool::new(false));
        let act = {
            let is_cut = Arc::clone(&is_cut);
            move || is_cut.store(true, Ordering::SeqCst)
        };
        Self::listen(upstream, request, is_cut, Box::new(act))
    }

    fn listen(
        upstream: &str,
        request: Nth,
        is_cut: Arc<AtomicBool>,
        act: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let wire = Arc::new(Wire {
            upstream: upstream.to_owned(),
            request,
            act,
            is_cut,
            counted: AtomicUsize::new(0),
        });
        let this = Self {
            address,
            wire: Arc::clone(&wire),
        };
        // Ends with the process of the tests.
        thread::spawn(move || {
            for client in listener.incoming() {
                let wire = Arc::clone(&wire);
                thread::spawn(move || client.and_then(|client| wire.pass(client)));
            }
        });
        this
    }

    /// Passes requests on again.
    pub(crate) fn mend(&self) {
        self.wire.is_cut.store(false, Ordering::SeqCst);
    }

    /// How many requests counted so far.
    pub(crate) fn counted(&self) -> usize {
        self.wire.counted.load(Ordering::SeqCst)
    }
}

impl Wire {
    /// Passes one connection on; a server that is gone, or the cut, ends it.
    fn pass(&self, mut client: TcpStream) -> io::Result<()> {
        if self.is_cut.load(Ordering::SeqCst) {
            return client.shutdown(Shutdown::Both);
        }
        let mut server = TcpStream::connect(&self.upstream)?;
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
            // A request that is sent again over a connection from before the cut does not count.
            if !self.is_cut.load(Ordering::SeqCst) {
                self.see(bytes);
            }
            if self.is_cut.load(Ordering::SeqCst) {
                return client.shutdown(Shutdown::Both);
            }
            server.write_all(bytes)?;
        }
    }

    /// Acts when a request begins here and is the one.
    fn see(&self, bytes: &[u8]) {
        let is_request = [&b"GET "[..], b"HEAD ", b"POST "]
            .iter()
            .any(|method| bytes.starts_with(method));
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap();
        let line = String::from_utf8_lossy(line);
        let counts = line
            .trim_end_matches(" HTTP/1.1")
            .ends_with(self.request.path_end);
        if is_request
            && counts
            && self.counted.fetch_add(1, Ordering::SeqCst) + 1 == self.request.number
        {
            (self.act)();
        }
    }
}
