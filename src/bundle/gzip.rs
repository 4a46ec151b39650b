//! A gzip stream of independent members of 1 MiB each (RFC 1952), whose extra field `IG` carries the member's size.
//!
//! The layout of mgzip and pgzip: any gzip reads it as one stream, and ours is packed and read in parallel.
//! Chunks are cut by position alone, so the bytes do not depend on how they are written, nor by how many threads.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// Plain bytes of every member but the last.
pub const CHUNK: usize = 1 << 20;
/// Bytes before the deflated data: fixed header, length of the extra field, the extra field.
pub const HEADER: usize = 10 + 2 + 8;
/// CRC and size after it.
pub const TRAILER: usize = 8;

/// Looks into a chunk: this many of this many bytes each.
const LOOKS: usize = 16;
const LOOK: usize = 4 << 10;

/// Cuts what is written into members. [`GzipWriter::finish`] must be called.
#[derive(Debug)]
pub struct GzipWriter<W> {
    inner: W,
    chunk: Vec<u8>,
    others: Option<Others>,
}

/// Threads that compress, and what they were given in the order in which it is written.
#[derive(Debug)]
struct Others {
    jobs: SyncSender<Job>,
    pending: VecDeque<Receiver<Made>>,
    most: usize,
    spare: Vec<Vec<u8>>,
}

/// A chunk to compress, memory to do it in, and where both go.
#[derive(Debug)]
struct Job {
    chunk: Vec<u8>,
    memory: Vec<u8>,
    made: SyncSender<Made>,
}

#[derive(Debug)]
struct Made {
    member: io::Result<Vec<u8>>,
    chunk: Vec<u8>,
}

impl<W: Write> GzipWriter<W> {
    /// Writes to `inner`, all in the calling thread.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            chunk: Vec::with_capacity(CHUNK),
            others: None,
        }
    }

    /// Writes to `inner`; this many threads of the scope compress.
    pub fn with_threads<'scope>(
        inner: W,
        threads: NonZeroUsize,
        scope: &'scope Scope<'scope, '_>,
    ) -> Self {
        let mut writer = Self::new(inner);
        if threads.get() > 1 {
            writer.others = Some(Others::start(threads.get(), scope));
        }
        writer
    }

    /// Writes the last member.
    ///
    /// # Errors
    /// When `inner` does not take it.
    pub fn finish(mut self) -> io::Result<W> {
        if !self.chunk.is_empty() {
            self.flush_chunk()?;
        }
        while self.write_made(0)? {}
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn flush_chunk(&mut self) -> io::Result<()> {
        let Some(others) = &mut self.others else {
            let member = member(&self.chunk, Vec::new())?;
            self.inner.write_all(&member)?;
            self.chunk.clear();
            return Ok(());
        };
        let next = others.spare.pop().unwrap_or_default();
        let chunk = std::mem::replace(&mut self.chunk, next);
        self.chunk.clear();
        self.chunk.reserve_exact(CHUNK);
        let (made, pending) = sync_channel(1);
        let memory = others.spare.pop().unwrap_or_default();
        others.pending.push_back(pending);
        let most = others.most;
        (others.jobs)
            .send(Job {
                chunk,
                memory,
                made,
            })
            .map_err(|_| broke_off())?;
        self.write_made(most)?;
        Ok(())
    }

    /// Writes what was compressed, in order, until no more than `most` are pending; false when nothing is.
    fn write_made(&mut self, most: usize) -> io::Result<bool> {
        let Some(others) = &mut self.others else {
            return Ok(false);
        };
        while others.pending.len() > most {
            let Some(first) = others.pending.pop_front() else {
                break;
            };
            let Made { member, chunk } = first.recv().map_err(|_| broke_off())?;
            let member = member?;
            self.inner.write_all(&member)?;
            others.spare.extend([chunk, member]);
        }
        Ok(!others.pending.is_empty())
    }
}

impl Others {
    fn start<'scope>(threads: usize, scope: &'scope Scope<'scope, '_>) -> Self {
        let (jobs, queue) = sync_channel::<Job>(threads);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            scope.spawn(move || compress(&queue));
        }
        Self {
            jobs,
            pending: VecDeque::new(),
            most: 2 * threads,
            spare: Vec::new(),
        }
    }
}

fn compress(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = {
            let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.recv()
        };
        let Ok(job) = job else { return };
        let member = member(&job.chunk, job.memory);
        // Whoever failed to write listens no more.
        drop(job.made.send(Made {
            member,
            chunk: job.chunk,
        }));
    }
}

fn broke_off() -> io::Error {
    io::Error::other("a thread that compresses broke off")
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk
            .extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.chunk.len() == CHUNK {
            self.flush_chunk()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A member ends where its chunk is full, never where a caller flushes.
        Ok(())
    }
}

/// One whole gzip member of these plain bytes, in that memory.
fn member(plain: &[u8], mut out: Vec<u8>) -> io::Result<Vec<u8>> {
    let level = if is_compressed(plain)? { 0 } else { 6 };
    let mut deflate = Compress::new(Compression::new(level), false);
    out.clear();
    out.resize(HEADER, 0);
    // Whole chunks in one call: the deflater's output depends on how its input is cut.
    out.reserve(plain.len() + plain.len() / 1_000 + 1_024);
    loop {
        let rest = plain.get(deflate.total_in() as usize..).unwrap_or_default();
        match deflate
            .compress_vec(rest, &mut out, FlushCompress::Finish)
            .map_err(io::Error::other)?
        {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError => out.reserve(CHUNK / 8),
        }
    }
    let mut crc = Crc::new();
    crc.update(plain);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    let size = u32::try_from(out.len()).map_err(io::Error::other)?;
    let mut header = [
        0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, b'I', b'G', 4, 0, 0, 0, 0, 0,
    ];
    if let Some(field) = header.get_mut(16..20) {
        field.copy_from_slice(&size.to_le_bytes());
    }
    if let Some(start) = out.get_mut(..HEADER) {
        start.copy_from_slice(&header);
    }
    Ok(out)
}

/// Whether the chunk holds what is compressed already, such as pictures and archives: the fastest level gains less
/// than a fiftieth wherever it is looked at. Such a chunk is stored.
fn is_compressed(plain: &[u8]) -> io::Result<bool> {
    if plain.len() < LOOKS * LOOK {
        return Ok(false);
    }
    let mut out = Vec::with_capacity(LOOK + 1_024);
    for at in 0..LOOKS {
        let from = plain.len() / LOOKS * at;
        let look = plain.get(from..from + LOOK).unwrap_or_default();
        let mut deflate = Compress::new(Compression::fast(), false);
        out.clear();
        deflate
            .compress_vec(look, &mut out, FlushCompress::Finish)
            .map_err(io::Error::other)?;
        if out.len() < LOOK - LOOK / 50 {
            return Ok(false);
        }
    }
    Ok(true)
}
