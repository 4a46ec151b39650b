//! Reads the header of a member: it is the one that `pack` writes, or it is said what is wrong with it.

use super::archive::Head;
use super::header::{BLOCK, header};
use crate::model::{MemberPath, MemberPathError};

/// What is wrong with a member's header.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// No ustar header (POSIX.1-1988): an old tar's, or no header at all.
    #[error("not a ustar header")]
    Magic,
    /// The checksum is another.
    #[error("the header's checksum is wrong")]
    Checksum,
    /// Absolute, with `..`, or with characters that readers take in different ways.
    #[error("the name is no plain member path")]
    Name(#[source] Option<MemberPathError>),
    /// The name is continued in another field.
    #[error("the name has a prefix, which some readers pass over")]
    Prefix,
    /// A hard or symbolic link.
    #[error("a link, where a bundle has plain files only")]
    Link,
    /// A device or a pipe.
    #[error("a device or pipe, where a bundle has plain files only")]
    Device,
    /// A folder.
    #[error("a folder, where a bundle has plain files only")]
    Folder,
    /// A sparse file.
    #[error("a sparse file, whose bytes differ from reader to reader")]
    Sparse,
    /// An extended header (POSIX.1-2001), which can give the member another name or size.
    #[error("a pax header, which can give a member another name or size")]
    Pax,
    /// An extension of GNU tar.
    #[error("an extension of GNU tar")]
    Gnu,
    /// Another type.
    #[error("a member of type {0:?}, where a bundle has plain files only")]
    Type(char),
    /// An owner or group.
    #[error("the member has an owner or group")]
    Owner,
    /// Other permissions.
    #[error("the permissions are not 0644")]
    Mode,
    /// Another time than the first member's.
    #[error("the time differs from the first member's")]
    Time,
    /// A number that is not written as `pack` writes numbers.
    #[error("a number is not plain octal digits")]
    Number,
    /// Stray bytes.
    #[error("the header is not that of a plain file")]
    Stray,
}

impl HeaderError {
    /// The last part of the finding's code, `EV-archive-…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Magic => "tar-magic",
            Self::Checksum => "tar-checksum",
            Self::Name(_) => "tar-name",
            Self::Prefix => "tar-prefix",
            Self::Link => "tar-link",
            Self::Device => "tar-device",
            Self::Folder => "tar-folder",
            Self::Sparse => "tar-sparse",
            Self::Pax => "tar-pax",
            Self::Gnu => "tar-gnu",
            Self::Type(_) => "tar-type",
            Self::Owner => "tar-owner",
            Self::Mode => "tar-mode",
            Self::Time => "tar-time",
            Self::Number => "tar-number",
            Self::Stray => "tar-header",
        }
    }
}

/// Reads a header; `time` is that of the members before.
pub(super) fn parse(block: &[u8; BLOCK], time: Option<u64>) -> Result<(Head, u64), HeaderError> {
    let parsed = tar::Header::from_byte_slice(block);
    let stated = parsed.cksum().map_err(|_| HeaderError::Checksum)?;
    if stated != checksum(block) {
        return Err(HeaderError::Checksum);
    }
    is_file(block[156])?;
    let Some(ustar) = parsed.as_ustar() else {
        return Err(match parsed.as_gnu() {
            Some(_) => HeaderError::Gnu,
            None => HeaderError::Magic,
        });
    };
    if ustar.prefix.iter().any(|byte| *byte != 0) {
        return Err(HeaderError::Prefix);
    }
    let length = (ustar.name.iter().position(|byte| *byte == 0)).unwrap_or(ustar.name.len());
    let name = ustar.name.get(..length).unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| HeaderError::Name(None))?;
    let path = MemberPath::try_from(name).map_err(|error| HeaderError::Name(Some(error)))?;
    let size = octal(&block[124..136])?;
    let mtime = octal(&block[136..148])?;
    if time.is_some_and(|time| time != mtime) {
        return Err(HeaderError::Time);
    }
    let ours = header(path.as_str(), size, mtime).ok_or(HeaderError::Number)?;
    if ours == *block {
        return Ok((Head { path, size }, mtime));
    }
    // Whatever else there is, `pack` does not write it; which field it is in is said.
    let differs = |from: usize, to: usize| ours.get(from..to) != block.get(from..to);
    let numbers = [&block[100..108], &block[108..116], &block[116..124]];
    if let Some(error) = numbers.iter().find_map(|field| octal(field).err()) {
        return Err(error);
    }
    Err(if differs(100, 108) {
        HeaderError::Mode
    } else if differs(108, 124) || differs(265, 329) {
        HeaderError::Owner
    } else {
        HeaderError::Stray
    })
}

/// Whether the type is that of a plain file.
fn is_file(kind: u8) -> Result<(), HeaderError> {
    Err(match kind {
        b'0' => return Ok(()),
        b'1' | b'2' => HeaderError::Link,
        b'3' | b'4' | b'6' => HeaderError::Device,
        b'5' => HeaderError::Folder,
        b'S' => HeaderError::Sparse,
        b'x' | b'g' => HeaderError::Pax,
        b'L' | b'K' | b'M' | b'V' | b'N' | b'D' => HeaderError::Gnu,
        other => HeaderError::Type(char::from(other)),
    })
}

/// The sum of the header's bytes, its own field as spaces (POSIX.1-1988, ustar).
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..])
}

/// A number as `pack` writes it: digits that fill the field, and a NUL.
fn octal(field: &[u8]) -> Result<u64, HeaderError> {
    let Some((0, digits)) = field.split_last() else {
        return Err(HeaderError::Number);
    };
    digits.iter().try_fold(0u64, |value, digit| match digit {
        b'0'..=b'7' => Ok(value * 8 + u64::from(digit - b'0')),
        _ => Err(HeaderError::Number),
    })
}
