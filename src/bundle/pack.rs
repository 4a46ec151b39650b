//! Writes an evidence bundle: the same manifest, files and time give the same bytes.

use super::gzip::GzipWriter;
use super::header::{BLOCK, header, padding};
use super::layout::{Homeless, Order};
use super::{MANIFEST, canonical};
use crate::model::{Digest, FileEntry, Manifest, MemberPath};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::thread;

/// The compressor: other versions may give other bytes of the same tar.
pub const COMPRESSOR: &str = "zlib-rs 0.6 (flate2 1.1), deflate 6 or stored, gzip members of 1 MiB";

const BUFFER: usize = 256 << 10;

/// What was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packed {
    /// Of the `.tar.gz`.
    pub digest: Digest,
    /// Bytes of the `.tar.gz`.
    pub size: u64,
    /// Of the plain tar.
    pub tar: Digest,
    /// Of `manifest.json`.
    pub manifest: Digest,
}

/// Why nothing was packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The manifest cannot be written as JSON.
    #[error("the manifest is no JSON")]
    Manifest(#[source] serde_json::Error),
    /// A member belongs nowhere.
    #[error(transparent)]
    Homeless(#[from] Homeless),
    /// The manifest lists a path twice, or not in the order of members.
    #[error("the manifest lists {path} twice or out of order")]
    Order {
        /// The later one.
        path: MemberPath,
    },
    /// A member's bytes are not what the manifest lists.
    #[error("{path} is not what the manifest lists: the capture store was changed")]
    Changed {
        /// Its path.
        path: MemberPath,
    },
    /// A member is larger than a tar header can say.
    #[error("{path} is too large for an archive")]
    TooLarge {
        /// Its path.
        path: String,
    },
    /// A source cannot be read, or the output not written.
    #[error("the bundle cannot be written")]
    Io(#[from] io::Error),
}

/// Puts the manifest's `files[]` in the order of members.
///
/// # Errors
/// When a path belongs to no group.
pub fn sort_files(manifest: &mut Manifest) -> Result<(), PackError> {
    let order = Order::of(manifest);
    for file in &manifest.files {
        order.place(file)?;
    }
    manifest
        .files
        .sort_by_cached_key(|file| order.place(file).ok());
    Ok(())
}

/// Writes the bundle to `out`, in the calling thread. `open` gives the bytes of a listed file; `mtime` is in seconds
/// since 1970.
///
/// # Errors
/// When the manifest is out of order, a file is not what it lists, or reading or writing fails.
pub fn pack<R: Read>(
    manifest: &Manifest,
    mtime: u64,
    open: impl FnMut(&FileEntry) -> io::Result<R>,
    out: impl Write,
) -> Result<Packed, PackError> {
    pack_with(manifest, mtime, NonZeroUsize::MIN, open, out)
}

/// The same, compressed by this many threads. The bytes do not depend on how many there are.
///
/// # Errors
/// As [`pack`].
pub fn pack_with<R: Read>(
    manifest: &Manifest,
    mtime: u64,
    threads: NonZeroUsize,
    open: impl FnMut(&FileEntry) -> io::Result<R>,
    out: impl Write,
) -> Result<Packed, PackError> {
    thread::scope(|scope| {
        let gzip = GzipWriter::with_threads(Hashing::new(out), threads, scope);
        write(manifest, mtime, open, gzip)
    })
}

fn write<R: Read, W: Write>(
    manifest: &Manifest,
    mtime: u64,
    mut open: impl FnMut(&FileEntry) -> io::Result<R>,
    gzip: GzipWriter<Hashing<W>>,
) -> Result<Packed, PackError> {
    let json = canonical::to_bytes(manifest).map_err(PackError::Manifest)?;
    let order = Order::of(manifest);
    let mut tar = Hashing::new(gzip);
    write_member(
        &mut tar,
        MANIFEST,
        json.len() as u64,
        mtime,
        &mut json.as_slice(),
    )?;
    let mut last = None;
    for file in &manifest.files {
        let here = order.place(file)?;
        if last.as_ref().is_some_and(|last| *last >= here) {
            return Err(PackError::Order {
                path: file.path.clone(),
            });
        }
        last = Some(here);
        let source = open(file)?;
        let found = write_member(
            &mut tar,
            file.path.as_str(),
            file.size,
            mtime,
            &mut source.take(file.size + 1),
        )?;
        if found != Some(file.sha256) {
            return Err(PackError::Changed {
                path: file.path.clone(),
            });
        }
    }
    tar.write_all(&[0; 2 * BLOCK])?;
    let (gzip, tar, _) = tar.finish();
    let (_, digest, size) = gzip.finish()?.finish();
    Ok(Packed {
        digest,
        size,
        tar,
        manifest: Digest::of(&json),
    })
}

/// Writes one member; none when the source has another size.
fn write_member(
    tar: &mut impl Write,
    path: &str,
    size: u64,
    mtime: u64,
    source: &mut impl Read,
) -> Result<Option<Digest>, PackError> {
    let head =
        header(path, size, mtime).ok_or_else(|| PackError::TooLarge { path: path.into() })?;
    tar.write_all(&head)?;
    let mut body = Hashing::new(&mut *tar);
    let mut buffer = vec![0; usize::try_from(size).unwrap_or(BUFFER).clamp(1, BUFFER)];
    let mut copied = 0;
    loop {
        let got = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        body.write_all(buffer.get(..got).unwrap_or_default())?;
        copied += got as u64;
    }
    let (tar, digest, _) = body.finish();
    if copied != size {
        return Ok(None);
    }
    tar.write_all(&vec![0; padding(size)])?;
    Ok(Some(digest))
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            size: 0,
        }
    }

    fn finish(self) -> (W, Digest, u64) {
        (
            self.inner,
            Digest::from_raw(self.hash.finalize().into()),
            self.size,
        )
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..taken).unwrap_or_default());
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
