//! A strict and bounded gzip reader (RFC 1952): whole members only, checksums checked, nothing after the last.

use crate::model::{Digest, limits};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};

const BUFFER: usize = 64 << 10;
/// Plain bytes that any stream may have, however small it is.
const FREE_PLAIN: u64 = 64 << 20;
/// Plain bytes for each compressed byte read so far, beyond [`FREE_PLAIN`].
const MAX_RATIO: u64 = 200;
/// Members without a byte in a row.
const EMPTY_MEMBERS: u32 = 1_000;

/// Why a stream is no gzip of ours, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GunzipError {
    /// The source failed: says nothing about the bytes.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
    /// Not gzip, or a form of it that no bundle has.
    #[error("not a gzip stream of a bundle: {0}")]
    Malformed(&'static str),
    /// Grows beyond the bounds.
    #[error("unpacks to more than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: u64,
    },
}

/// Reads plain bytes and hashes the compressed ones.
pub struct Gunzip<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    hash: Sha256,
    read: u64,
    plain: u64,
    member: Option<Member>,
    empty: u32,
}

struct Member {
    inflate: Decompress,
    crc: Crc,
    /// Compressed bytes of the whole member, as its `IG` field says.
    stated: Option<u64>,
    header: u64,
}

impl<R: Read> Gunzip<R> {
    /// Reads from `inner`, once, front to back.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            hash: Sha256::new(),
            read: 0,
            plain: 0,
            member: None,
            empty: 0,
        }
    }

    /// Fills `out` with plain bytes; fewer only at the end of the stream.
    ///
    /// # Errors
    /// When the stream is malformed, over a bound, or cannot be read.
    pub fn fill(&mut self, out: &mut [u8]) -> Result<usize, GunzipError> {
        let mut filled = 0;
        while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            if self.member.is_none() && !self.next_member()? {
                break;
            }
            filled += self.inflate(rest)?;
        }
        Ok(filled)
    }

    /// Reads the rest without looking at it; gives digest and size of the whole compressed stream.
    ///
    /// # Errors
    /// When the source fails.
    pub fn drain(mut self) -> Result<(Digest, u64), GunzipError> {
        loop {
            self.start = self.end;
            if !self.refill()? {
                return Ok((Digest::from_raw(self.hash.finalize().into()), self.read));
            }
        }
    }

    fn inflate(&mut self, out: &mut [u8]) -> Result<usize, GunzipError> {
        if self.start == self.end && !self.refill()? {
            return Err(GunzipError::Malformed("it ends within a member"));
        }
        let Some(member) = &mut self.member else {
            return Ok(0);
        };
        let input = self.buffer.get(self.start..self.end).unwrap_or_default();
        let (before_in, before_out) = (member.inflate.total_in(), member.inflate.total_out());
        let status = member
            .inflate
            .decompress(input, out, FlushDecompress::None)
            .map_err(|_| GunzipError::Malformed("the deflated data is broken"))?;
        self.start += (member.inflate.total_in() - before_in) as usize;
        let made = (member.inflate.total_out() - before_out) as usize;
        member.crc.update(out.get(..made).unwrap_or_default());
        self.plain += made as u64;
        let limit = limits::PLAIN_BYTES.min(FREE_PLAIN.max(self.read.saturating_mul(MAX_RATIO)));
        if self.plain > limit {
            return Err(GunzipError::TooLarge { limit });
        }
        if status == Status::StreamEnd {
            self.end_member()?;
        }
        Ok(made)
    }

    /// Reads the header of the next member; false at the end of the stream.
    fn next_member(&mut self) -> Result<bool, GunzipError> {
        if self.start == self.end && !self.refill()? {
            return Ok(false);
        }
        let fixed: [u8; 10] = self.take()?;
        let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _] = fixed else {
            return Err(GunzipError::Malformed(
                "no gzip member where one should start",
            ));
        };
        let (stated, header) = match flags {
            0 => (None, 10),
            4 => {
                let length = u16::from_le_bytes(self.take()?);
                let mut extra = Vec::with_capacity(length.into());
                for _ in 0..length {
                    let [byte] = self.take()?;
                    extra.push(byte);
                }
                let stated = match extra.as_slice() {
                    [b'I', b'G', 4, 0, a, b, c, d] => {
                        Some(u32::from_le_bytes([*a, *b, *c, *d]).into())
                    }
                    _ => {
                        return Err(GunzipError::Malformed(
                            "a gzip extra field that no bundle has",
                        ));
                    }
                };
                (stated, 12 + u64::from(length))
            }
            _ => {
                return Err(GunzipError::Malformed(
                    "a gzip header with a name, comment or unknown flag",
                ));
            }
        };
        self.member = Some(Member {
            inflate: Decompress::new(false),
            crc: Crc::new(),
            stated,
            header,
        });
        Ok(true)
    }

    fn end_member(&mut self) -> Result<(), GunzipError> {
        let crc = u32::from_le_bytes(self.take()?);
        let size = u32::from_le_bytes(self.take()?);
        let Some(member) = self.member.take() else {
            return Ok(());
        };
        if crc != member.crc.sum() || size != member.crc.amount() {
            return Err(GunzipError::Malformed("a gzip checksum or size is wrong"));
        }
        let whole = member.header + member.inflate.total_in() + super::gzip::TRAILER as u64;
        if member.stated.is_some_and(|stated| stated != whole) {
            return Err(GunzipError::Malformed(
                "a member's stated size is not its size",
            ));
        }
        self.empty = if member.inflate.total_out() == 0 {
            self.empty + 1
        } else {
            0
        };
        if self.empty > EMPTY_MEMBERS {
            return Err(GunzipError::Malformed("too many empty members"));
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], GunzipError> {
        let mut out = [0; N];
        for byte in &mut out {
            if self.start == self.end && !self.refill()? {
                return Err(GunzipError::Malformed(
                    "it ends within a gzip header or trailer",
                ));
            }
            *byte = self.buffer.get(self.start).copied().unwrap_or_default();
            self.start += 1;
        }
        Ok(out)
    }

    fn refill(&mut self) -> Result<bool, GunzipError> {
        let got = loop {
            match self.inner.read(&mut self.buffer) {
                Ok(got) => break got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(GunzipError::Read(error)),
            }
        };
        self.hash.update(self.buffer.get(..got).unwrap_or_default());
        self.read += got as u64;
        (self.start, self.end) = (0, got);
        Ok(got > 0)
    }
}
