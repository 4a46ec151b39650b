//! Any bytes as the archive inside of a gzip stream: what is taken is, byte for byte, what `pack` would write.
//!
//! The target makes the stream, and the checksums of what looks like headers, so that the reader of the archive is reached.

#![no_main]

use evidence::bundle::Archive;
use evidence::bundle::header::{BLOCK, header, padding};
use flate2::Crc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let mut tar = rest.to_vec();
    if choice & 1 == 1 {
        tar.iter_mut().for_each(|byte| *byte &= 0x7f);
    }
    if choice & 2 == 2 {
        summed(&mut tar);
    }
    if choice & 4 == 4 {
        tar.resize(tar.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    }
    let stream = gzip(&tar);
    let mut archive = Archive::new(&*stream);
    let mut again = Vec::new();
    let mut mtime = None;
    while let Ok(Some(head)) = archive.next_member() {
        let start = again.len();
        let raw = &tar[start..start + BLOCK];
        let time = *mtime.get_or_insert_with(|| tar::Header::from_byte_slice(raw).mtime().unwrap());
        again.extend(header(head.path.as_str(), head.size, time).unwrap());
        let mut read = 0;
        let body = archive.read_body(&mut |piece| {
            read += piece.len() as u64;
            again.extend_from_slice(piece);
        });
        if body.is_err() {
            return;
        }
        assert_eq!(read, head.size);
        again.resize(again.len() + padding(head.size), 0);
    }
    if archive.tar().is_some() {
        again.resize(again.len() + 2 * BLOCK, 0);
        assert!(
            again == tar,
            "an archive that pack would not write was taken"
        );
    }
});

/// Gives each block that could be a header the checksum that it needs.
fn summed(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(BLOCK) {
        if &block[257..262] != b"ustar" {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

/// A gzip stream of one member whose data is stored and not deflated.
fn gzip(plain: &[u8]) -> Vec<u8> {
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
