//! Archives and gzip streams around given bytes, and what a bundle's reader makes of a stream.

use evidence::bundle::header::{BLOCK, header, padding};
use evidence::bundle::{Archive, Plain, Reading};
use evidence::model::Digest;
use flate2::Crc;

/// Seconds since 1970.
pub const MTIME: u64 = 1_700_000_000;

/// What a bundle's reader found.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// Paths and bodies, as far as they were read whole.
    pub members: Vec<(String, Vec<u8>)>,
    /// Digest of the plain archive at its end, or the code of what is wrong.
    pub end: Result<Digest, &'static str>,
    /// Digest and size of the file.
    pub file: (Digest, u64),
}

/// Reads everything that there is.
pub struct Everything;

impl Reading for Everything {
    type Output = Found;

    fn read<P: Plain>(self, mut archive: Archive<P>) -> Found {
        let mut members = Vec::new();
        let end = loop {
            match archive.next_member() {
                Ok(Some(head)) => {
                    let mut body = Vec::new();
                    match archive.read_body(&mut |piece| body.extend_from_slice(piece)) {
                        Ok(()) => assert_eq!(body.len() as u64, head.size),
                        Err(error) => break Err(error.code()),
                    }
                    members.push((head.path.as_str().to_owned(), body));
                }
                Ok(None) => break Ok(archive.tar().unwrap()),
                Err(error) => break Err(error.code()),
            }
        };
        // Bytes in memory can always be read.
        let totals = archive.finish().unwrap();
        Found {
            members,
            end,
            file: (totals.digest, totals.size),
        }
    }
}

/// The archive that a bundle with these members is.
pub fn tar<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>, mtime: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, body) in members {
        let size = body.len() as u64;
        out.extend(header(path, size, mtime).unwrap());
        out.extend_from_slice(body);
        out.resize(out.len() + padding(size), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// A gzip stream of one member whose data is stored and not deflated.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut pieces = plain.chunks(0xffff).peekable();
    if plain.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(piece) = pieces.next() {
        let length = piece.len() as u16;
        out.push(u8::from(pieces.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(piece);
    }
    let mut crc = Crc::new();
    crc.update(plain);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}
