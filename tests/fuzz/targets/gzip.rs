//! Any bytes as a gzip stream: read at once, byte by byte or by threads it is the same, and what another reader unpacks.
//!
//! If the first byte says so, the target puts right the checksum of the first member, so that what lies behind it is reached.

#![no_main]

use evidence::bundle::{Archive, Bounds, Reading, read_with};
use evidence::model::Digest;
use evidence_fuzz::archive::Everything;
use flate2::read::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};
use std::num::NonZeroUsize;

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let mut stream = rest.to_vec();
    if choice & 1 == 1 {
        set_right(&mut stream);
    }
    let found = Everything.read(Archive::new(&*stream));
    assert_eq!(found.file, (Digest::of(&stream), stream.len() as u64));
    if choice & 2 == 2 {
        assert_eq!(found, Everything.read(Archive::new(Single(&stream))));
    }
    // Threads take the time of a hundred readings. What follows from an input that is read by them is mostly not.
    if choice & 0xfc == 0xfc && found.file.0.hex().starts_with('0') {
        let threads = NonZeroUsize::new(2).unwrap();
        let by_threads = read_with(&*stream, Bounds::DEFAULT, threads, Everything);
        assert_eq!(found, by_threads);
    }
    if let Ok(digest) = found.end {
        let mut others = Vec::new();
        let read = MultiGzDecoder::new(&*stream).read_to_end(&mut others);
        read.unwrap();
        assert_eq!(digest, Digest::of(&others));
    }
});

/// Writes the checksum and size of what the first member holds behind its data.
fn set_right(stream: &mut Vec<u8>) {
    let start = if stream.get(3) == Some(&4) { 20 } else { 10 };
    let Some(deflated) = stream.get(start..) else {
        return;
    };
    let mut inflate = flate2::Decompress::new(false);
    let mut plain = vec![0; 1 << 13];
    let status = inflate.decompress(deflated, &mut plain, flate2::FlushDecompress::None);
    if !matches!(status, Ok(flate2::Status::StreamEnd)) {
        return;
    }
    let mut crc = flate2::Crc::new();
    crc.update(&plain[..inflate.total_out() as usize]);
    let at = start + inflate.total_in() as usize;
    if stream.len() < at + 8 {
        stream.resize(at + 8, 0);
    }
    stream[at..at + 4].copy_from_slice(&crc.sum().to_le_bytes());
    stream[at + 4..at + 8].copy_from_slice(&crc.amount().to_le_bytes());
    if start == 20 {
        let size = at as u32 + 8;
        stream[16..20].copy_from_slice(&size.to_le_bytes());
    }
}

struct Single<'a>(&'a [u8]);

impl Read for Single<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}
