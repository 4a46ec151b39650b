//! Finds the members of a gzip stream (RFC 1952): those of a bundle's own layout whole, so that they can be inflated
//! side by side, all others inflated as they go by.

use super::gunzip::GunzipError;
use super::gzip::{CHUNK, HEADER, TRAILER};
use super::inflate::{Inflate, Trailer};
use crate::model::Digest;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};

/// Compressed bytes of a member that is inflated whole: stored blocks add a few bytes to a chunk.
const WHOLE: usize = CHUNK + 1_024;
/// Bytes that are read at once.
const READ: usize = 64 << 10;
/// Plain bytes that are given at once of a member that is not inflated whole.
const PIECE: usize = 64 << 10;
/// Members without a byte in a row.
const EMPTY_MEMBERS: u32 = 1_000;

/// How a bundle's extra field begins: its length, its name, the length of what it holds.
const FIELD: [u8; 6] = [8, 0, b'I', b'G', 4, 0];

/// What the stream holds next.
pub(super) enum Framed {
    /// A whole member but its header: deflated data and trailer.
    Whole(Vec<u8>),
    /// Plain bytes.
    Plain(Vec<u8>),
}

/// Reads a compressed stream once, and hashes it.
pub(super) struct Framing<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    hash: Sha256,
    read: u64,
    inflate: Inflate,
    open: Option<Open>,
    members: u64,
    empty: u32,
}

/// A member that is inflated as it goes by.
struct Open {
    /// Deflated bytes that are left of it, as its `IG` field says.
    left: Option<u64>,
}

