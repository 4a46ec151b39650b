//! A tar archive (POSIX.1-1988 ustar) by hand: any header, any body, any end.

use crate::sample::Sample;
use evidence::bundle::header::{BLOCK, header, padding};
use std::ops::Range;

pub(crate) const NAME: Range<usize> = 0..100;
pub(crate) const MODE: Range<usize> = 100..108;
pub(crate) const UID: Range<usize> = 108..116;
pub(crate) const GID: Range<usize> = 116..124;
pub(crate) const SIZE: Range<usize> = 124..136;
pub(crate) const MTIME: Range<usize> = 136..148;
pub(crate) const CHECKSUM: Range<usize> = 148..156;
pub(crate) const TYPE: Range<usize> = 156..157;
pub(crate) const LINK: Range<usize> = 157..257;
pub(crate) const MAGIC: Range<usize> = 257..265;
pub(crate) const UNAME: Range<usize> = 265..297;
pub(crate) const GNAME: Range<usize> = 297..329;
pub(crate) const MAJOR: Range<usize> = 329..337;
pub(crate) const PREFIX: Range<usize> = 345..500;
pub(crate) const REST: Range<usize> = 500..512;

/// An archive in its parts.
#[derive(Clone)]
pub(crate) struct Tape {
    pub(crate) entries: Vec<Entry>,
    /// What stands after the last entry.
    pub(crate) end: Vec<u8>,
    pub(crate) mtime: u64,
}

/// Header, body and padding.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) head: [u8; BLOCK],
    pub(crate) body: Vec<u8>,
    pub(crate) padding: Vec<u8>,
}

impl Tape {
    /// The sample's members.
    pub(crate) fn of(sample: &Sample) -> Self {
        let members = sample.members.iter();
        Self {
            entries: members
                .map(|(path, body)| Entry::plain(path, body, sample.mtime))
                .collect(),
            end: vec![0; 2 * BLOCK],
            mtime: sample.mtime,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            out.extend_from_slice(&entry.head);
            out.extend_from_slice(&entry.body);
            out.extend_from_slice(&entry.padding);
        }
        out.extend_from_slice(&self.end);
        out
    }
}

impl Entry {
    /// A plain file as `pack` writes it.
    pub(crate) fn plain(name: &str, body: &[u8], mtime: u64) -> Self {
        Self {
            head: header(name, body.len() as u64, mtime).unwrap(),
            body: body.to_vec(),
            padding: vec![0; padding(body.len() as u64)],
        }
    }

    /// An entry of another type.
    pub(crate) fn typed(kind: u8, name: &str, body: &[u8], mtime: u64) -> Self {
        let mut entry = Self::plain(name, body, mtime);
        entry.set(TYPE, &[kind]);
        entry
    }

    /// Writes a field, zeros after it, and mends the checksum.
    pub(crate) fn set(&mut self, field: Range<usize>, bytes: &[u8]) {
        self.head[field.clone()].fill(0);
        self.head[field.start..field.start + bytes.len()].copy_from_slice(bytes);
        self.mend();
    }

    /// Makes the checksum right, in the form that `pack` writes.
    pub(crate) fn mend(&mut self) {
        self.head[CHECKSUM].fill(b' ');
        let sum: u32 = self.head.iter().map(|byte| u32::from(*byte)).sum();
        self.head[CHECKSUM].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    }
}

/// A record of a PAX extended header: its own length, key, value.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length.to_string().len() + rest.len() != length {
        length = length.to_string().len() + rest.len();
    }
    format!("{length}{rest}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::good;

    #[test]
    fn an_archive_in_its_parts_is_the_one_that_pack_writes() {
        let mut tape = Tape::of(good());
        tape.entries.iter_mut().for_each(Entry::mend);

        assert!(tape.bytes() == good().tar());
        assert_eq!(pax("path", "x"), b"9 path=x\n");
        assert_eq!(pax("path", &"x".repeat(92)).len(), 102);
    }
}
