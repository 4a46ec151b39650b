//! A strict reader of bundle archives: every header is the one that `pack` would write, or the bundle is refused.

use super::bounds::Bounds;
use super::gunzip::GunzipError;
use super::header::{BLOCK, padding};
use super::member_header;
use super::parallel;
use super::plain::{Inline, Piece, Plain, Totals};
use crate::model::{Digest, MemberPath};
use std::io::Read;
use std::num::NonZeroUsize;

/// Why an archive is refused, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The compression.
    #[error(transparent)]
    Gunzip(#[from] GunzipError),
    /// A header that no bundle has: links, other types, owners, extensions.
    #[error("member {number}: {source}")]
    Header {
        /// Its number, from 1.
        number: usize,
        /// What is wrong.
        source: HeaderError,
    },
    /// Bytes between a member and the next that are not zero.
    #[error("member {number}: the padding is not zero")]
    Padding {
        /// Its number, from 1.
        number: usize,
    },
    /// Ends within a member.
    #[error("the archive ends within member {number}")]
    CutOff {
        /// Its number, from 1.
        number: usize,
    },
    /// Something stands after the end.
    #[error("there is data after the end of the archive")]
    Trailing,
    /// More members than are read.
    #[error("more than {limit} members (--max-members)")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// A member is over the bound.
    #[error("member {path} has {found} bytes, more than {limit} (--max-member-bytes)")]
    TooLarge {
        /// Which.
        path: MemberPath,
        /// Its size.
        found: u64,
        /// The bound.
        limit: u64,
    },
}

pub use super::member_header::HeaderError;

impl ArchiveError {
    /// Whether the source failed, which says nothing about the bundle.
    pub fn is_read_failure(&self) -> bool {
        matches!(self, Self::Gunzip(GunzipError::Read(_)))
    }

    /// The last part of the finding's code, `EV-archive-…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gunzip(error) => error.code(),
            Self::Header { source, .. } => source.code(),
            Self::Padding { .. } => "tar-padding",
            Self::CutOff { .. } => "tar-cut",
            Self::Trailing => "tar-trailing",
            Self::TooMany { .. } => "members",
            Self::TooLarge { .. } => "member-bytes",
        }
    }
}

/// The head of a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Its path.
    pub path: MemberPath,
    /// Bytes.
    pub size: u64,
}

/// A bundle read once, front to back.
pub struct Archive<P> {
    plain: P,
    piece: Piece,
    at: usize,
    bounds: Bounds,
    number: usize,
    mtime: Option<u64>,
    open: u64,
    tar: Option<Digest>,
}

impl<R: Read> Archive<Inline<R>> {
    /// Reads from `inner` within the default bounds, in the calling thread.
    pub fn new(inner: R) -> Self {
        Self::within(inner, Bounds::DEFAULT)
    }

    /// Reads from `inner` within these bounds, in the calling thread.
    pub fn within(inner: R, bounds: Bounds) -> Self {
        Self::over(Inline::new(inner, bounds), bounds)
    }
}

/// What is done with an archive that other threads read.
pub trait Reading {
    /// What comes out.
    type Output;

    /// Reads the archive.
    fn read<P: Plain>(self, archive: Archive<P>) -> Self::Output;
}

/// Reads from `inner` within these bounds: in the calling thread when `threads` is one, else with that many that
/// inflate besides.
pub fn read_with<R: Read + Send, W: Reading>(
    inner: R,
    bounds: Bounds,
    threads: NonZeroUsize,
    work: W,
) -> W::Output {
    if threads.get() == 1 {
        return work.read(Archive::within(inner, bounds));
    }
    parallel::with(inner, bounds, threads, |plain| {
        work.read(Archive::over(plain, bounds))
    })
}

impl<P: Plain> Archive<P> {
    fn over(plain: P, bounds: Bounds) -> Self {
        Self {
            plain,
            piece: Piece::default(),
            at: 0,
            bounds,
            number: 0,
            mtime: None,
            open: 0,
            tar: None,
        }
    }

    /// The next member; none after the last, when the end was checked too. The body of the one before is skipped.
    ///
    /// # Errors
    /// When the archive is not one that `pack` writes.
    pub fn next_member(&mut self) -> Result<Option<Head>, ArchiveError> {
        if self.tar.is_some() {
            return Ok(None);
        }
        self.read_body(&mut |_| {})?;
        self.number += 1;
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        if self.number > self.bounds.members {
            let limit = self.bounds.members;
            return Err(ArchiveError::TooMany { limit });
        }
        let number = self.number;
        let (head, mtime) = member_header::parse(&block, self.mtime)
            .map_err(|source| ArchiveError::Header { number, source })?;
        self.mtime = Some(mtime);
        if head.size > self.bounds.member_bytes {
            return Err(ArchiveError::TooLarge {
                path: head.path,
                found: head.size,
                limit: self.bounds.member_bytes,
            });
        }
        self.open = head.size;
        Ok(Some(head))
    }

    /// Gives the body of the member at hand to `sink`, piece by piece.
    ///
    /// # Errors
    /// When the archive is cut off, malformed or unreadable.
    pub fn read_body(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), ArchiveError> {
        let pad = padding(self.open);
        let had = self.open > 0;
        while self.open > 0 {
            if !self.more()? {
                return Err(self.cut_off());
            }
            let rest = self.piece.get(self.at..).unwrap_or_default();
            let most = usize::try_from(self.open).unwrap_or(usize::MAX);
            let taken = rest.len().min(most);
            sink(rest.get(..taken).unwrap_or_default());
            self.at += taken;
            self.open -= taken as u64;
        }
        let mut zeros = [0; BLOCK];
        let tail = zeros.get_mut(..pad).unwrap_or_default();
        if had {
            self.fill(tail)?;
        }
        if tail.iter().any(|byte| *byte != 0) {
            let number = self.number;
            return Err(ArchiveError::Padding { number });
        }
        Ok(())
    }

    /// Digest of the plain tar, once it was read to its end.
    pub fn tar(&self) -> Option<Digest> {
        self.tar
    }

    /// The bounds that it is read within.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Reads whatever is left, also after an error; gives the file's digest.
    ///
    /// # Errors
    /// When the source fails.
    pub fn finish(mut self) -> Result<Totals, ArchiveError> {
        Ok(self.plain.finish()?)
    }

    /// Whether there is a byte at hand; reads the next piece when there is none.
    fn more(&mut self) -> Result<bool, ArchiveError> {
        while self.at == self.piece.len() {
            let used = std::mem::take(&mut self.piece);
            self.at = 0;
            match self.plain.next(used)? {
                Some(piece) => self.piece = piece,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn fill(&mut self, mut block: &mut [u8]) -> Result<(), ArchiveError> {
        while !block.is_empty() {
            if !self.more()? {
                return Err(self.cut_off());
            }
            let rest = self.piece.get(self.at..).unwrap_or_default();
            let taken = rest.len().min(block.len());
            let (now, later) = block.split_at_mut(taken);
            now.copy_from_slice(rest.get(..taken).unwrap_or_default());
            self.at += taken;
            block = later;
        }
        Ok(())
    }

    fn cut_off(&self) -> ArchiveError {
        ArchiveError::CutOff {
            number: self.number,
        }
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block != [0; BLOCK] || self.more()? {
            return Err(ArchiveError::Trailing);
        }
        self.tar = Some(self.plain.digest());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