impl<R: Read> Framing<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: vec![0; READ],
            start: 0,
            end: 0,
            hash: Sha256::new(),
            read: 0,
            inflate: Inflate::new(),
            open: None,
            members: 0,
            empty: 0,
        }
    }

    /// Compressed bytes that were taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.read - (self.end - self.start) as u64
    }

    /// The next part of the stream, in `spare`'s memory; none at its end.
    pub(super) fn next(&mut self, spare: Vec<u8>) -> Result<Option<Framed>, GunzipError> {
        if self.open.is_some() {
            return self.stream(spare).map(Some);
        }
        if self.peek(1)?.is_empty() {
            return Ok(None);
        }
        let stated = self.header()?;
        self.members += 1;
        if let Some(stated) = stated
            && let Some(size) = self.whole(stated)?
        {
            let mut whole = spare;
            whole.clear();
            whole.extend_from_slice(self.peek(size)?);
            self.start += size;
            self.count_empty(Trailer::of(&whole).size == 0)?;
            return Ok(Some(Framed::Whole(whole)));
        }
        let left = match stated {
            None => None,
            Some(stated) => Some(
                u64::from(stated)
                    .checked_sub((HEADER + TRAILER) as u64)
                    .ok_or(GunzipError::MemberSize)?,
            ),
        };
        self.inflate.reset();
        self.open = Some(Open { left });
        self.stream(spare).map(Some)
    }

    /// Reads the rest without looking at it; gives digest and size of the whole compressed stream.
    pub(super) fn drain(&mut self) -> Result<(Digest, u64), GunzipError> {
        loop {
            (self.start, self.end) = (0, 0);
            if self.refill()? == 0 {
                let digest = self.hash.finalize_reset();
                return Ok((Digest::from_raw(digest.into()), self.read));
            }
        }
    }

    /// Bytes of the member without its header, when it is one that is inflated whole: it is there to its end, and
    /// neither it nor what it says to hold is larger than a chunk.
    fn whole(&mut self, stated: u32) -> Result<Option<usize>, GunzipError> {
        let Some(size) = (stated as usize).checked_sub(HEADER) else {
            return Ok(None);
        };
        if !(TRAILER..=WHOLE).contains(&size) {
            return Ok(None);
        }
        let rest = self.peek(size)?;
        let fits = rest.len() == size && Trailer::of(rest).size as usize <= CHUNK;
        Ok(fits.then_some(size))
    }

    fn stream(&mut self, mut out: Vec<u8>) -> Result<Framed, GunzipError> {
        out.resize(PIECE, 0);
        let mut filled = 0;
        while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
            if self.start == self.end && self.refill()? == 0 {
                return Err(GunzipError::Cut("a member"));
            }
            let Some(open) = &mut self.open else { break };
            let input = self.buffer.get(self.start..self.end).unwrap_or_default();
            let most = (open.left).map_or(input.len(), |left| input.len().min(usize_of(left)));
            let step = (self.inflate).step(input.get(..most).unwrap_or_default(), room)?;
            self.start += step.taken;
            filled += step.made;
            if let Some(left) = &mut open.left {
                *left = left.saturating_sub(step.taken as u64);
            }
            // What it says of its own size is compared first: a stock gunzip reads another member otherwise.
            let left = open.left;
            if step.ended {
                if left.is_some_and(|left| left > 0) {
                    return Err(GunzipError::MemberSize);
                }
                self.open = None;
                self.end_member()?;
                break;
            }
            if step.made == 0 && left == Some(0) {
                return Err(GunzipError::MemberSize);
            }
        }
        out.truncate(filled);
        Ok(Framed::Plain(out))
    }

    fn end_member(&mut self) -> Result<(), GunzipError> {
        let trailer = self.peek(TRAILER)?;
        if trailer.len() < TRAILER {
            return Err(GunzipError::Cut("a gzip trailer"));
        }
        let trailer = Trailer::of(trailer);
        self.start += TRAILER;
        let made = self.inflate.check(trailer)?;
        self.count_empty(made == 0)
    }

    fn count_empty(&mut self, is_empty: bool) -> Result<(), GunzipError> {
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if self.empty > EMPTY_MEMBERS {
            return Err(GunzipError::EmptyMembers);
        }
        Ok(())
    }

    /// Reads the header of a member; gives the whole member's size as its `IG` field states it.
    fn header(&mut self) -> Result<Option<u32>, GunzipError> {
        let is_first = self.members == 0;
        let fixed = match *self.peek(10)? {
            [0x1f, 0x8b, method, flags, _, _, _, _, _, _] => (method, flags),
            [0x1f, 0x8b, ..] | [0x1f] => return Err(GunzipError::Cut("a gzip header")),
            _ if is_first => return Err(GunzipError::Header("it does not begin as gzip does")),
            _ => return Err(GunzipError::Trailing),
        };
        self.start += 10;
        match fixed {
            (8, 0) => Ok(None),
            (8, 4) => self.extra().map(Some),
            (8, _) => Err(GunzipError::Header(
                "a name, comment, checksum or unknown flag",
            )),
            _ => Err(GunzipError::Header("another method than deflate")),
        }
    }

    fn extra(&mut self) -> Result<u32, GunzipError> {
        match *self.peek(HEADER - 10)? {
            [8, 0, b'I', b'G', 4, 0, a, b, c, d] => {
                self.start += HEADER - 10;
                Ok(u32::from_le_bytes([a, b, c, d]))
            }
            ref begun
                if begun.len() < HEADER - 10
                    && FIELD.starts_with(begun.get(..FIELD.len()).unwrap_or(begun)) =>
            {
                Err(GunzipError::Cut("a gzip header"))
            }
            _ => Err(GunzipError::Extra),
        }
    }

    /// The next `want` bytes, without taking them; fewer only at the end.
    fn peek(&mut self, want: usize) -> Result<&[u8], GunzipError> {
        if self.buffer.len() < want {
            // Room for the largest member, once there is one that needs it.
            self.buffer.resize(WHOLE + READ, 0);
        }
        while self.end - self.start < want {
            if self.buffer.len() - self.start < want {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            if self.refill()? == 0 {
                break;
            }
        }
        let end = self.end.min(self.start + want);
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    fn refill(&mut self) -> Result<usize, GunzipError> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let got = loop {
            match self.inner.read(room) {
                Ok(got) => break got.min(room.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(GunzipError::Read(error)),
            }
        };
        self.hash.update(room.get(..got).unwrap_or_default());
        self.read += got as u64;
        self.end += got;
        Ok(got)
    }
}

fn usize_of(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
