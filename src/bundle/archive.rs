//! A strict reader of bundle archives: every header is the one that `pack` would write, or the bundle is refused.

use super::gunzip::{Gunzip, GunzipError};
use super::header::{BLOCK, header, padding};
use crate::model::{Digest, MemberPath, limits};
use sha2::{Digest as _, Sha256};
use std::io::Read;

const BUFFER: usize = 128 << 10;

/// Why an archive is refused, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The compression.
    #[error(transparent)]
    Gunzip(#[from] GunzipError),
    /// A header that no bundle has: links, other types, owners, extensions.
    #[error("member {number}: {reason}")]
    Header {
        /// Its number, from 1.
        number: usize,
        /// What is wrong.
        reason: &'static str,
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
    #[error("more than {} members", limits::MEMBERS)]
    TooMany,
}

impl ArchiveError {
    /// Whether the source failed, which says nothing about the bundle.
    pub fn is_read_failure(&self) -> bool {
        matches!(self, Self::Gunzip(GunzipError::Read(_)))
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

/// Digest and size of the whole file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Totals {
    /// Of the compressed file.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

/// A bundle read once, front to back.
pub struct Archive<R> {
    plain: Gunzip<R>,
    number: usize,
    mtime: Option<u64>,
    open: u64,
    hash: Sha256,
    tar: Option<Digest>,
}

impl<R: Read> Archive<R> {
    /// Reads from `inner`.
    pub fn new(inner: R) -> Self {
        Self {
            plain: Gunzip::new(inner),
            number: 0,
            mtime: None,
            open: 0,
            hash: Sha256::new(),
            tar: None,
        }
    }

    /// The next member; none after the last, when the end was checked too. The body of the one before is skipped.
    ///
    /// # Errors
    /// When the archive is not one that `pack` writes.
    pub fn next_member(&mut self) -> Result<Option<Head>, ArchiveError> {
        self.read_body(&mut |_| {})?;
        self.number += 1;
        if self.number > limits::MEMBERS {
            return Err(ArchiveError::TooMany);
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let error = |reason| ArchiveError::Header {
            number: self.number,
            reason,
        };
        let parsed = tar::Header::from_byte_slice(&block);
        let name = parsed
            .as_ustar()
            .ok_or_else(|| error("not a ustar header"))?
            .name;
        let length = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        let name = std::str::from_utf8(name.get(..length).unwrap_or_default())
            .map_err(|_| error("the name is not ASCII"))?;
        let size = parsed
            .entry_size()
            .map_err(|_| error("the size is no number"))?;
        let mtime = parsed.mtime().map_err(|_| error("the time is no number"))?;
        if *self.mtime.get_or_insert(mtime) != mtime {
            return Err(error("the time differs from the first member's"));
        }
        let path =
            MemberPath::try_from(name).map_err(|_| error("the name is no plain member path"))?;
        // Links, devices, extensions, owners, modes, stray bytes: whatever it is, it is not what `pack` writes.
        if header(name, size, mtime) != Some(block) {
            return Err(error("the header is not that of a plain file"));
        }
        if size > limits::MEMBER_BYTES {
            return Err(error("the member is larger than any may be"));
        }
        self.open = size;
        Ok(Some(Head { path, size }))
    }

    /// Gives the body of the member at hand to `sink`, piece by piece.
    ///
    /// # Errors
    /// When the archive is cut off, malformed or unreadable.
    pub fn read_body(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), ArchiveError> {
        let pad = padding(self.open);
        let had = self.open > 0;
        let mut buffer = vec![0; BUFFER.min(self.open as usize)];
        while self.open > 0 {
            let want = buffer.len().min(self.open as usize);
            let piece = buffer.get_mut(..want).unwrap_or_default();
            if self.plain.fill(piece)? != want {
                return Err(ArchiveError::CutOff {
                    number: self.number,
                });
            }
            self.hash.update(&*piece);
            sink(piece);
            self.open -= want as u64;
        }
        let mut zeros = [0; BLOCK];
        let tail = zeros.get_mut(..pad).unwrap_or_default();
        if had {
            self.fill(tail)?;
        }
        if tail.iter().any(|byte| *byte != 0) {
            return Err(ArchiveError::Header {
                number: self.number,
                reason: "the padding is not zero",
            });
        }
        Ok(())
    }

    /// Digest of the plain tar, once it was read to its end.
    pub fn tar(&self) -> Option<Digest> {
        self.tar
    }

    /// Reads whatever is left, also after an error; gives the file's digest.
    ///
    /// # Errors
    /// When the source fails.
    pub fn finish(self) -> Result<Totals, ArchiveError> {
        let (digest, size) = self.plain.drain()?;
        Ok(Totals { digest, size })
    }

    fn fill(&mut self, block: &mut [u8]) -> Result<(), ArchiveError> {
        let want = block.len();
        if self.plain.fill(block)? != want {
            return Err(ArchiveError::CutOff {
                number: self.number,
            });
        }
        self.hash.update(&*block);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        let mut beyond = [0; 1];
        if block != [0; BLOCK] || self.plain.fill(&mut beyond)? != 0 {
            return Err(ArchiveError::Trailing);
        }
        self.tar = Some(Digest::from_raw(self.hash.finalize_reset().into()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::gzip::GzipWriter;
    use proptest::prelude::*;
    use std::io::Write;

    fn gz(plain: &[u8]) -> Vec<u8> {
        let mut writer = GzipWriter::new(Vec::new());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, body) in members {
            out.extend_from_slice(&header(name, body.len() as u64, 7).unwrap());
            out.extend_from_slice(body);
            out.resize(out.len() + padding(body.len() as u64), 0);
        }
        out.resize(out.len() + 2 * BLOCK, 0);
        out
    }

    fn read(file: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let mut archive = Archive::new(file);
        let mut members = Vec::new();
        while let Some(head) = archive.next_member()? {
            let mut body = Vec::new();
            archive.read_body(&mut |piece| body.extend_from_slice(piece))?;
            members.push((head.path.to_string(), body));
        }
        Ok(members)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(sizes in prop::collection::vec(0usize..3_000_000, 0..6)) {
            let bodies: Vec<Vec<u8>> =
                sizes.iter().map(|size| (0..*size).map(|at| (at * 31 % 251) as u8).collect()).collect();
            let names: Vec<String> = (0..sizes.len()).map(|number| format!("files/a/{number}")).collect();
            let members: Vec<_> = names.iter().zip(&bodies).map(|(n, b)| (n.as_str(), b.as_slice())).collect();

            let file = gz(&tar(&members));
            let found = read(&file).unwrap();

            prop_assert_eq!(found.len(), members.len());
            for ((name, body), (found_name, found_body)) in members.iter().zip(&found) {
                prop_assert_eq!(*name, found_name.as_str());
                prop_assert!(*body == found_body.as_slice());
            }
            prop_assert_eq!(Archive::new(file.as_slice()).finish().unwrap().digest, Digest::of(&file));
        }

        #[test]
        fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = read(&bytes);
            let _ = read(&gz(&bytes));
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_in_the_file_is_seen() {
        let file = gz(&tar(&[(
            "files/a/x",
            b"some bytes that compress, some bytes that compress",
        )]));
        // The time, the extra flags and the system of a gzip header say nothing and are free.
        for at in (0..file.len()).filter(|at| !(4..10).contains(at)) {
            let mut bad = file.clone();
            bad[at] ^= 1;
            let same = read(&bad).is_ok_and(|found| found == read(&file).unwrap());
            assert!(!same, "byte {at}");
        }
    }

    #[test]
    fn links_devices_owners_and_foreign_extensions_are_refused() {
        let good = tar(&[("files/a/x", b"body")]);
        for (at, byte) in [
            (156, b'2'),
            (156, b'5'),
            (156, b'x'),
            (156, b'L'),
            (157, b'y'),
            (265, b'r'),
            (345, b'p'),
        ] {
            let mut bad = good.clone();
            bad[at] = byte;
            let mut fixed = tar::Header::from_byte_slice(&bad[..BLOCK]).clone();
            fixed.set_cksum();
            bad[..BLOCK].copy_from_slice(fixed.as_bytes());
            assert!(
                matches!(read(&gz(&bad)), Err(ArchiveError::Header { .. })),
                "{at} {byte}"
            );
        }
    }

    #[test]
    fn data_after_the_end_or_a_missing_end_is_refused() {
        let good = tar(&[("files/a/x", b"body")]);
        let mut longer = good.clone();
        longer.push(0);
        assert!(matches!(read(&gz(&longer)), Err(ArchiveError::Trailing)));
        assert!(matches!(
            read(&gz(&good[..good.len() - 1])),
            Err(ArchiveError::CutOff { .. })
        ));
        let mut tailed = gz(&good);
        tailed.extend_from_slice(b"tail");
        assert!(matches!(
            read(&tailed),
            Err(ArchiveError::Gunzip(GunzipError::Malformed(_)))
        ));
    }

    #[test]
    fn a_bomb_is_refused_long_before_it_has_unpacked() {
        let mut writer = GzipWriter::new(Vec::new());
        writer
            .write_all(&header("files/a/x", 3 << 30, 7).unwrap())
            .unwrap();
        for _ in 0..200 {
            writer.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let bomb = writer.finish().unwrap();

        let refused = read(&bomb);

        assert!(matches!(
            refused,
            Err(ArchiveError::Gunzip(GunzipError::TooLarge { .. }))
        ));
    }
}
