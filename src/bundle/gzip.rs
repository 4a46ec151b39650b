//! A gzip stream of independent members of 1 MiB each (RFC 1952), whose extra field `IG` carries the member's size.
//!
//! The layout of mgzip and pgzip: any gzip reads it as one stream, and ours can be packed and read in parallel.
//! Chunks are cut by position alone, so the bytes do not depend on how they are written.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use std::io::{self, Write};

/// Plain bytes of every member but the last.
pub const CHUNK: usize = 1 << 20;
/// Bytes before the deflated data: fixed header, length of the extra field, the extra field.
pub const HEADER: usize = 10 + 2 + 8;
/// CRC and size after it.
pub const TRAILER: usize = 8;

/// Cuts what is written into members. [`GzipWriter::finish`] must be called.
#[derive(Debug)]
pub struct GzipWriter<W> {
    inner: W,
    chunk: Vec<u8>,
}

impl<W: Write> GzipWriter<W> {
    /// Writes to `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            chunk: Vec::with_capacity(CHUNK),
        }
    }

    /// Writes the last member.
    ///
    /// # Errors
    /// When `inner` does not take it.
    pub fn finish(mut self) -> io::Result<W> {
        if !self.chunk.is_empty() {
            self.flush_chunk()?;
        }
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn flush_chunk(&mut self) -> io::Result<()> {
        let member = member(&self.chunk)?;
        self.inner.write_all(&member)?;
        self.chunk.clear();
        Ok(())
    }
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

/// One whole gzip member of these plain bytes.
fn member(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut deflate = Compress::new(Compression::new(6), false);
    let mut out = vec![0; HEADER];
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
