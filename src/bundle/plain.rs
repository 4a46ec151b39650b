//! The plain bytes of a bundle, piece by piece and in order, whoever inflates them.

use super::bounds::Bounds;
use super::framing::{Framed, Framing};
use super::gunzip::GunzipError;
use super::inflate::Inflate;
use crate::model::Digest;
use sha2::{Digest as _, Sha256};
use std::io::Read;
use std::sync::Arc;

/// Some plain bytes. Shared with whoever hashes the whole tar meanwhile.
pub type Piece = Arc<Vec<u8>>;

/// Digest and size of the whole file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Totals {
    /// Of the compressed file.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

/// Where plain bytes come from.
pub trait Plain {
    /// The next piece; none at the end. `used` is the one before, whose memory may be used again.
    ///
    /// # Errors
    /// When the stream is malformed, over a bound, or cannot be read.
    fn next(&mut self, used: Piece) -> Result<Option<Piece>, GunzipError>;

    /// Digest of all the plain bytes, once the last piece has come.
    fn digest(&mut self) -> Digest;

    /// Reads whatever is left, also after an error.
    ///
    /// # Errors
    /// When the source fails.
    fn finish(&mut self) -> Result<Totals, GunzipError>;
}

/// Counts plain bytes against the bounds.
pub(super) struct Meter {
    bounds: Bounds,
    plain: u64,
}

impl Meter {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, plain: 0 }
    }

    /// Counts a piece; `packed` compressed bytes were taken up to its end.
    pub(super) fn count(&mut self, piece: &[u8], packed: u64) -> Result<(), GunzipError> {
        self.plain = self.plain.saturating_add(piece.len() as u64);
        let (limit, by_ratio) = self.bounds.plain_after(packed);
        match (self.plain > limit, by_ratio) {
            (false, _) => Ok(()),
            (true, true) => Err(GunzipError::Ratio { limit, packed }),
            (true, false) => Err(GunzipError::TooLarge { limit }),
        }
    }
}

/// Everything in the calling thread.
pub struct Inline<R> {
    framing: Framing<R>,
    inflate: Inflate,
    packed: Vec<u8>,
    meter: Meter,
    hash: Sha256,
}

impl<R: Read> Inline<R> {
    pub(super) fn new(inner: R, bounds: Bounds) -> Self {
        Self {
            framing: Framing::new(inner),
            inflate: Inflate::new(),
            packed: Vec::new(),
            meter: Meter::new(bounds),
            hash: Sha256::new(),
        }
    }
}

impl<R: Read> Plain for Inline<R> {
    fn next(&mut self, used: Piece) -> Result<Option<Piece>, GunzipError> {
        let spare = Arc::into_inner(used).unwrap_or_default();
        let packed = std::mem::take(&mut self.packed);
        let plain = match self.framing.next(packed)? {
            None => return Ok(None),
            Some(Framed::Plain(plain)) => {
                self.packed = spare;
                plain
            }
            Some(Framed::Whole(packed)) => {
                let plain = self.inflate.whole(&packed, spare)?;
                self.packed = packed;
                plain
            }
        };
        self.meter.count(&plain, self.framing.taken())?;
        self.hash.update(&plain);
        Ok(Some(Arc::new(plain)))
    }

    fn digest(&mut self) -> Digest {
        Digest::from_raw(self.hash.finalize_reset().into())
    }

    fn finish(&mut self) -> Result<Totals, GunzipError> {
        let (digest, size) = self.framing.drain()?;
        Ok(Totals { digest, size })
    }
}
